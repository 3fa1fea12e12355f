package io.switchover4j.jdbc.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Collects what is worth a warning in the settings of one pool. The settings have the names that their pool gives them. */
final class PoolWarnings {

    private final String pool;
    private final List<String> warnings = new ArrayList<>();

    PoolWarnings(String pool) {
        this.pool = pool;
    }

    List<String> list() {
        return List.copyOf(warnings);
    }

    /** {@code rest} goes on after "The pool of 'a'". */
    void add(String rest) {
        warnings.add("The pool of '%s' %s".formatted(pool, rest));
    }

    void addIf(boolean condition, String rest) {
        if (condition) {
            add(rest);
        }
    }

    void initSql(String setting, @Nullable String sql) {
        if (sql != null && writes(sql)) {
            add(("has %s that writes ('%s'): it fails on a standby, so that no connection is ready there when it is"
                            + " promoted. Take it out.")
                    .formatted(setting, SqlText.headline(sql)));
        }
    }

    private static boolean writes(String sql) {
        String text = sql.stripLeading().toUpperCase(Locale.ROOT);
        return !text.isEmpty()
                && !text.startsWith("SET")
                && !text.startsWith("SELECT")
                && !text.startsWith("SHOW")
                && !text.startsWith("VALUES");
    }

    /**
     * How long a borrow may wait.
     *
     * @param millis zero or less for ever
     */
    void borrowTimeout(String setting, long millis, Duration reconnectTimeout) {
        long limit = reconnectTimeout.toMillis();
        if (millis <= 0) {
            add(("has %s=%d: a unit of work may wait for a connection for ever, past the reconnectTimeout of %d ms."
                            + " Set it to that or less.")
                    .formatted(setting, millis, limit));
        } else if (millis > limit) {
            add(("has %s=%d ms, more than the reconnectTimeout of %d ms: a unit of work may wait that long for a"
                            + " connection. Make it the same or less.")
                    .formatted(setting, millis, limit));
        }
    }

    /** A connection that died is found by the first statement on it. */
    void untested(String setting) {
        add(("has %s: after a crash it hands out connections that are dead, and the first statement on one fails, in"
                        + " autocommit mode with an unknown outcome. Set it.")
                .formatted(setting));
    }

    /** After a switch its first unit waits for a connection to be opened. */
    void cold(String setting) {
        add(("has %s: it keeps no connection open to a standby, so that none is ready when it is promoted.")
                .formatted(setting));
    }
}
