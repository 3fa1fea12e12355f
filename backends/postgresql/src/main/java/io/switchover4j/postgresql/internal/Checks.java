package io.switchover4j.postgresql.internal;

import static java.util.stream.Collectors.joining;

import io.switchover4j.Check;
import io.switchover4j.postgresql.Credentials;
import io.switchover4j.postgresql.LocalProcessControl;
import io.switchover4j.postgresql.internal.PgControl.State;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.SwitchoverOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The questions that decide whether a pair can be switched now. Confined to one thread. */
final class Checks {

    private static final List<String> STANDBY_LIMITS = List.of(
            "max_connections",
            "max_worker_processes",
            "max_wal_senders",
            "max_prepared_transactions",
            "max_locks_per_transaction");

    private static final String RESEED = "re-seed the standby from the primary";

    private static final int BACKLOG_WORTH_A_WARNING = 8;

    private final Connector connector;
    private final NodeFacts primary;
    private final NodeFacts target;
    private final SwitchoverOptions options;
    private final Deadline deadline;
    private final List<Check> checks = new ArrayList<>();

    private Checks(
            Connector connector, NodeFacts primary, NodeFacts target, SwitchoverOptions options, Deadline deadline) {
        this.connector = connector;
        this.primary = primary;
        this.target = target;
        this.options = options;
        this.deadline = deadline;
    }

    static List<Check> of(
            Connector connector, NodeFacts primary, NodeFacts target, SwitchoverOptions options, Deadline deadline) {
        Checks all = new Checks(connector, primary, target, options, deadline);
        all.rights(primary);
        all.rights(target);
        all.control(primary, State.IN_PRODUCTION);
        all.control(target, State.IN_ARCHIVE_RECOVERY);
        all.sameHistory();
        all.streaming();
        all.replay();
        all.otherStreams();
        all.synchronousReplication();
        all.room();
        all.rejoinConnection();
        all.standbyLimits();
        all.retryInterval();
        all.archiver();
        all.baseBackup();
        all.longestTransaction();
        all.preparedTransactions();
        all.logicalSlots();
        all.rewind();
        all.marks();
        return all.checks;
    }

    private void rights(NodeFacts facts) {
        String name = "rights on " + facts.node().id();
        if (facts.missingRights().isEmpty()) {
            pass(name, "sufficient");
        } else {
            block(
                    name,
                    "missing: " + String.join(", ", facts.missingRights()),
                    "connect as a superuser, or grant what is missing");
        }
    }

    /** The nodes of a pair are copies of each other: only what they are doing tells one data directory from the other. */
    private void control(NodeFacts facts, State expected) {
        String name = "control of " + facts.node().id();
        String advice = "check the data directory and the account of its NodeControl";
        try {
            PgControl file = PgControl.read(facts.node().control());
            if (file.systemIdentifier() != facts.systemIdentifier()) {
                block(
                        name,
                        "system identifier %d in the control file, %d from the server"
                                .formatted(file.systemIdentifier(), facts.systemIdentifier()),
                        advice);
            } else if (file.state() != expected || !facts.node().control().isRunning()) {
                block(
                        name,
                        "control file says %s, its process %s"
                                .formatted(file.state(), facts.node().control().isRunning() ? "runs" : "does not run"),
                        advice);
            } else {
                start(name, facts);
            }
        } catch (BackendException e) {
            block(name, String.valueOf(e.getMessage()), advice);
        }
    }

    /** Nothing but a start of the old primary undoes its stop. */
    private void start(String name, NodeFacts facts) {
        Optional<String> obstacle = obstacleToStart(facts.node());
        if (obstacle.isEmpty()) {
            pass(name, "data directory readable, process found");
        } else if (facts == primary) {
            block(name, obstacle.get(), "correct it: a rollback starts this server, and so does the rejoin");
        } else {
            warn(name, obstacle.get(), "correct it: the next switchover starts this server");
        }
    }

    static Optional<String> obstacleToStart(NodeConfig node) {
        return node.control() instanceof LocalProcessControl local ? local.obstacleToStart() : Optional.empty();
    }

