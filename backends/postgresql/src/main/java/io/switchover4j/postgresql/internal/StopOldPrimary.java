package io.switchover4j.postgresql.internal;

import io.switchover4j.PlannedStep;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.NodeControl;
import io.switchover4j.spi.NodeControl.StopMode;
import io.switchover4j.spi.StepContext;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The fence: a clean stop, seen in the control file. The server's process may live on for as long as its archiver needs; it
 * takes no writes any more.
 */
final class StopOldPrimary extends Step {

    private static final int LOOKS_PER_PROCESS_CHECK = 20;

    /** How long a stopping server may take to end before the rollback ends it by force. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);

    private static final Duration STREAMING_TIMEOUT = Duration.ofSeconds(10);

    private final Observer observer;

    StopOldPrimary(Operation operation, PlannedStep description) {
        super(operation, description);
        this.observer = new Observer(operation.connector());
    }

    @Override
    public void apply(StepContext context) {
        if (operation.fence().isPresent()) {
            operation.requireFence();
            return;
        }
        NodeConfig old = operation.oldPrimary();
        PgControl before = PgControl.read(old.control());
        NodeControl.PreparedStop stop = operation.preparedStop();
        long began = operation.time().nanoTime();
        operation.stopRequested(true);
        // What takes as long as some writes to a disk is not done before or after the stop, but meanwhile.
        CompletableFuture<Boolean> signalling = CompletableFuture.supplyAsync(
                this::writeSignal, operation.connector().threads());
        CompletableFuture<Void> marking = CompletableFuture.completedFuture(null);
        PgControl stopped;
        try {
            stop.send();
            operation.closePreparedStop();
            PgSession target = operation.lease().target();
            marking = operation.mark().setBeside(operation.connector(), target, context.deadline());
            stopped = awaitShutDown(before, context.deadline());
            boolean inTime =
                    Waiting.join(signalling, "write '%s' of %s".formatted(StandbySignal.FILE, old), context.deadline());
            if (!inTime) {
                awaitEnd(context.deadline());
            }
            Waiting.join(marking, "mark " + operation.target(), context.deadline());
        } catch (BackendException e) {
            letEnd(signalling, e);
            letEnd(marking, e);
            throw e;
        }
        operation.fence(stopped);
        context.fencedPosition(stopped.checkpoint().toString());
        context.note("old primary shut down after", operation.millisSince(began));
        // Whoever has to bring it back by hand must know.
        context.note(
                StandbySignal.FILE,
                "written on '%s': as long as it is there, it starts as a standby".formatted(old.id()));
    }

    /** Whether the server was certainly not down when the file was there: whoever starts it later heeds it. */
    private boolean writeSignal() {
        operation.standbySignal().write();
        try {
            return !PgControl.read(operation.oldPrimary().control()).isShutDown();
        } catch (BackendException e) {
            // Read in the middle of a write.
            return false;
        }
    }

    /** The rollback needs the session on which the mark is being set, and removes the file that is being written. */
    private void letEnd(CompletableFuture<?> work, BackendException failure) {
        try {
            Waiting.join(work, "end what was begun beside the stop", Deadline.after(GRACE, operation.time()));
        } catch (BackendException e) {
            if (e != failure) {
                failure.addSuppressed(e);
            }
        }
    }

    /**
     * Who started the server before the file was there would have started a primary, and until that says so it looks like one
     * that is still ending.
     */
    private void awaitEnd(Deadline deadline) {
        NodeConfig old = operation.oldPrimary();
        Waiting.until(
                deadline,
                Waiting.COARSE,
                () -> !old.control().isRunning(),
                () ->
                        "The server of %s was down before '%s' was written, and a process of it is there: it cannot be told whether somebody started it again"
                                .formatted(old, StandbySignal.FILE));
    }

