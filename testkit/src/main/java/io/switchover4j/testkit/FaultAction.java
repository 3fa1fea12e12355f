package io.switchover4j.testkit;

/** What a test does at the point of a fault: for example change the rows that the cut transaction had locked. */
@FunctionalInterface
public interface FaultAction {

    /** Called on a thread of its own, which is interrupted when the time is up. */
    void run(FaultHit hit) throws Exception;
}
