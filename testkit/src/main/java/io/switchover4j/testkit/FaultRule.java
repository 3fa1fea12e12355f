package io.switchover4j.testkit;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** What a proxy looks for, and what it does then. Thread-safe. */
final class FaultRule {

    static final int ALWAYS = 0;

    enum Phase {
        BEFORE_SENT("before it is sent"),
        AFTER_SENT("after it was sent"),
        AFTER_APPLIED("after it was applied"),
        AFTER_ROWS("in the middle of its rows");

        private final String words;

        Phase(String words) {
            this.words = words;
        }
    }

    enum Ending {
        CUT,
        RESET,
        HOLD,
        FREEZE,
        DELAY,
        PROCEED
    }

    /** Where in the life of a message; {@code rows} only in the middle of its rows. */
    record Point(Phase phase, int rows) {

        @Override
        public String toString() {
            return phase.words;
        }
    }

    /** What happens there; {@code delay} only for DELAY. */
    record Effect(Ending ending, Duration delay, Optional<FaultAction> action, Duration actionTimeout) {}

    private final MessageMatcher matcher;
    private final Predicate<ProxiedConnection> connections;
    private final int nth;
    private final Point point;
    private final Effect effect;
    private final Fault fault;
    private final Runnable disarm;
    private final AtomicInteger matches = new AtomicInteger();

    FaultRule(
            MessageMatcher matcher,
            Predicate<ProxiedConnection> connections,
            int nth,
            Point point,
            Effect effect,
            FaultProxy proxy) {
        this.matcher = matcher;
        this.connections = connections;
        this.nth = nth;
        this.point = point;
        this.effect = effect;
        this.disarm = () -> proxy.disarm(this);
        boolean holds = effect.ending() == Ending.HOLD || effect.ending() == Ending.FREEZE;
        this.fault =
                holds ? new Hold(toString(), proxy::summary, disarm) : new Fault(toString(), proxy::summary, disarm);
    }

    /** What the message sets off, if anything. Counts it. */
    Optional<Strike> strike(ProxiedConnection connection, ClientMessage message) {
        try {
            if (!connections.test(connection) || !matcher.matches(message)) {
                return Optional.empty();
            }
        } catch (RuntimeException e) {
            fault.failed(e);
            disarm.run();
            return Optional.empty();
        }
        int match = matches.incrementAndGet();
        if (nth != ALWAYS && match != nth) {
            return Optional.empty();
        }
        if (match == nth) {
            disarm.run();
        }
        Strike strike = new Strike(this, connection, message);
        boolean applies = !(fault instanceof Hold hold) || hold.add(strike);
        return applies ? Optional.of(strike) : Optional.empty();
    }

    boolean isOfWholeRequest() {
        return matcher.isWholeRequest();
    }

    Point point() {
        return point;
    }

    Effect effect() {
        return effect;
    }

    Fault fault() {
        return fault;
    }

    @Override
    public String toString() {
        return "%s of %s %s".formatted(effect.ending(), messages(matcher, nth), point);
    }

    static String messages(MessageMatcher matcher, int nth) {
        return "%s %s".formatted(nth == ALWAYS ? "each" : "no. " + nth, matcher);
    }
}