    private void sameHistory() {
        String figure = "system identifier %d and %d, timeline %d and %d"
                .formatted(
                        primary.systemIdentifier(),
                        target.systemIdentifier(),
                        primary.answer().timeline(),
                        target.answer().timeline());
        boolean same = primary.systemIdentifier() == target.systemIdentifier()
                && primary.answer().timeline() == target.answer().timeline();
        if (same) {
            pass("same history", figure);
        } else {
            block("same history", figure, RESEED);
        }
    }

    private void streaming() {
        Optional<NodeAnswer.Sender> sender = primary.answer().senderTo(target.node(), Optional.of(target.answer()));
        if (sender.filter(NodeAnswer.Sender::isStreaming).isPresent()) {
            pass(
                    "streaming",
                    "'%s' streams from '%s'"
                            .formatted(target.node().id(), primary.node().id()));
        } else if (sender.filter(NodeAnswer.Sender::isHidden).isPresent()) {
            block(
                    "streaming",
                    "'%s' does not show us the state of its stream"
                            .formatted(primary.node().id()),
                    "grant pg_monitor to our user");
        } else {
            boolean sameTimeline =
                    primary.answer().timeline() == target.answer().timeline();
            block(
                    "streaming",
                    sender.map(found -> "state '%s'".formatted(found.state()))
                            .orElse("'%s' has no stream to '%s'"
                                    .formatted(
                                            primary.node().id(), target.node().id())),
                    sameTimeline ? "repair replication, then try again" : RESEED);
        }
    }

    private void replay() {
        if (target.replayPaused()) {
            block(
                    "replay",
                    "paused on '%s'".formatted(target.node().id()),
                    "SELECT pg_wal_replay_resume() on '%s'"
                            .formatted(target.node().id()));
            return;
        }
        long lag = primary.answer().position().bytesAfter(target.answer().position());
        if (lag > options.maximumLagBytes()) {
            block(
                    "replay",
                    "%s behind, limit %s".formatted(bytes(lag), bytes(options.maximumLagBytes())),
                    "wait until the standby has caught up");
        } else {
            pass("replay", bytes(lag) + " behind");
        }
    }

    private void otherStreams() {
        List<NodeAnswer.Sender> others = new ArrayList<>(primary.answer().senders());
        primary.answer().senderTo(target.node(), Optional.of(target.answer())).ifPresent(others::remove);
        if (others.isEmpty()) {
            pass("other streams", "none");
        } else {
            warn(
                    "other streams",
                    others.stream()
                            .map(other -> "'%s'".formatted(other.applicationName()))
                            .collect(joining(", ")),
                    "the stop waits until each of them has confirmed all; standbys among them do not follow by themselves");
        }
    }

    private void synchronousReplication() {
        String name = "synchronous replication";
        String names = target.setting(PrepareTarget.SYNCHRONOUS);
        String primaryNames = primary.setting(PrepareTarget.SYNCHRONOUS);
        if (!names.isEmpty() && target.isFromCommandLine(PrepareTarget.SYNCHRONOUS)) {
            block(
                    name,
                    "'%s' on the command line of '%s'"
                            .formatted(names, target.node().id()),
                    "commits on the new primary would wait for its rejoining standby: move the setting to a configuration file");
        } else if (names.isEmpty() != primaryNames.isEmpty()) {
            NodeFacts off = names.isEmpty() ? target : primary;
            NodeFacts on = names.isEmpty() ? primary : target;
            warn(
                    name,
                    "'%s' on '%s', off on '%s'"
                            .formatted(
                                    on.setting(PrepareTarget.SYNCHRONOUS),
                                    on.node().id(),
                                    off.node().id()),
                    ("commits on '%s' wait for no standby: set %s there too, unless that is meant;"
                                    + " a switchover that died may have left it so%s")
                            .formatted(
                                    off.node().id(),
                                    PrepareTarget.SYNCHRONOUS,
                                    on == target
                                            ? ". On '%s' it is suspended from the promotion until '%s' streams"
                                                    .formatted(
                                                            target.node().id(),
                                                            primary.node().id())
                                            : ""));
        } else if (names.isEmpty()) {
            pass(name, "off on '%s'".formatted(target.node().id()));
        } else {
            warn(
                    name,
                    "'%s' on '%s'".formatted(names, target.node().id()),
                    "suspended there from the promotion until '%s' streams as its standby"
                            .formatted(primary.node().id()));
        }
    }

