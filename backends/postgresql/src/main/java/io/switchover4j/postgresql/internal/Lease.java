package io.switchover4j.postgresql.internal;

import static io.switchover4j.postgresql.internal.PgSession.literal;

import io.switchover4j.Phase;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.LeaseHeldException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The exclusive right to switch an instance: an advisory lock on each of the two nodes, each held by a session of its own.
 * The one on the target survives its promotion; the one on the old primary ends with its stop. Confined to one thread at a
 * time, except {@link #close()}.
 */
final class Lease implements AutoCloseable {

    private static final String OWN_LOCKS = """
            SELECT count(*) FROM pg_locks
            WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid() AND objsubid = 1
              AND (classid::bigint << 32 | objid::bigint) = ?""";

    private static final String HOLDER = """
            SELECT coalesce(a.application_name, ''), coalesce(host(a.client_addr), 'the same machine'),
              to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
            FROM pg_locks l JOIN pg_stat_activity a USING (pid)
            WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.pid <> pg_backend_pid()
              AND (l.classid::bigint << 32 | l.objid::bigint) = ?""";

    /** A condition: whether the session that asks holds the lock. */
    static final String HELD_HERE = """
            EXISTS (SELECT FROM pg_locks
            WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid() AND objsubid = 1
              AND (classid::bigint << 32 | objid::bigint) = %d)""".formatted(Digests.lockKey());

    /** How long an answer of the target that proved the lock counts: no longer than an answer may be under way. */
    private static final Duration PROOF = Duration.ofMillis(10);

    private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(100);

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);

    private static final Logger log = LoggerFactory.getLogger(Lease.class);

    private final Connector connector;
    private final InstanceConfig instance;
    private final NodeConfig primary;
    private final NodeConfig target;
    private final long key;
    private final Map<String, PgSession> sessions = new HashMap<>();
    private LeaseName name;
    private @Nullable Deadline targetProved;

    private Lease(Connector connector, InstanceConfig instance, NodeConfig primary, NodeConfig target, LeaseName name) {
        this.connector = connector;
        this.instance = instance;
        this.primary = primary;
        this.target = target;
        this.name = name;
        this.key = Digests.lockKey();
    }

    /**
     * @throws LeaseHeldException if somebody else holds either lock; none is held then
     */
    static Lease acquire(
            Connector connector,
            InstanceConfig instance,
            NodeConfig primary,
            NodeConfig target,
            String operationId,
            String audit,
            Deadline deadline) {
        Lease lease =
                new Lease(connector, instance, primary, target, new LeaseName(operationId, Phase.CHECKING, audit));
        try {
            // Everybody locks in the same order, so that of two that come at once, one gets both.
            for (NodeConfig node : inOrder(primary, target)) {
                lease.lock(node, deadline);
            }
            return lease;
        } catch (RuntimeException e) {
            lease.close();
            throw e;
        }
    }

    /**
     * The lease of a failover: the target's lock is what counts. The primary's is taken only if that answers.
     *
     * @throws LeaseHeldException if somebody else holds either lock; none is held then
     */
    static Lease acquireByForce(
            Connector connector,
            InstanceConfig instance,
            NodeConfig primary,
            NodeConfig target,
            boolean primaryAnswers,
            String operationId,
            String audit,
            Deadline deadline) {
        Lease lease =
                new Lease(connector, instance, primary, target, new LeaseName(operationId, Phase.CHECKING, audit));
        try {
            lease.lock(target, deadline);
            if (primaryAnswers) {
                lease.lockIfItAnswers(primary, connector.probeDeadline(deadline));
            }
            return lease;
        } catch (RuntimeException e) {
            lease.close();
            throw e;
        }
    }

    private void lockIfItAnswers(NodeConfig node, Deadline deadline) {
        try {
            lock(node, deadline);
        } catch (PgFailure e) {
            Waiting.requireNotInterrupted();
            log.info("{}: the lease goes on without {}: {}", instance.id(), node, e.reason());
        }
    }

    /**
     * As {@link #acquire}, for a switchover that was begun already: its old primary may be down, and is then not locked.
     *
     * @throws LeaseHeldException if somebody else holds either lock, be it the session of a process that has just ended
     * @throws BackendException if the target cannot be locked
     */
    static Lease resume(
            Connector connector,
            InstanceConfig instance,
            NodeConfig primary,
            NodeConfig target,
            String operationId,
            String audit,
            Deadline deadline) {
        Lease lease =
                new Lease(connector, instance, primary, target, new LeaseName(operationId, Phase.RESOLVING, audit));
        try {
            for (NodeConfig node : inOrder(primary, target)) {
                if (node == target) {
                    lease.lock(node, connector.probeDeadline(deadline));
                } else {
                    lease.lockIfItAnswers(node, connector.probeDeadline(deadline));
                }
            }
            return lease;
        } catch (RuntimeException e) {
            lease.close();
            throw e;
        }
    }

    private static List<NodeConfig> inOrder(NodeConfig one, NodeConfig other) {
        return List.of(one, other).stream()
                .sorted(Comparator.comparing(NodeConfig::id))
                .toList();
    }

    private void lock(NodeConfig node, Deadline deadline) {
        PgSession session = connector.open(node, name.text(), deadline);
        try {
            if (!session.one(
                    "take the lease", "SELECT pg_try_advisory_lock(?)", deadline, row -> row.getBoolean(1), key)) {
                throw new LeaseHeldException(
                        instance.id(),
                        holder(session, deadline).map(Holder::who).orElse("somebody who has just ended"));
            }
            // A lock counts within its database only: who holds the one of another database is seen, not met.
            Optional<Holder> elsewhere = holder(session, deadline);
            if (elsewhere.isPresent()) {
                throw new LeaseHeldException(instance.id(), elsewhere.get().who());
            }
        } catch (RuntimeException e) {
            session.close();
            throw e;
        }
        PgSession before = sessions.put(node.id(), session);
        if (before != null) {
            before.close();
        }
    }

    /**
     * Who holds a lease.
     *
     * @param who for people: who, from where, since when and, if it says so, in which phase
     * @param phase the phase that it says to be in
     */
    record Holder(String who, Optional<Phase> phase) {

        private static Holder of(String sessionName, String host, String since) {
            Optional<LeaseName> name = LeaseName.parse(sessionName);
            return new Holder(
                    name.map(known -> known.describe(host, since))
                            .orElseGet(() -> "%s from %s since %s".formatted(literal(sessionName), host, since)),
                    name.map(LeaseName::phase));
        }
    }

    /** Who else than this session holds a lease on its server, whatever database it is in. */
    static Optional<Holder> holder(PgSession session, Deadline deadline) {
        return session
                .list(
                        "ask who holds the lease",
                        HOLDER,
                        deadline,
                        row -> Holder.of(row.getString(1), row.getString(2), row.getString(3)),
                        Digests.lockKey())
                .stream()
                .findFirst();
    }

    /** Lets others read the phase from now on: it is told by the next query of each session, so that it costs no round trip. */
    void announce(Phase phase) {
        name = name.in(phase);
        sessions.values().forEach(session -> session.nameFromNextQueryOn(name.text()));
    }

    /** The session on the old primary; dead once that was fenced. */
    PgSession primary() {
        return session(primary);
    }

    /** The session on the target, on which it is promoted. */
    PgSession target() {
        return session(target);
    }

    private PgSession session(NodeConfig node) {
        PgSession session = sessions.get(node.id());
        if (session == null) {
            throw new BackendException("The lease on instance '%s' is closed".formatted(instance.id()));
        }
        return session;
    }

    /**
     * Asks the primary, unless it is fenced, every time: one that does not answer must not be fenced. The target is not asked
     * again so soon after an answer that proved its lock.
     *
     * @throws BackendException if a lock is not held any more, or this cannot be found out
     */
    void verify(boolean fenced, Deadline deadline) {
        if (!fenced) {
            verify(primary, deadline);
        }
        Deadline proved = targetProved;
        if (proved == null || proved.isExpired()) {
            Deadline proof = Deadline.after(PROOF, connector.settings().time());
            verify(target, deadline);
            targetProved = proof;
        }
    }

    private void verify(NodeConfig node, Deadline deadline) {
        boolean held;
        try {
            held = holds(session(node), deadline);
        } catch (PgFailure e) {
            throw new BackendException(
                    "The lease on instance '%s' is lost: %s".formatted(instance.id(), e.getMessage()), e);
        }
        if (!held) {
            throw lost(node);
        }
    }

    BackendException lost(NodeConfig node) {
        return new BackendException("The lease on instance '%s' is lost: %s does not hold its lock any more"
                .formatted(instance.id(), node));
    }

    /**
     * The only row of a query on the target's session, whose answer says beside that the session holds the lock: what lies in
     * the pause should not cost a round trip for each.
     *
     * @throws BackendException if the lock is not held any more
     */
    <T> T proving(String what, String select, Deadline deadline, PgSession.Row<T> reader) {
        Deadline proof = Deadline.after(PROOF, connector.settings().time());
        T answer = target().one(what, select + ", " + HELD_HERE + " AS held", deadline, row -> {
            if (!row.getBoolean("held")) {
                throw lost(target);
            }
            return reader.read(row);
        });
        targetProved = proof;
        return answer;
    }

    private boolean holds(PgSession session, Deadline deadline) {
        return session.one("verify the lease", OWN_LOCKS, deadline, row -> row.getInt(1) > 0, key);
    }

    /**
     * The session on the target, which holds the lock: the same one, or, if that is broken, a new one that got the lock. The
     * server gives the lock of a broken session away only once it has ended it, so that nothing sent there can still arrive.
     *
     * @throws BackendException if the target's lock cannot be had
     */
    PgSession regainTarget(Deadline deadline) {
        PgSession session = target();
        try {
            if (session.isOpen() && holds(session, connector.probeDeadline(deadline))) {
                return session;
            }
        } catch (PgFailure e) {
            if (!e.isConnectionLost()) {
                throw e;
            }
        }
        session.close();
        lock(target, connector.probeDeadline(deadline));
        return target();
    }

    /**
     * As {@link #regainTarget}, but waits where the server has not ended the broken session yet: for what comes after the
     * promotion, where nobody is kept waiting and giving up is the worse choice.
     */
    PgSession awaitTarget(Deadline deadline) {
        while (true) {
            try {
                return regainTarget(deadline);
            } catch (LeaseHeldException e) {
                if (deadline.isExpired()) {
                    throw e;
                }
                Waiting.sleep(BETWEEN_ATTEMPTS);
            }
        }
    }

    @Override
    public void close() {
        for (PgSession session : List.copyOf(sessions.values())) {
            if (session.isOpen()) {
                try {
                    // Whoever comes next must not be refused because the server has not noticed our end yet.
                    session.run(
                            "give the lease back",
                            "SELECT pg_advisory_unlock_all()",
                            Deadline.after(CLOSE_TIMEOUT, connector.settings().time()));
                } catch (BackendException e) {
                    // Its server ends it.
                }
            }
            session.close();
        }
        sessions.clear();
    }
}
