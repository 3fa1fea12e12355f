package io.switchover4j;

import static java.util.Objects.requireNonNull;

import io.switchover4j.internal.CoordinatorSettings;
import io.switchover4j.internal.CoordinatorSettings.Registration;
import io.switchover4j.internal.DefaultCoordinator;
import io.switchover4j.spi.SwitchoverBackend;
import io.switchover4j.spi.SwitchoverJournal;
import io.switchover4j.spi.TrafficParticipant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * Switches the instances of one backend, one switchover per instance at a time. Thread-safe.
 *
 * <pre>{@code
 * try (SwitchoverCoordinator coordinator = SwitchoverCoordinator.builder()
 *         .backend(backend)
 *         .participant(dataSource) // drained before, released after
 *         .build()) {
 *     SwitchoverRequest request = SwitchoverRequest.of("orders").build();
 *     System.out.println(coordinator.preflight(request).describe());
 *     System.out.println(coordinator.start(request).await().describe());
 * }
 * }</pre>
 *
 * <p>Methods that ask the backend block for at most 10 s ({@link #preflight}: 40 s) and throw
 * {@link io.switchover4j.spi.BackendException} if the backend itself cannot answer or the caller was interrupted; nothing
 * was changed then.
 *
 * <p>What a request does not limit, the coordinator does: 10 s to observe, 10 s to take the lease, 30 s for the backend's
 * checks, 30 s to promote, 30 s to resolve a promotion in doubt, 30 s for the first write, and a fresh 30 s to undo.
 */
public interface SwitchoverCoordinator extends AutoCloseable {

    static Builder builder() {
        return new Builder();
    }

    /**
     * Every instance, observed now.
     *
     * @throws IllegalStateException if the coordinator is closed
     */
    List<Instance> instances();

    /**
     * One instance, observed now.
     *
     * @throws UnknownInstanceException if the backend has no such instance
     * @throws IllegalStateException if the coordinator is closed
     */
    Instance instance(String instanceId);

    /**
     * The dry run: every check with its verdict and figure, and what would be done, in order. Changes nothing, and may be
     * called while the instance is being switched.
     *
     * @throws UnknownInstanceException if the backend has no such instance
     * @throws IllegalStateException if the coordinator is closed
     */
    Preflight preflight(SwitchoverRequest request);

    /**
     * Starts a switchover on a thread of its own, after one look at the instance on the caller's. Everything that goes wrong
     * from then on is told by the report, not thrown.
     *
     * @throws UnknownInstanceException if the backend has no such instance; nothing was started
     * @throws SwitchoverInProgressException if this coordinator is switching that instance; nothing was started. A
     *     switchover of another coordinator is found by the lease: that ends in {@link Phase#REJECTED}
     * @throws IllegalStateException if the coordinator is closed; nothing was started
     */
    Switchover start(SwitchoverRequest request);

    /** The switchover of an instance that this coordinator is carrying out now. */
    Optional<Switchover> running(String instanceId);

    /**
     * What the journal knows of an instance, oldest first; also after {@link #close()}.
     *
     * @throws io.switchover4j.spi.JournalException if the journal cannot be read
     */
    List<HistoryEntry> history(String instanceId);

    /**
     * Takes no more requests, and waits until what is running has ended: a switchover before its fence is cancelled; one
     * past it is let finish, within its time-outs, because stopping there would leave no node writable. Then delivers the
     * last events. An interrupt ends the waiting, not the switchover. Idempotent. Closes neither backend, journal nor
     * participants: who made them closes them, afterwards.
     */
    @Override
    void close();

    /** Collects the parts of a {@link SwitchoverCoordinator}. Not thread-safe. */
    final class Builder {

        private @Nullable SwitchoverBackend backend;
        private @Nullable SwitchoverJournal journal;
        private final List<Registration> participants = new ArrayList<>();
        private final List<SwitchoverListener> listeners = new ArrayList<>();
        private TimeSource timeSource = TimeSource.system();
        private @Nullable ThreadFactory threadFactory;

        private Builder() {}

        /** Whose instances are switched. Required. */
        public Builder backend(SwitchoverBackend backend) {
            this.backend = requireNonNull(backend, "backend");
            return this;
        }

        /** Where intents and results are kept. Default: {@link SwitchoverJournal#inMemory()}, which the log mentions. */
        public Builder journal(SwitchoverJournal journal) {
            this.journal = requireNonNull(journal, "journal");
            return this;
        }

        /** Adds traffic that is held while any instance is switched. Releases follow the order of the calls. */
        public Builder participant(TrafficParticipant participant) {
            participants.add(new Registration(Optional.empty(), requireNonNull(participant, "participant")));
            return this;
        }

        /**
         * Adds traffic that is held while one instance is switched.
         *
         * @throws IllegalArgumentException if the id is blank or contains control characters
         */
        public Builder participant(String instanceId, TrafficParticipant participant) {
            participants.add(new Registration(
                    Optional.of(Names.require("instance id", instanceId)), requireNonNull(participant, "participant")));
            return this;
        }

        public Builder listener(SwitchoverListener listener) {
            listeners.add(requireNonNull(listener, "listener"));
            return this;
        }

        public Builder timeSource(TimeSource timeSource) {
            this.timeSource = requireNonNull(timeSource, "timeSource");
            return this;
        }

        /**
         * Makes the threads: one per running switchover, one per participant while it is held, one for the listeners. Their
         * names are set by the coordinator. Default: daemon platform threads; virtual threads do as well.
         */
        public Builder threadFactory(ThreadFactory threadFactory) {
            this.threadFactory = requireNonNull(threadFactory, "threadFactory");
            return this;
        }

        /**
         * @throws IllegalStateException if no backend was given
         */
        public SwitchoverCoordinator build() {
            if (backend == null) {
                throw new IllegalStateException("A coordinator needs a backend; call backend(...) before build()");
            }
            SwitchoverJournal kept = journal == null ? SwitchoverJournal.inMemory() : journal;
            return new DefaultCoordinator(
                    new CoordinatorSettings(backend, kept, participants, listeners, timeSource, threadFactory));
        }
    }
}
