package io.switchover4j.testkit;

import io.switchover4j.testkit.FaultRule.Ending;
import io.switchover4j.testkit.FaultRule.Phase;
import io.switchover4j.testkit.Outbox.Barrier;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A rule at work on one message. Thread-safe. */
final class Strike {

    private static final Duration SERVER_ENDS = Duration.ofSeconds(5);
    private static final Duration ACTION_ENDS = Duration.ofSeconds(1);

    private final FaultRule rule;
    private final ProxiedConnection connection;
    private final ClientMessage message;
    // Before it is sent: that its turn has come, and that all of the request is there.
    private final AtomicInteger awaited;
    private final AtomicBoolean decided = new AtomicBoolean();
    private volatile @Nullable Barrier barrier;
    private volatile boolean over;
    private int rowsToPass;

    Strike(FaultRule rule, ProxiedConnection connection, ClientMessage message) {
        this.rule = rule;
        this.connection = connection;
        this.message = message;
        this.awaited = new AtomicInteger(awaitsEndBeforeSent() ? 2 : 1);
        this.rowsToPass = rule.point().rows();
    }

    Phase phase() {
        return rule.point().phase();
    }

    private boolean awaitsEndBeforeSent() {
        Ending ending = rule.effect().ending();
        return phase() == Phase.BEFORE_SENT && ending != Ending.CUT && ending != Ending.RESET;
    }

    /** Whether this message is the last that belongs to what was struck. */
    boolean endsWith(ClientMessage read) {
        return !rule.isOfWholeRequest() || read.endsRequest();
    }

    /** What stops the way at the point; a new one each time. */
    Barrier newBarrier() {
        Barrier created = new Barrier(() -> {
            if (phase() == Phase.BEFORE_SENT) {
                onePartReached();
            } else if (phase() == Phase.AFTER_ROWS) {
                reached();
            }
        });
        barrier = created;
        if (over) {
            release();
        }
        return created;
    }

    boolean withholds() {
        return barrier != null;
    }

    /** Whether the client must not see this message of the server. Called once for each of them, by one thread. */
    boolean withholds(ServerMessage answer) {
        if (over || answer.answerTo() < message.number() || answer.kind() == MessageKind.COPY_IN) {
            return false;
        }
        return phase() != Phase.AFTER_ROWS || (answer.kind() == MessageKind.DATA_ROW && rowsToPass-- == 0);
    }

    /** The client must answer before the server goes on. */
    void letThroughCallForData() {
        Barrier passed = barrier;
        if (passed != null && phase() == Phase.AFTER_APPLIED && !decided.get()) {
            barrier = null;
            connection.open(Direction.TO_CLIENT, passed);
        }
    }

    boolean isSettledBy(ServerMessage answer) {
        return answer.settledThrough() >= message.number();
    }

    /** All of the message, or of its request, has been read from the client. */
    void read() {
        if (awaitsEndBeforeSent()) {
            onePartReached();
        }
    }

    private void onePartReached() {
        if (awaited.decrementAndGet() == 0) {
            reached();
        }
    }

    /** The server has gone; what did not happen by now will not. */
    void serverEnded() {
        if (decided.compareAndSet(false, true)) {
            release();
        }
    }

    void reached() {
        if (!decided.compareAndSet(false, true)) {
            return;
        }
        FaultHit hit = new FaultHit(connection, message, Instant.now());
        if (rule.effect().action().isEmpty()) {
            finish(hit);
        } else {
            connection.execute(() -> {
                act(hit);
                finish(hit);
            });
        }
    }

    private void finish(FaultHit hit) {
        rule.fault().begins(hit);
        switch (rule.effect().ending()) {
            case CUT -> connection.cut();
            case RESET -> connection.reset();
            case FREEZE -> {
                connection.freeze(this, Direction.values());
                if (over) {
                    release();
                }
            }
            case DELAY ->
                connection.execute(() -> {
                    connection.awaitClosed(rule.effect().delay());
                    release();
                });
            case PROCEED -> release();
            case HOLD -> {}
        }
        rule.fault().reached();
    }

    private void act(FaultHit hit) {
        Ending ending = rule.effect().ending();
        if (ending == Ending.CUT) {
            connection.endServerSide();
            connection.awaitServerEnded(SERVER_ENDS);
        } else if (ending == Ending.RESET) {
            connection.resetServerSide();
        }
        Duration timeout = rule.effect().actionTimeout();
        AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
        Thread actor = connection.launch("action", () -> {
            try {
                rule.effect().action().orElseThrow().run(hit);
            } catch (Exception | AssertionError e) {
                failure.set(e instanceof Exception exception ? exception : new FaultProxyException(e.toString(), e));
            }
        });
        try {
            actor.join(Math.max(1, timeout.toMillis()));
            if (actor.isAlive()) {
                actor.interrupt();
                actor.join(ACTION_ENDS.toMillis());
                failure.set(new TimeoutException("it did not end within %d ms%s"
                        .formatted(timeout.toMillis(), actor.isAlive() ? " and heeds no interrupt" : "")));
            }
        } catch (InterruptedException e) {
            // The proxy is being closed.
            actor.interrupt();
            Thread.currentThread().interrupt();
        }
        Exception failed = failure.get();
        if (failed != null) {
            rule.fault().failed(failed);
        }
    }

    /** Ends the hold; idempotent. */
    void release() {
        over = true;
        decided.set(true);
        Barrier held = barrier;
        if (held != null) {
            connection.open(phase() == Phase.BEFORE_SENT ? Direction.TO_SERVER : Direction.TO_CLIENT, held);
        }
        connection.thaw(this, Direction.values());
    }

    /** Cuts the connection with what is held. */
    void discard() {
        over = true;
        decided.set(true);
        connection.cut();
    }
}
