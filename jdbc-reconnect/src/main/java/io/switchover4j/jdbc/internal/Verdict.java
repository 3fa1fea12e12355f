package io.switchover4j.jdbc.internal;

/** What becomes of a call that failed, and of its unit. */
enum Verdict {
    /** The application's own error: it passes through untouched. */
    PASS,
    /** Certainly not applied, and nothing else was in the unit: the same call runs on the primary. */
    RUN_AGAIN,
    /** The unit is over and certainly not applied: 40001. */
    NOT_APPLIED,
    /** The unit is over, and whether it was applied is not known: 08007. */
    UNKNOWN;

    /**
     * The whole table of what is promised without a commit ledger.
     *
     * <p>A call that was handed to the driver counts as sent: no SQLState proves otherwise, but for the refusal of a
     * connection that the driver knew to be closed.
     */
    static Verdict of(ErrorClass error, InFlight unit) {
        return switch (error) {
            case APPLICATION, ROLLED_BACK -> PASS;
            case REFUSED_CLOSED -> notSent(unit);
            case READ_ONLY -> unit.transaction() ? before(unit) : unit.wholeOrNothing() ? RUN_AGAIN : PASS;
            case CONNECTION_LOST, NOT_READY ->
                switch (unit.call()) {
                    case PREPARE -> notSent(unit);
                    case COMMIT -> unit.sentBefore() ? UNKNOWN : RUN_AGAIN;
                    case ROLLBACK -> before(unit);
                    case OTHER -> unit.sentBefore() && unit.transaction() ? before(unit) : RUN_AGAIN;
                    case FETCH -> unit.transaction() ? before(unit) : unit.cannotWrite() ? NOT_APPLIED : UNKNOWN;
                    case QUERY, EXECUTE, UPDATE, BATCH -> sent(unit);
                };
        };
    }

    private static Verdict notSent(InFlight unit) {
        return unit.transaction() && unit.sentBefore() ? before(unit) : RUN_AGAIN;
    }

    private static Verdict sent(InFlight unit) {
        if (unit.transaction()) {
            return before(unit);
        }
        boolean harmless = unit.kind() == StatementKind.BEGIN || unit.kind() == StatementKind.SETTING;
        return harmless || unit.cannotWrite() ? RUN_AGAIN : UNKNOWN;
    }

    /** A transaction whose commit was not sent: the server rolls it back, unless something in it commits by itself. */
    private static Verdict before(InFlight unit) {
        return unit.mayCommit() ? UNKNOWN : NOT_APPLIED;
    }

    /**
     * A call in flight and its unit.
     *
     * @param call what was called
     * @param kind the kind of its statement
     * @param transaction whether it is in a transaction; else autocommit
     * @param sentBefore whether the unit had handed an earlier statement to the driver
     * @param mayCommit whether the unit holds anything that commits by itself, or may
     * @param cannotWrite whether it is a query that was declared unable to write
     * @param wholeOrNothing whether an error of the server means that no part of the call was applied
     */
    record InFlight(
            Call call,
            StatementKind kind,
            boolean transaction,
            boolean sentBefore,
            boolean mayCommit,
            boolean cannotWrite,
            boolean wholeOrNothing) {}
}
