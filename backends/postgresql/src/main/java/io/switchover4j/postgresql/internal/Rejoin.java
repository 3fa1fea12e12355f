package io.switchover4j.postgresql.internal;

import io.switchover4j.PlannedStep;
import io.switchover4j.postgresql.Credentials;
import io.switchover4j.postgresql.internal.Observation.NodeReply;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.StepContext;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes the old primary follow the new one, and proves that it does. */
final class Rejoin extends AfterPromotion {

    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

    /** Sessions may be free again in a moment. */
    private static final Duration PATIENCE_WITH_REFUSALS = Duration.ofSeconds(5);

    private final Observer observer;
    private long lookedAt;
    private @Nullable PgFailure refusal;
    private @Nullable Deadline refusalEnds;

    Rejoin(Operation operation, PlannedStep description) {
        super(operation, description);
        this.observer = new Observer(operation.connector());
    }

    @Override
    void follow(StepContext context) {
        Deadline deadline = context.deadline();
        if (isFollowing(deadline)) {
            return;
        }
        long began = operation.time().nanoTime();
        lookedAt = began;
        NodeConfig old = operation.oldPrimary();
        if (isSecondPrimary(deadline)) {
            // Whatever it commits is lost, and more with each moment.
            context.note("second primary", "%s took writes again, because somebody had started it".formatted(old));
            new RejoinByForce(operation, describe()).follow(context);
            return;
        }
        boolean runsAsStandby = awaitEndUnlessStandby(deadline);
        context.note("old primary ended after", operation.millisSince(began));
        pointToTarget();
        if (runsAsStandby) {
            reload(deadline);
        } else {
            start();
        }
        awaitFollowing(deadline);
        context.note("old primary streams after", operation.millisSince(began));
    }

    private boolean isSecondPrimary(Deadline deadline) {
        return observer.takesWrites(
                operation.oldPrimary(), operation.connector().probeDeadline(deadline));
    }

    /** The archiver may keep a stopped server for long: it is waited for, so that no part of the old history is missed. */
    private boolean awaitEndUnlessStandby(Deadline deadline) {
        NodeConfig old = operation.oldPrimary();
        while (old.control().isRunning()) {
            NodeReply reply = observer.reply(old, operation.connector().probeDeadline(deadline));
            if (reply.isStandby()
                    || (reply.refused() && PgControl.read(old.control()).isStandby())) {
                return true;
            }
            if (reply.isPrimary()) {
                throw new BackendException(
                        "%s takes writes again although %s was promoted: somebody started it. Stop it at once, keep its data, and re-seed it"
                                .formatted(old, operation.target()));
            }
            if (deadline.isExpired()) {
                throw new BackendException("The server of %s has not ended yet (%s); its archiver may still be at work."
                                .formatted(old, reply.silence())
                        + whatToDo());
            }
            Waiting.sleep(Waiting.COARSE);
        }
        return false;
    }

    void start() {
        try {
            operation.oldPrimary().control().start();
        } catch (BackendException e) {
            String message = String.valueOf(e.getMessage());
            throw new BackendException(
                    "%s%s '%s' is primary and takes writes; standby.signal of '%s' is written, and '%s' points to it. Correct what keeps it from starting, then start it."
                            .formatted(
                                    message,
                                    message.endsWith(".") ? "" : ".",
                                    operation.target().id(),
                                    operation.oldPrimary().id(),
                                    AutoConf.FILE),
                    e);
        }
    }

    void pointToTarget() {
        NodeConfig old = operation.oldPrimary();
        try {
            AutoConf conf = AutoConf.parse(old.control().read(AutoConf.FILE))
                    .with("primary_conninfo", operation.rejoinInfo().render());
            String slot = operation.mirroredSlot();
            conf = slot.isEmpty() ? conf.without("primary_slot_name") : conf.with("primary_slot_name", slot);
            old.control().write(AutoConf.FILE, conf.bytes());
        } catch (IOException e) {
            throw new BackendException(
                    "Could not point %s to %s in '%s': %s.".formatted(old, operation.target(), AutoConf.FILE, e)
                            + whatToDo(),
                    e);
        }
    }

    private void awaitFollowing(Deadline deadline) {
        while (!isFollowing(deadline)) {
            requireLetIn(deadline);
            if (deadline.isExpired()) {
                throw new BackendException("%s does not stream from %s yet; the log of its server says why."
                                .formatted(operation.oldPrimary(), operation.target())
                        + whatToDo());
            }
            if (!operation.oldPrimary().control().isRunning()) {
                throw new BackendException(
                        "The server of %s ended after its start; its log says why.".formatted(operation.oldPrimary())
                                + whatToDo());
            }
            if (isTimeToLook()) {
                requireLogin(deadline);
                reload(deadline);
            }
            Waiting.sleep(Waiting.COARSE);
        }
    }

