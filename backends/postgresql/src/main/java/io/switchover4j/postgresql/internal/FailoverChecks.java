package io.switchover4j.postgresql.internal;

import static io.switchover4j.postgresql.internal.Checks.bytes;

import io.switchover4j.Check;
import io.switchover4j.postgresql.internal.PrimaryMemory.Sighting;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.NodeControl.Repair;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The questions that decide whether a target can be promoted without its primary. Confined to one thread. */
final class FailoverChecks {

    /** A backlog that takes some tenths of a second to replay. */
    private static final long BACKLOG_WORTH_A_WARNING = 16L << 20;

    private final NodeConfig old;
    private final NodeFacts target;
    private final Follower follower;
    private final OldPrimary lost;
    private final List<Check> checks = new ArrayList<>();

    private FailoverChecks(NodeConfig old, NodeFacts target, Follower follower, OldPrimary lost) {
        this.old = old;
        this.target = target;
        this.follower = follower;
        this.lost = lost;
    }

    /**
     * What is known of the primary that is to be replaced.
     *
     * @param timeline the newest one it is known to have written; 0 if none is known
     * @param seen how it was seen last
     * @param control its control file
     * @param silence why its host says nothing; empty if the control file is there
     */
    record OldPrimary(
            int timeline, Optional<Sighting> seen, Optional<PgControl> control, boolean running, String silence) {}

    /**
     * @param lives why the old primary is taken for one that lives although it does not say so to us; empty if it is not
     */
    static List<Check> of(
            NodeConfig old, NodeFacts target, Follower follower, OldPrimary lost, Optional<String> lives) {
        FailoverChecks all = new FailoverChecks(old, target, follower, lost);
        all.life(lives);
        all.rights();
        all.control();
        all.host();
        all.sameHistory();
        all.following();
        all.replay();
        all.synchronousReplication();
        all.room();
        all.rejoin();
        all.marks();
        return all.checks;
    }

    private String targetId() {
        return target.node().id();
    }

    private void life(Optional<String> lives) {
        String name = "answers of " + old.id();
        if (lives.isPresent()) {
            warn(
                    name,
                    lives.get(),
                    "it is not lost: let us in, then ask for a planned switchover; a failover stops it under its clients");
        } else if (follower.heard().isPresent()) {
            warn(
                    name,
                    "'%s' is still connected to it, and heard of it %d ms ago"
                            .formatted(targetId(), follower.heard().get().age().toMillis()),
                    "it may be alive and out of our reach: make sure that it is not");
        }
    }

    private void rights() {
        String name = "rights on " + targetId();
        if (target.missingRights().isEmpty()) {
            pass(name, "sufficient");
        } else {
            block(
                    name,
                    "missing: " + String.join(", ", target.missingRights()),
                    "connect as a superuser, or grant what is missing");
        }
    }

    private void control() {
        String name = "control of " + targetId();
        String advice = "check the data directory and the account of its NodeControl";
        try {
            PgControl file = PgControl.read(target.node().control());
            if (file.systemIdentifier() == target.systemIdentifier()) {
                pass(name, "data directory readable");
            } else {
                block(
                        name,
                        "system identifier %d in the control file, %d from the server"
                                .formatted(file.systemIdentifier(), target.systemIdentifier()),
                        advice);
            }
        } catch (BackendException e) {
            block(name, String.valueOf(e.getMessage()), advice);
        }
    }

    private void host() {
        String name = "fence of " + old.id();
        if (!lost.silence().isEmpty()) {
            warn(
                    name,
                    lost.silence(),
                    "it will not be fenced: make sure by other means that '%s' takes no writes".formatted(old.id()));
        } else {
            pass(
                    name,
                    "its host answers, its server " + (lost.running() ? "exists and will be stopped" : "does not run"));
        }
    }

    private void sameHistory() {
        Optional<PgControl> file = lost.control();
        if (file.isPresent() && file.get().systemIdentifier() != target.systemIdentifier()) {
            block(
                    "same history",
                    "system identifier %d of '%s', %d of '%s'"
                            .formatted(file.get().systemIdentifier(), old.id(), target.systemIdentifier(), targetId()),
                    "they are no copies of each other: check the configuration of the instance");
        } else if (lost.timeline() > follower.timeline()) {
            block(
                    "same history",
                    "'%s' was primary on timeline %d, '%s' has log of timeline %d only"
                            .formatted(old.id(), lost.timeline(), targetId(), follower.timeline()),
                    "'%s' did not follow the last promotion, its data are old: bring '%s' back"
                            .formatted(targetId(), old.id()));
        } else {
            pass("same history", "timeline %d".formatted(follower.timeline()));
        }
    }

    private void following() {
        if (follower.streamed()) {
            pass("following", "'%s' has received up to %s".formatted(targetId(), follower.received()));
        } else {
            warn(
                    "following",
                    "'%s' has received nothing since it was started; it has log up to %s"
                            .formatted(targetId(), follower.received()),
                    "if it never was in sync its data are old: compare that position with the estimated loss");
        }
    }

    private void replay() {
        String figure = bytes(follower.backlog()) + " to replay";
        if (target.replayPaused()) {
            warn("replay", "paused, " + figure, "the promotion ends the pause");
        } else if (follower.backlog() > BACKLOG_WORTH_A_WARNING) {
            warn("replay", figure, "it is replayed before the first write");
        } else {
            pass("replay", figure);
        }
    }

    private void synchronousReplication() {
        String name = "synchronous replication";
        String names = target.setting(PrepareTarget.SYNCHRONOUS);
        if (names.isEmpty()) {
            pass(name, "off on '%s'".formatted(targetId()));
        } else if (target.isFromCommandLine(PrepareTarget.SYNCHRONOUS)) {
            block(
                    name,
                    "'%s' on the command line of '%s'".formatted(names, targetId()),
                    "commits on the new primary would wait for a standby that is gone: move the setting to a configuration"
                            + " file");
        } else {
            warn(
                    name,
                    "'%s' on '%s'".formatted(names, targetId()),
                    "suspended there from the promotion until '%s' streams as its standby".formatted(old.id()));
        }
    }

    private void room() {
        long slots = target.number("max_replication_slots") - target.slots();
        String figure = "%d slots free on '%s'".formatted(slots, targetId());
        if (slots >= 2) {
            pass("room for the standby", figure);
        } else {
            block("room for the standby", figure, "2 slots are needed: raise max_replication_slots");
        }
    }

    private void rejoin() {
        Set<Repair> repairs = old.control().repairs();
        Optional<String> obstacle = Checks.obstacleToStart(old);
        if (obstacle.isPresent()) {
            warn("rejoin of " + old.id(), obstacle.get(), "it stays out until that is corrected");
        } else if (repairs.isEmpty()) {
            warn(
                    "rejoin of " + old.id(),
                    "its NodeControl can neither rewind nor re-seed",
                    "if '%s' has written what '%s' has not received, it stays out until a person re-seeds it"
                            .formatted(old.id(), targetId()));
        } else {
            pass(
                    "rejoin of " + old.id(),
                    repairs.contains(Repair.REWIND) ? "by rewinding" : "as it is, else by re-seeding");
        }
    }

    private void marks() {
        if (target.marks().isEmpty()) {
            pass("earlier switchovers", "none unfinished");
        } else {
            warn(
                    "earlier switchovers",
                    String.join(", ", target.marks()),
                    "left on '%s' by a switchover that died; will be removed".formatted(targetId()));
        }
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
