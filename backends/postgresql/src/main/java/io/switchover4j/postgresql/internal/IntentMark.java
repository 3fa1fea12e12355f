package io.switchover4j.postgresql.internal;

import io.switchover4j.spi.Deadline;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The sign on the target that a switchover is about to promote it or has done so: a physical replication slot named after
 * the switchover, which keeps no log, survives the promotion, and can be read by coordinators that do not have our journal.
 * Confined to one thread at a time.
 */
final class IntentMark {

    private static final String PATTERN = SlotNames.INTENT_PREFIX.replace("_", "\\_") + "%";

    private final String name;
    private boolean set;

    IntentMark(String operationId) {
        this.name = SlotNames.intent(operationId);
    }

    /** The marks of all switchovers. */
    static List<String> all(PgSession session, Deadline deadline) {
        return Slots.named(PATTERN, session, deadline);
    }

    /** Without effect if it is set. */
    void set(PgSession target, Deadline deadline) {
        if (!set && !Slots.exists(name, target, deadline)) {
            Slots.create(name, false, false, target, deadline);
        }
        set = true;
    }

    /** A process before this one may have set it. */
    void mayBeSet() {
        set = true;
    }

    boolean isSet() {
        return set;
    }

    /** What a person must run where we could not. */
    String howToRemove() {
        return "SELECT pg_drop_replication_slot(%s);".formatted(PgSession.literal(name));
    }

    /** Sets it beside what the caller does; the session is the mark's until it is done. */
    CompletableFuture<Void> setBeside(Connector connector, PgSession target, Deadline deadline) {
        return CompletableFuture.runAsync(() -> set(target, deadline), connector.threads());
    }

    /** Without effect if it is not set. */
    void remove(PgSession target, Deadline deadline) {
        Slots.drop(name, target, deadline);
        set = false;
    }

    boolean isNamed(String other) {
        return name.equals(other);
    }
}
