package io.switchover4j.spi;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * A unit of work that has begun and not ended. Immutable.
 *
 * @param thread the thread that began it
 * @param age how long ago
 * @param lastStatement the SQL of its last statement without parameter values, {@code COMMIT} while that is on its way; may
 *     be empty
 * @param idle whether it waits for the application rather than for the database (idle in transaction)
 */
public record OpenUnit(String thread, Duration age, String lastStatement, boolean idle) {

    public OpenUnit {
        requireNonNull(thread, "thread");
        requireNonNull(age, "age");
        requireNonNull(lastStatement, "lastStatement");
    }

    @Override
    public String toString() {
        return "thread '%s', open for %d ms, %s, last statement: %s"
                .formatted(
                        thread,
                        age.toMillis(),
                        idle ? "idle in transaction" : "executing",
                        lastStatement.isEmpty() ? "none" : lastStatement);
    }
}
