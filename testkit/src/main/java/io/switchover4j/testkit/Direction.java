package io.switchover4j.testkit;

/** A direction of the connections that lead through a {@link FaultProxy}. */
public enum Direction {
    TO_SERVER,
    TO_CLIENT
}
