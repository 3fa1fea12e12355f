package io.switchover4j.jdbc.internal;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Which threads work for a unit that another thread opened. Thread-safe; read only while the gate is closed. */
final class JoinedUnits {

    private final Map<Thread, Unit> units = new ConcurrentHashMap<>();

    @Nullable
    Unit of(Thread thread) {
        return units.get(thread);
    }

    /** Ties the calling thread to {@code unit}; returns what it was tied to before. */
    @Nullable
    Unit join(Unit unit) {
        return units.put(Thread.currentThread(), unit);
    }

    /** Undoes a {@link #join} of {@code thread}. */
    void leave(Thread thread, @Nullable Unit before) {
        if (before == null) {
            units.remove(thread);
        } else {
            units.put(thread, before);
        }
    }
}
