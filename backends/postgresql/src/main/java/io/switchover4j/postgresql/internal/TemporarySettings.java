package io.switchover4j.postgresql.internal;

import static io.switchover4j.postgresql.internal.PgSession.literal;

import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Settings of one server that are changed by ALTER SYSTEM for a while; what ALTER SYSTEM had said before is put back.
 * Confined to one thread at a time.
 */
final class TemporarySettings {

    private final NodeConfig node;
    private final Map<String, Optional<String>> before = new HashMap<>();

    TemporarySettings(NodeConfig node) {
        this.node = node;
    }

    /** Without effect if it was changed already. */
    void change(String name, String value, PgSession session, Deadline deadline) {
        if (!before.containsKey(name)) {
            before.put(name, autoConf().get(name));
        }
        session.run("set " + name, "ALTER SYSTEM SET %s = %s".formatted(name, literal(value)), deadline);
        reload(name, session, deadline);
    }

    /** Without effect if it was not changed. */
    void restore(String name, PgSession session, Deadline deadline) {
        Optional<String> value = before.get(name);
        if (value == null) {
            return;
        }
        session.run("restore " + name, restoring(name, value), deadline);
        session.run("reload", "SELECT pg_reload_conf()", deadline);
        before.remove(name);
    }

    /** What a person must run where we could not. */
    String howToRestore() {
        StringBuilder sql = new StringBuilder();
        before.forEach((name, value) -> sql.append(restoring(name, value)).append("; "));
        return sql + "SELECT pg_reload_conf();";
    }

    private static String restoring(String name, Optional<String> value) {
        return value.map(old -> "ALTER SYSTEM SET %s = %s".formatted(name, literal(old)))
                .orElse("ALTER SYSTEM RESET " + name);
    }

    boolean isChanged(String name) {
        return before.containsKey(name);
    }

    /** Whether anything is changed now. */
    boolean isAnyChanged() {
        return !before.isEmpty();
    }

    private AutoConf autoConf() {
        try {
            return AutoConf.parse(node.control().read(AutoConf.FILE));
        } catch (IOException e) {
            throw new BackendException("Could not read '%s' of %s: %s".formatted(AutoConf.FILE, node, e), e);
        }
    }

    private void reload(String name, PgSession session, Deadline deadline) {
        String current = setting(name, session, deadline);
        session.run("reload", "SELECT pg_reload_conf()", deadline);
        // A session heeds a reload between two statements; a value that stays the same cannot be waited for.
        Waiting.poll(
                deadline.orAfter(java.time.Duration.ofMillis(500)),
                Waiting.COARSE,
                () -> !setting(name, session, deadline).equals(current));
    }

    static String setting(String name, PgSession session, Deadline deadline) {
        return session.one("read " + name, "SELECT current_setting(?)", deadline, row -> row.getString(1), name);
    }
}
