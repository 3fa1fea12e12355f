package io.switchover4j.spi;

import io.switchover4j.FenceResult;
import io.switchover4j.Timeline;

/**
 * What a step is given by the coordinator, and where it reports to; what is null there is reported as unknown. Thread-safe.
 */
public interface StepContext {

    String operationId();

    /** When the step must have ended. */
    Deadline deadline();

    /** Puts a figure into the report and the journal, for example {@code dirty buffers} = {@code 70 MiB}. */
    void note(String name, String value);

    /**
     * Says that an undo left something behind that a person must clear away: where it is, and what to do there. For what is
     * not worth an end in NEEDS_OPERATOR. Goes into the report's message, and is a note as well.
     */
    default void leftBehind(String where, String whatToDo) {
        note("left on " + where, whatToDo);
    }

    /** What became of the attempt to fence the old primary of a failover. Goes into the report. */
    default void fenceResult(FenceResult result) {
        note("fence", result.toString());
    }

    /** The last position the old primary wrote, known once it is fenced. */
    void fencedPosition(String position);

    /** The first position on the new primary's history. */
    void promotedPosition(String position);

    /**
     * The timeline that the target takes writes on, seen by asking it after it was promoted. Participants are released with it,
     * and need not ask for themselves. A backend whose participants could not compare it says nothing.
     */
    default void promotedTimeline(Timeline timeline) {}
}
