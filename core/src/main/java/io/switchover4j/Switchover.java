package io.switchover4j;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;

/** A switchover that was started: the handle to follow, await or cancel it. Thread-safe. */
public interface Switchover {

    String operationId();

    SwitchoverRequest request();

    /** The phase it is in now. */
    Phase phase();

    /** When it is to start, while it waits for its time; empty once it has begun, and if it began at once. */
    Optional<Instant> startsAt();

    /**
     * Asks it to stop before the fence; one that waits for its time ends at once.
     *
     * @return whether the request will be heeded; false once the fence is being applied or it has ended
     */
    boolean cancel();

    /**
     * Waits for its end, which is bounded by the time-outs of the request.
     *
     * @return the report, whatever the outcome; see {@link SwitchoverReport#requireCompleted()}
     * @throws IllegalStateException if the calling thread is the one that carries it out, as a listener's may be where threads
     *     run their task at once; or if it has not ended and is not carried out here any more: the coordinator was closed while it
     *     waited, or another one has it; or if it ended without a report because of a defect. The message says which
     * @throws InterruptedException if the caller was interrupted; the switchover goes on
     */
    SwitchoverReport await() throws InterruptedException;

    /**
     * Waits for its end.
     *
     * @throws IllegalStateException as of {@link #await()}
     * @throws TimeoutException if it has not ended by then; the switchover goes on, and the message names its phase
     * @throws InterruptedException if the caller was interrupted; the switchover goes on
     */
    SwitchoverReport await(Duration timeout) throws InterruptedException, TimeoutException;

    /**
     * Completes with the report at its end, whatever the outcome; with an {@link IllegalStateException} where it has not ended
     * and is not carried out here any more, as of {@link #await()}.
     */
    CompletionStage<SwitchoverReport> completion();
}
