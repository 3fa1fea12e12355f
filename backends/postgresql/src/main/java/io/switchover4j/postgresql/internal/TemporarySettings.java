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
    private final Map<String, Change> changes = new HashMap<>();

    /**
     * What is changed for a while.
     *
     * @param before what ALTER SYSTEM had said; empty if nothing
     * @param value what it says now
     * @param recalled whether a process before this one was about to change it
     */
    private record Change(Optional<String> before, String value, boolean recalled) {}

    TemporarySettings(NodeConfig node) {
        this.node = node;
    }

    /** What ALTER SYSTEM says of a setting now; empty if nothing. */
    Optional<String> saved(String name) {
        return autoConf().get(name);
    }

    /** A process before this one was about to change it to {@code value}, and may have done so. */
    void recall(String name, Optional<String> before, String value) {
        changes.put(name, new Change(before, value, true));
    }

    /** Without effect if it was changed already. */
    void change(String name, String value, PgSession session, Deadline deadline) {
        if (!changes.containsKey(name)) {
            changes.put(name, new Change(saved(name), value, false));
        }
        session.run("set " + name, "ALTER SYSTEM SET %s = %s".formatted(name, literal(value)), deadline);
        reload(name, session, deadline);
    }

    /** Without effect if it was not changed, or not by us. */
    void restore(String name, PgSession session, Deadline deadline) {
        Change change = changes.get(name);
        if (change == null) {
            return;
        }
        if (!change.recalled() || saved(name).equals(Optional.of(change.value()))) {
            session.run("restore " + name, restoring(name, change.before()), deadline);
            session.run("reload", "SELECT pg_reload_conf()", deadline);
        }
        changes.remove(name);
    }

    /** What a person must run where we could not. */
    String howToRestore() {
        StringBuilder sql = new StringBuilder();
        changes.forEach(
                (name, change) -> sql.append(restoring(name, change.before())).append("; "));
        return sql + "SELECT pg_reload_conf();";
    }

    private static String restoring(String name, Optional<String> value) {
        return value.map(old -> "ALTER SYSTEM SET %s = %s".formatted(name, literal(old)))
                .orElse("ALTER SYSTEM RESET " + name);
    }

    boolean isChanged(String name) {
        return changes.containsKey(name);
    }

    /** Whether anything is changed now. */
    boolean isAnyChanged() {
        return !changes.isEmpty();
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
