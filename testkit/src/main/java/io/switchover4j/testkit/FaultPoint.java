package io.switchover4j.testkit;

import static java.util.Objects.requireNonNull;

import io.switchover4j.testkit.FaultRule.Effect;
import io.switchover4j.testkit.FaultRule.Ending;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/**
 * A point in the life of a message at which a fault can happen; what is chosen here is armed at once. Immutable.
 *
 * <p>In all cases the messages and answers before the point go their way, and none behind it.
 */
public final class FaultPoint {

    private static final Duration ACTION_TIMEOUT = Duration.ofSeconds(10);

    private final String words;
    private final Function<Effect, Fault> arm;
    private final Optional<FaultAction> action;
    private final Duration actionTimeout;

    FaultPoint(String words, Function<Effect, Fault> arm) {
        this(words, arm, Optional.empty(), ACTION_TIMEOUT);
    }

    private FaultPoint(
            String words, Function<Effect, Fault> arm, Optional<FaultAction> action, Duration actionTimeout) {
        this.words = words;
        this.arm = arm;
        this.action = action;
        this.actionTimeout = actionTimeout;
    }

    /** {@link #meanwhile(FaultAction, Duration)} with 10 s. */
    public FaultPoint meanwhile(FaultAction then) {
        return meanwhile(then, ACTION_TIMEOUT);
    }

    /**
     * Does this at the point, while the client still waits: the <em>lock thief</em>. Before it is called for a cut or a reset,
     * the server's side is ended, and the server is given up to 5 s to end the session, so that its locks are free. When
     * {@code timeout} is over it is interrupted, and the fault goes on; that, and what it throws, fails
     * {@link Fault#awaitReached}.
     */
    public FaultPoint meanwhile(FaultAction then, Duration timeout) {
        return new FaultPoint(
                words, arm, Optional.of(requireNonNull(then, "then")), requireNonNull(timeout, "timeout"));
    }

    /**
     * Ends the connection as a proxy or a server that goes away does. The server reads all that was sent before the point,
     * then the end; the client reads the end. A session that is busy ends when it has done what it was sent.
     */
    public Fault cut() {
        return arm(Ending.CUT, Duration.ZERO);
    }

    /**
     * Ends the connection as a machine does that knows nothing of it: both sides read "connection reset". The server may
     * never see what was sent last.
     */
    public Fault reset() {
        return arm(Ending.RESET, Duration.ZERO);
    }

    /**
     * Holds what comes at the point until {@link Hold#release()}: before it was sent, the message and all that the client
     * sends after it; later, the answer.
     */
    public Hold hold() {
        return (Hold) arm(Ending.HOLD, Duration.ZERO);
    }

    /** From the point on nothing passes in either direction until {@link Hold#release()}; the sockets stay open. */
    public Hold freeze() {
        return (Hold) arm(Ending.FREEZE, Duration.ZERO);
    }

    /** Holds what comes at the point for this long. */
    public Fault delay(Duration delay) {
        return arm(Ending.DELAY, requireNonNull(delay, "delay"));
    }

    /** Lets all go on once {@link #meanwhile} is over: for a fault that the test injects itself, into the server. */
    public Fault proceed() {
        return arm(Ending.PROCEED, Duration.ZERO);
    }

    private Fault arm(Ending ending, Duration delay) {
        return arm.apply(new Effect(ending, delay, action, actionTimeout));
    }

    @Override
    public String toString() {
        return words;
    }
}
