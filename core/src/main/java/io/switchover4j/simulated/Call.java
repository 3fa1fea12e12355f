package io.switchover4j.simulated;

import io.switchover4j.Phase;

/** A kind of call that a coordinator makes to what is around it, for {@link Fault}s and for the trace. */
public enum Call {
    /** The backend lists its instances. */
    INSTANCES,
    /** The backend asks every node of an instance what it is. */
    DESCRIBE,
    /** The backend checks whether an instance may be switched. */
    CHECK,
    /** The backend estimates what a failover would lose. */
    ESTIMATE_LOSS,
    /** The backend plans. */
    PLAN,
    /** The backend sets a maintenance window. */
    MODIFY_MAINTENANCE_WINDOW,
    /** The backend suspends failovers of its own, or allows them again. */
    MODIFY_FAILOVER_MODE,
    /** The backend says who holds the lease. */
    LEASE_HOLDER,
    /** The backend takes the lease. */
    OPEN,
    /** The backend takes up a switchover whose process ended. */
    RESUME,
    /** The session makes sure that it still holds the lease. */
    VERIFY_LEASE,
    /** The session finds out whether the target was promoted. */
    RESOLVE,
    /** The session gives the lease back. Cannot fail. */
    CLOSE_SESSION,
    /** The step of CATCHING_UP is applied. */
    CATCH_UP,
    /** The step of FENCING is applied. */
    FENCE,
    /** The step of CONFIRMING_POSITION is applied. */
    CONFIRM_POSITION,
    /** The step of PROMOTING is applied. It has taken effect once the target has accepted the request. */
    PROMOTE,
    /** The step of RELEASING is applied. */
    FIRST_WRITE,
    /** The step of REJOINING is applied. */
    REJOIN,
    /** The step of CATCHING_UP is undone. */
    UNDO_CATCH_UP,
    /** The step of FENCING is undone. */
    UNDO_FENCE,
    /** The step of CONFIRMING_POSITION is undone. */
    UNDO_CONFIRM_POSITION,
    /** The step of PROMOTING, which did not promote, is undone. */
    UNDO_PROMOTE,
    /** The journal appends a record. Needs {@link SimulatedBackend#journal}. */
    APPEND,
    /** A participant holds its traffic. Needs {@link SimulatedBackend#participant}. */
    HOLD,
    /** A participant ends its open units. Needs {@link SimulatedBackend#participant}. */
    CUT,
    /** A participant lets its traffic go on. Needs {@link SimulatedBackend#participant}. */
    RELEASE;

    static Call applying(Phase phase) {
        return switch (phase) {
            case CATCHING_UP -> CATCH_UP;
            case FENCING -> FENCE;
            case CONFIRMING_POSITION -> CONFIRM_POSITION;
            case PROMOTING -> PROMOTE;
            case RELEASING -> FIRST_WRITE;
            case REJOINING -> REJOIN;
            default -> throw new IllegalArgumentException("%s has no step".formatted(phase));
        };
    }

    static Call undoing(Phase phase) {
        return switch (phase) {
            case CATCHING_UP -> UNDO_CATCH_UP;
            case FENCING -> UNDO_FENCE;
            case CONFIRMING_POSITION -> UNDO_CONFIRM_POSITION;
            case PROMOTING -> UNDO_PROMOTE;
            default -> throw new IllegalArgumentException("A step of %s is never undone".formatted(phase));
        };
    }
}
