package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.UnitOfWork;
import org.jspecify.annotations.Nullable;

/** A unit that was open when it was asked for. Thread-safe. */
final class OpenUnitOfWork implements UnitOfWork {

    private final Unit unit;
    private final JoinedUnits joined;

    OpenUnitOfWork(Unit unit, JoinedUnits joined) {
        this.unit = unit;
        this.joined = joined;
    }

    @Override
    public boolean isOpen() {
        return unit.isUnitOpen();
    }

    @Override
    public Joined join() {
        Thread thread = Thread.currentThread();
        @Nullable Unit before = joined.join(unit);
        return () -> joined.leave(thread, before);
    }
}