    private void room() {
        long senders =
                target.number("max_wal_senders") - target.answer().senders().size();
        long slots = target.number("max_replication_slots") - target.slots();
        String figure = "%d senders and %d slots free on '%s'"
                .formatted(senders, slots, target.node().id());
        if (senders >= 1 && slots >= 2) {
            pass("room for the standby", figure);
        } else {
            block(
                    "room for the standby",
                    figure,
                    "1 sender and 2 slots are needed: raise max_wal_senders or max_replication_slots");
        }
    }

    private void rejoinConnection() {
        String name = "rejoin connection";
        if (primary.isFromCommandLine("primary_conninfo") || primary.isFromCommandLine("primary_slot_name")) {
            block(
                    name,
                    "primary_conninfo or primary_slot_name is on the command line of '%s'"
                            .formatted(primary.node().id()),
                    "move it to a configuration file: the command line would win over what the rejoin writes");
            return;
        }
        Optional<Credentials> credentials;
        try {
            credentials = connector
                    .settings()
                    .replication()
                    .map(Connector::supplied)
                    .or(() -> Rejoin.credentials(ConnInfo.parse(target.setting("primary_conninfo"))));
        } catch (IllegalArgumentException e) {
            block(
                    name,
                    "primary_conninfo of '%s' could not be understood: %s"
                            .formatted(target.node().id(), e.getMessage()),
                    "write it in the form keyword='value'");
            return;
        }
        if (credentials.isEmpty()) {
            warn(
                    name,
                    "as '%s' reaches '%s', without a password in primary_conninfo"
                            .formatted(target.node().id(), primary.node().id()),
                    "make sure that '%s' may stream from '%s' in the same way"
                            .formatted(primary.node().id(), target.node().id()));
            return;
        }
        tryLogin(name, credentials.get());
    }

    private void tryLogin(String name, Credentials credentials) {
        try {
            connector.tryReplicationLogin(target.node(), credentials, connector.probeDeadline(deadline));
            pass(
                    name,
                    "%s may stream from '%s'"
                            .formatted(credentials, target.node().id()));
        } catch (PgFailure e) {
            String figure =
                    "%s at '%s': %s".formatted(credentials, target.node().id(), e.reason());
            if (e.isWrongPassword()) {
                block(name, figure, "correct the replication credentials");
            } else {
                warn(
                        name,
                        figure,
                        "we may be refused where '%s' is not; check pg_hba.conf"
                                .formatted(primary.node().id()));
            }
        }
    }

    private void standbyLimits() {
        List<String> tooSmall = STANDBY_LIMITS.stream()
                .filter(limit -> primary.number(limit) < target.number(limit))
                .map(limit -> "%s %d on '%s', %d on '%s'"
                        .formatted(
                                limit,
                                primary.number(limit),
                                primary.node().id(),
                                target.number(limit),
                                target.node().id()))
                .toList();
        if (tooSmall.isEmpty()) {
            pass(
                    "standby limits",
                    "'%s' can follow '%s'"
                            .formatted(primary.node().id(), target.node().id()));
        } else {
            block(
                    "standby limits",
                    String.join("; ", tooSmall),
                    "raise them: the old primary could not start as a standby");
        }
    }

    private void retryInterval() {
        long millis = target.number(PrepareTarget.RETRY_INTERVAL);
        String figure = "%d ms on '%s'".formatted(millis, target.node().id());
        if (millis <= 50) {
            pass(PrepareTarget.RETRY_INTERVAL, figure);
        } else if (target.isFromCommandLine(PrepareTarget.RETRY_INTERVAL)) {
            block(
                    PrepareTarget.RETRY_INTERVAL,
                    figure + ", on its command line",
                    "a promotion may wait that long: set it to 10ms, or move it to a configuration file");
        } else {
            warn(
                    PrepareTarget.RETRY_INTERVAL,
                    figure,
                    "a promotion could wait that long: it is set to 10 ms for the time of the switchover");
        }
    }