    /** Now and then while it does not follow. */
    boolean isTimeToLook() {
        long now = operation.time().nanoTime();
        if (now - lookedAt < BETWEEN_LOOKS.toNanos()) {
            return false;
        }
        lookedAt = now;
        return true;
    }

    /** A supervisor may have started it an instant before it was pointed to the target. */
    void reload(Deadline deadline) {
        Deadline bound = operation.connector().probeDeadline(deadline);
        try (PgSession session = operation.open(operation.oldPrimary(), bound)) {
            session.run("reload", "SELECT pg_reload_conf()", bound);
        } catch (PgFailure e) {
            // It is still starting.
        }
    }

    /** A refused login will not become better by waiting, and we can say what is wrong. */
    private void requireLogin(Deadline deadline) {
        Optional<Credentials> credentials = credentials(operation.rejoinInfo());
        if (credentials.isEmpty()) {
            return;
        }
        try {
            operation
                    .connector()
                    .tryReplicationLogin(
                            operation.target(),
                            credentials.get(),
                            operation.connector().probeDeadline(deadline));
        } catch (PgFailure e) {
            if (e.isWrongPassword()) {
                throw new BackendException(
                        "%s cannot stream from %s as user '%s': %s."
                                        .formatted(
                                                operation.oldPrimary(),
                                                operation.target(),
                                                credentials.get().user(),
                                                e.reason())
                                + whatToDo(),
                        e);
            }
        }
    }

    static Optional<Credentials> credentials(ConnInfo info) {
        return info.get("user").flatMap(user -> info.get("password").map(password -> new Credentials(user, password)));
    }

    private String whatToDo() {
        return (" '%s' is primary and takes writes; standby.signal of '%s' is written. Correct primary_conninfo in '%s' of '%s'"
                        + " and start or reload it; if it was long ago, its log may be missing: re-seed it then.")
                .formatted(
                        operation.target().id(),
                        operation.oldPrimary().id(),
                        AutoConf.FILE,
                        operation.oldPrimary().id());
    }

    boolean isFollowing(Deadline deadline) {
        NodeConfig old = operation.oldPrimary();
        Deadline bound = operation.connector().probeDeadline(deadline);
        PgSession opened;
        try {
            opened = operation.open(old, bound);
        } catch (PgFailure e) {
            refusal = e.isRefusal() ? e : null;
            return false;
        }
        refusal = null;
        try (PgSession session = opened) {
            NodeAnswer said = NodeAnswer.ask(session, bound);
            return said.standby()
                    && senderToOld(Optional.of(said), deadline)
                            .filter(NodeAnswer.Sender::isStreaming)
                            .isPresent()
                    && Marker.isSeen(operation, operation.target(), session, bound);
        } catch (PgFailure e) {
            return false;
        }
    }

    private Optional<NodeAnswer.Sender> senderToOld(Optional<NodeAnswer> said, Deadline deadline) {
        Deadline bound = operation.connector().probeDeadline(deadline);
        return NodeAnswer.ask(operation.lease().awaitTarget(deadline), bound).senderTo(operation.oldPrimary(), said);
    }

    /** A server that runs as a standby and does not let us in is left as it is: it may follow well. */
    void requireLetIn(Deadline deadline) {
        PgFailure refused = refusal;
        if (refused == null) {
            refusalEnds = null;
            return;
        }
        if (refusalEnds == null) {
            refusalEnds = deadline.orAfter(PATIENCE_WITH_REFUSALS);
        }
        if (!refusalEnds.isExpired()) {
            return;
        }
        NodeConfig old = operation.oldPrimary();
        String target = operation.target().id();
        boolean streams = senderToOld(Optional.empty(), Deadline.after(PATIENCE_WITH_REFUSALS, operation.time()))
                .filter(NodeAnswer.Sender::isStreaming)
                .isPresent();
        throw new BackendException(
                ("Could not log in to %s to see whether it follows: %s. Its server runs as a standby and was left running; %s."
                                + " '%s' is primary and takes writes. Let us in at '%s' before the next switchover%s.")
                        .formatted(
                                old,
                                refused.reasonAndRemedy(),
                                streams
                                        ? "'%s' says that it streams to it".formatted(target)
                                        : "'%s' has no stream to it".formatted(target),
                                target,
                                old.id(),
                                streams
                                        ? ""
                                        : "; reload its configuration, and look into the log of its server if it does not stream then"),
                refused);
    }
}
