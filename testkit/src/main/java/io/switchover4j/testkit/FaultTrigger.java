package io.switchover4j.testkit;

import static java.util.Objects.requireNonNull;

import io.switchover4j.testkit.FaultRule.Phase;
import io.switchover4j.testkit.FaultRule.Point;
import java.util.OptionalInt;
import java.util.function.Predicate;

/** Which of the messages that match shall be struck, and when; nothing is armed yet. Immutable. */
public final class FaultTrigger {

    private final FaultProxy proxy;
    private final MessageMatcher matcher;
    private final Predicate<ProxiedConnection> connections;
    private final int nth;

    FaultTrigger(FaultProxy proxy, MessageMatcher matcher, Predicate<ProxiedConnection> connections, int nth) {
        this.proxy = proxy;
        this.matcher = matcher;
        this.connections = connections;
        this.nth = nth;
    }

    /** Only the {@code n}-th that matches from now on, 1 being the next one and the default; then it is over. */
    public FaultTrigger nth(int n) {
        if (n < 1) {
            throw new IllegalArgumentException("nth must be 1 or more, but is " + n);
        }
        return new FaultTrigger(proxy, matcher, connections, n);
    }

    /** Each one that matches, until {@link Fault#disarm()}. */
    public FaultTrigger always() {
        return new FaultTrigger(proxy, matcher, connections, FaultRule.ALWAYS);
    }

    /** Only on this connection; others are not counted. */
    public FaultTrigger on(ProxiedConnection connection) {
        requireNonNull(connection, "connection");
        return new FaultTrigger(proxy, matcher, each -> each == connection, nth);
    }

    /** Only on the connection to the server process of this id. */
    public FaultTrigger onServerPid(int pid) {
        OptionalInt wanted = OptionalInt.of(pid);
        return new FaultTrigger(proxy, matcher, each -> each.serverPid().equals(wanted), nth);
    }

    /** The server never gets the message, nor any after it. */
    public FaultPoint beforeSent() {
        return at(new Point(Phase.BEFORE_SENT, 0));
    }

    /**
     * The server gets the whole message (for a statement: the whole request), and the client sees nothing of the answer. A
     * server that lives executes it, unless the connection is {@link FaultPoint#reset()}.
     */
    public FaultPoint afterSent() {
        return at(new Point(Phase.AFTER_SENT, 0));
    }

    /**
     * The server's answer has come, up to its word that it is ready for the next request, and the client sees nothing of
     * it: what the message does is done, unless the answer is an error. The server's call for the data of a COPY is let
     * through. If the server ends the connection instead, nothing happens here and the client sees what there is.
     */
    public FaultPoint afterApplied() {
        return at(new Point(Phase.AFTER_APPLIED, 0));
    }

    /** The client gets this many rows of the answer and no more. Nothing happens if there are not more. */
    public FaultPoint afterRows(int rows) {
        if (rows < 0) {
            throw new IllegalArgumentException("rows must be 0 or more, but is " + rows);
        }
        return at(new Point(Phase.AFTER_ROWS, rows));
    }

    private FaultPoint at(Point point) {
        return new FaultPoint(
                "%s %s".formatted(this, point),
                effect -> proxy.arm(new FaultRule(matcher, connections, nth, point, effect, proxy)));
    }

    @Override
    public String toString() {
        return FaultRule.messages(matcher, nth);
    }
}