    private void archiver() {
        String backlog = "%d files to archive".formatted(primary.filesToArchive());
        if (!primary.archiver().isEmpty()) {
            warn(
                    "archiver",
                    "failing at '%s', %s".formatted(primary.archiver(), backlog),
                    "the pause does not wait for it, the rejoin does: repair archive_command");
        } else if (primary.filesToArchive() > BACKLOG_WORTH_A_WARNING) {
            warn("archiver", backlog, "the pause does not wait for it, the rejoin does");
        } else {
            pass("archiver", backlog);
        }
    }

    private void baseBackup() {
        if (primary.baseBackups() == 0) {
            pass("base backup", "none runs");
        } else {
            block(
                    "base backup",
                    "%d running on '%s'"
                            .formatted(primary.baseBackups(), primary.node().id()),
                    "it would be cut off: wait for it or end it");
        }
    }

    private void longestTransaction() {
        double seconds = primary.longestTransactionSeconds();
        String figure = "open for %.1f s".formatted(seconds);
        long limit = options.drainTimeout().toMillis();
        if (seconds * 1_000 > limit) {
            warn(
                    "longest transaction",
                    "%s, drain timeout %.1f s".formatted(figure, limit / 1_000.0),
                    "a participant may wait for it in vain, without one the stop ends it: wait for it, or raise drainTimeout");
        } else {
            pass("longest transaction", figure);
        }
    }

    private void preparedTransactions() {
        if (primary.preparedTransactions() == 0) {
            pass("prepared transactions", "none");
        } else {
            warn(
                    "prepared transactions",
                    Integer.toString(primary.preparedTransactions()),
                    "they survive, with their locks: their coordinator must finish them on the new primary");
        }
    }

    private void logicalSlots() {
        Set<String> lost = new TreeSet<>(primary.logicalSlots().keySet());
        target.logicalSlots().forEach((slot, kind) -> {
            if (kind.equals("synced")) {
                lost.remove(slot);
            }
        });
        if (lost.isEmpty()) {
            pass("logical slots", primary.logicalSlots().isEmpty() ? "none" : "all synced");
        } else {
            warn(
                    "logical slots",
                    "not on '%s': %s".formatted(target.node().id(), String.join(", ", lost)),
                    "they stay behind: recreate them, or from version 17 on use failover slots");
        }
    }

    /** The data may be fit for a rewind and nobody there to do it. */
    private void rewind() {
        boolean possible = primary.setting("wal_log_hints").equals("on")
                || primary.setting("data_checksums").equals("on");
        if (!possible) {
            warn(
                    "rewind",
                    "wal_log_hints and data checksums are off",
                    "after an accident only a re-seed helps: set wal_log_hints = on");
        } else if (primary.node().control().repairs().isEmpty()) {
            warn(
                    "rewind",
                    "possible after an accident, but the NodeControl of '%s' can neither rewind nor re-seed"
                            .formatted(primary.node().id()),
                    "if '%s' ever has what '%s' has not received, it stays out until a person re-seeds it"
                            .formatted(primary.node().id(), target.node().id()));
        } else {
            pass("rewind", "possible after an accident");
        }
    }

    private void marks() {
        if (target.marks().isEmpty()) {
            pass("earlier switchovers", "none unfinished");
        } else {
            warn(
                    "earlier switchovers",
                    String.join(", ", target.marks()),
                    "left on '%s' by a switchover that died; will be removed"
                            .formatted(target.node().id()));
        }
    }

    static String bytes(long count) {
        return count < 1 << 20 ? count / 1024 + " KiB" : (count >> 20) + " MiB";
    }

    private void pass(String name, String figure) {
        checks.add(Check.pass(name, figure));
    }

    private void warn(String name, String figure, String advice) {
        checks.add(Check.warn(name, figure, advice));
    }

    private void block(String name, String figure, String advice) {
        checks.add(Check.block(name, figure, advice));
    }
}