    private PgControl awaitShutDown(PgControl before, Deadline deadline) {
        NodeConfig old = operation.oldPrimary();
        String last = before.state().toString();
        for (int look = 1; ; look++) {
            try {
                PgControl now = PgControl.parse(old.control().read(PgControl.FILE));
                // A control file that said so before the stop may be that of a server which is just starting.
                if (now.isShutDown() && (!before.isShutDown() || !old.control().isRunning())) {
                    return now;
                }
                last = now.state().toString();
            } catch (IllegalArgumentException e) {
                // Read in the middle of a write.
            } catch (IOException e) {
                last = e.toString();
            }
            if (look % LOOKS_PER_PROCESS_CHECK == 0 && !old.control().isRunning()) {
                PgControl end = PgControl.read(old.control());
                if (end.isShutDown()) {
                    return end;
                }
                throw new BackendException("The server of %s ended without a clean stop: its control file says %s"
                        .formatted(old, end.state()));
            }
            if (deadline.isExpired()) {
                throw new BackendException(
                        "%s was asked to stop and is not shut down yet (%s); sessions of other standbys or of logical"
                                        .formatted(old, last)
                                + " subscribers that do not confirm keep it from ending");
            }
            Waiting.sleep(Waiting.FINE);
        }
    }

    /** Makes the old primary writable again, if it is certain that the target is not. */
    @Override
    public void undo(StepContext context) {
        Deadline deadline = context.deadline();
        NodeConfig old = operation.oldPrimary();
        operation.closePreparedStop();
        if (isWritableForGood(deadline)) {
            removeMarkIfSet(context);
            removeSignal(context);
        } else {
            Promote.removeMark(operation, deadline);
            operation.standbySignal().removeOurs();
            operation.standbySignal().requireNone();
            bringUp(deadline);
        }
        operation.fence(null);
        operation.stopRequested(false);
        context.note("old primary", "takes writes again");
        boolean streams = Waiting.poll(
                deadline.orAfter(STREAMING_TIMEOUT),
                Waiting.COARSE,
                () -> observer.reply(old, operation.connector().probeDeadline(deadline))
                        .answer()
                        .flatMap(said -> said.senderTo(operation.target(), Optional.empty()))
                        .filter(NodeAnswer.Sender::isStreaming)
                        .isPresent());
        context.note("standby", streams ? "streams again" : "does not stream again yet: look into its log");
    }

    /** The old primary takes writes whatever becomes of the mark: that it stays is no reason to call an operator. */
    private void removeMarkIfSet(StepContext context) {
        if (!operation.mark().isSet()) {
            return;
        }
        try {
            Promote.removeMark(operation, operation.connector().probeDeadline(context.deadline()));
        } catch (BackendException e) {
            context.leftBehind(operation.target().id(), operation.mark().howToRemove());
        }
    }

    /** One look is not enough: a stop that was requested an instant ago may not have been heeded yet. */
    private boolean isWritableForGood(Deadline deadline) {
        if (!isWritable(deadline)) {
            return false;
        }
        Waiting.sleep(BETWEEN_LOOKS);
        return isWritable(deadline);
    }

    /** Also where a crowd of clients takes every session the moment it is up. */
    private boolean isWritable(Deadline deadline) {
        return observer.takesWrites(
                operation.oldPrimary(), operation.connector().probeDeadline(deadline));
    }

    /** It takes writes as it is; only its next start would not. */
    private void removeSignal(StepContext context) {
        StandbySignal signal = operation.standbySignal();
        try {
            signal.removeOurs();
        } catch (BackendException e) {
            context.leftBehind(operation.oldPrimary().id(), signal.howToRemove());
        }
    }

    private void bringUp(Deadline deadline) {
        NodeConfig old = operation.oldPrimary();
        Deadline grace = deadline.orAfter(GRACE);
        boolean started = false;
        boolean forced = false;
        while (!isWritable(deadline)) {
            if (!old.control().isRunning()) {
                old.control().start();
                started = true;
            } else if (!started && !forced && mayForce(grace.isExpired())) {
                // Everything is on disk, or will be recovered from the log; the archiver goes on after the start.
                old.control().requestStop(StopMode.IMMEDIATE);
                forced = true;
            }
            if (deadline.isExpired()) {
                throw new BackendException("%s %s takes no writes yet: %s"
                        .formatted(
                                old,
                                started ? "was started again but" : "runs but",
                                observer.reply(old, operation.connector().probeDeadline(deadline))
                                        .silence()));
            }
            Waiting.sleep(Waiting.COARSE);
        }
    }

    /**
     * Only a server that is on its way down, or that a supervisor started while the signal was there, and not one that merely
     * does not answer.
     */
    private boolean mayForce(boolean graceIsOver) {
        PgControl now = PgControl.read(operation.oldPrimary().control());
        boolean onlyArchiving = now.isShutDown() && operation.fence().isPresent();
        return onlyArchiving || now.isStandby() || (graceIsOver && (now.isShutDown() || operation.isStopRequested()));
    }
}
