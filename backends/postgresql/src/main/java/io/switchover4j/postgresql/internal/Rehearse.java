package io.switchover4j.postgresql.internal;

import io.switchover4j.PlannedStep;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.StepContext;
import java.time.Duration;

/** Shows that the target follows within milliseconds, and walks all paths that the pause will need fast. */
final class Rehearse extends Step {

    static final Duration CLOSE_ENOUGH = Duration.ofMillis(50);

    private static final int TIMES = 2;

    private static final int WARM_UP = 20;

    Rehearse(Operation operation, PlannedStep description) {
        super(operation, description);
    }

    @Override
    public void apply(StepContext context) {
        operation.preparedStop();
        for (int i = 0; i < WARM_UP; i++) {
            PgControl.read(operation.oldPrimary().control());
        }
        Marker.isSeen(operation, operation.target(), operation.lease().target(), context.deadline());
        int inARow = 0;
        while (inARow < TIMES) {
            if (context.deadline().isExpired()) {
                throw new BackendException("%s does not replay what is committed on %s within %d ms"
                        .formatted(operation.target(), operation.oldPrimary(), CLOSE_ENOUGH.toMillis()));
            }
            Duration took = commitAndAwaitReplay(context.deadline());
            context.note("rehearsal", took.toMillis() + " ms");
            inARow = took.compareTo(CLOSE_ENOUGH) < 0 ? inARow + 1 : 0;
        }
    }

    private Duration commitAndAwaitReplay(Deadline deadline) {
        PgSession primary = operation.lease().primary();
        PgSession target = operation.lease().target();
        long began = operation.time().nanoTime();
        // A commit of our own: the insert position of an idle server may never be flushed.
        Marker.write(operation, primary, deadline);
        Lsn written = primary.one(
                "ask for the position",
                "SELECT pg_current_wal_flush_lsn()",
                deadline,
                row -> Lsn.parse(row.getString(1)));
        Waiting.until(
                deadline,
                Waiting.FINE,
                () -> !written.isAfter(ReplayPosition.of(target, deadline).replayed()),
                () -> "%s did not replay %s in time".formatted(operation.target(), written));
        return Duration.ofNanos(operation.time().nanoTime() - began);
    }

    @Override
    public void undo(StepContext context) {
        operation.closePreparedStop();
    }
}
