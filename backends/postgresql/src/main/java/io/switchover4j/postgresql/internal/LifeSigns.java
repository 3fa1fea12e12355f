package io.switchover4j.postgresql.internal;

import io.switchover4j.postgresql.internal.Observation.NodeReply;
import io.switchover4j.postgresql.internal.Observation.Presumed;
import io.switchover4j.postgresql.internal.PgControl.State;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Looks for a primary that lives and does not tell us so: it refuses our login, or only its standby reaches it. To pass it over
 * by force would stop what serves everybody else. Confined to one thread at a time.
 */
final class LifeSigns {

    /** A server that was killed an instant ago may still have something under way to its standby. */
    private static final Duration LAST_WORDS = Duration.ofMillis(500);

    /** How long after the question a sign of life is waited for. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    /** No row if it is connected to nobody. */
    private static final String HEARD = """
            SELECT (extract(epoch FROM clock_timestamp() - last_msg_receipt_time) * 1000)::bigint
            FROM pg_stat_wal_receiver WHERE status = 'streaming'""";

    /** What the control file of a node says. */
    enum Doing {
        TAKES_WRITES,
        DOES_NOT,
        UNKNOWN
    }

    private final Connector connector;
    private final InstanceConfig instance;
    private final List<NodeReply> replies;
    private final long askedAt;

    /**
     * @param replies one per node, in their order
     * @param askedAt when they were asked, on the monotonic clock
     */
    LifeSigns(Connector connector, InstanceConfig instance, List<NodeReply> replies, long askedAt) {
        this.connector = connector;
        this.instance = instance;
        this.replies = replies;
        this.askedAt = askedAt;
    }

    InstanceConfig instance() {
        return instance;
    }

    List<NodeReply> replies() {
        return replies;
    }

    /** Whether there is anything to look for: no node says that it is primary, and not all say what they are. */
    boolean isPrimaryMissing() {
        return replies.size() > 1
                && replies.stream().anyMatch(reply -> reply.answer().isEmpty())
                && replies.stream().noneMatch(NodeReply::isPrimary);
    }

    /** Empty where nothing shows that a primary lives. Only where one is missing. */
    Optional<Presumed> presumed(Deadline deadline) {
        List<NodeReply> silent =
                replies.stream().filter(reply -> reply.answer().isEmpty()).toList();
        List<NodeReply> refusing = silent.stream().filter(NodeReply::refused).toList();
        if (!refusing.isEmpty()) {
            return refusing(refusing, silent.size() == 1, deadline);
        }
        return silent.size() == 1 ? heard(silent.get(0), deadline) : Optional.empty();
    }

    private Optional<Presumed> refusing(List<NodeReply> refusing, boolean othersAreStandbys, Deadline deadline) {
        List<NodeReply> writable = refusing.stream()
                .filter(reply -> doing(connector, reply.node(), deadline) == Doing.TAKES_WRITES)
                .toList();
        if (writable.size() == 1) {
            NodeReply one = writable.get(0);
            return Optional.of(new Presumed(
                    one.node(), "lives, takes writes by its control file, and refuses us: " + one.silence()));
        }
        NodeReply one = refusing.get(0);
        return othersAreStandbys && doing(connector, one.node(), deadline) == Doing.UNKNOWN
                ? Optional.of(new Presumed(one.node(), "lives, may take writes, and refuses us: " + one.silence()))
                : Optional.empty();
    }

    static Doing doing(Connector connector, NodeConfig node, Deadline deadline) {
        try {
            PgControl file = new BoundedControl(node, connector).call(deadline, PgControl::read);
            return file.state() == State.IN_PRODUCTION ? Doing.TAKES_WRITES : Doing.DOES_NOT;
        } catch (BackendException e) {
            Waiting.requireNotInterrupted();
            return Doing.UNKNOWN;
        }
    }

    /** A frozen server has a connected standby, too: only a message that came since we asked shows that it lives. */
    private Optional<Presumed> heard(NodeReply silent, Deadline deadline) {
        List<NodeReply> connected = replies.stream()
                .filter(reply -> reply.answer()
                        .flatMap(NodeAnswer::receiver)
                        .filter(receiver -> receiver.status().equals("streaming"))
                        .isPresent())
                .toList();
        if (connected.isEmpty()) {
            return Optional.empty();
        }
        NodeConfig standby = connected.get(0).node();
        try (PgSession session = connector.open(standby, "switchover4j", deadline)) {
            while (true) {
                List<Long> age = session.list("ask when it last heard", HEARD, deadline, row -> row.getLong(1));
                if (age.isEmpty()) {
                    return Optional.empty();
                }
                Duration since = Duration.ofNanos(connector.settings().time().nanoTime() - askedAt);
                if (since.minusMillis(age.get(0)).compareTo(LAST_WORDS) > 0) {
                    return Optional.of(new Presumed(
                            silent.node(),
                            "lives, since '%s' received something from it %d ms ago, and does not answer us: %s"
                                    .formatted(standby.id(), age.get(0), silent.silence())));
                }
                if (since.compareTo(PATIENCE) > 0 || deadline.isExpired()) {
                    return Optional.empty();
                }
                Waiting.sleep(Waiting.COARSE);
            }
        } catch (BackendException e) {
            Waiting.requireNotInterrupted();
            return Optional.empty();
        }
    }

    /** For messages. */
    @Override
    public String toString() {
        return replies.stream().map(reply -> reply.node().toString()).collect(Collectors.joining(", "));
    }
}
