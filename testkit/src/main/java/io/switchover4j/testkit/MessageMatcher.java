package io.switchover4j.testkit;

import static java.util.Objects.requireNonNull;

import java.util.Locale;
import java.util.function.Predicate;

/**
 * Which client messages a {@link FaultProxy} looks for, and what counts as one of them: the message alone, or the whole
 * request that it is part of. Immutable.
 *
 * <p>In PostgreSQL's extended protocol a request is a series of messages up to SYNC, and outside a transaction block the
 * server commits at SYNC. So what is said of a statement ({@link #query}, {@link #sql}, {@link #COMMIT}) is said of its
 * request: it is sent once SYNC has been sent, too, and held once SYNC is there.
 */
public final class MessageMatcher {

    /** COMMIT or END, in the simple or the extended protocol, also in a text of several statements. */
    public static final MessageMatcher COMMIT =
            new MessageMatcher("COMMIT", true, message -> message.executes() && message.commits());

    private final String name;
    private final boolean wholeRequest;
    private final Predicate<ClientMessage> predicate;

    private MessageMatcher(String name, boolean wholeRequest, Predicate<ClientMessage> predicate) {
        this.name = name;
        this.wholeRequest = wholeRequest;
        this.predicate = predicate;
    }

    /** The execution of a text that contains {@code fragment}, in upper or lower case; simple and extended protocol. */
    public static MessageMatcher query(String fragment) {
        String wanted = fragment.toLowerCase(Locale.ROOT);
        return new MessageMatcher(
                "query '" + fragment + "'",
                true,
                message -> message.executes()
                        && message.sql().toLowerCase(Locale.ROOT).contains(wanted));
    }

    /** The execution of a text that {@code predicate} accepts; simple and extended protocol. */
    public static MessageMatcher sql(Predicate<String> predicate) {
        requireNonNull(predicate, "predicate");
        return new MessageMatcher(
                "SQL of a predicate", true, message -> message.executes() && predicate.test(message.sql()));
    }

    /** Single messages of this kind. */
    public static MessageMatcher message(MessageKind kind) {
        requireNonNull(kind, "kind");
        return new MessageMatcher(kind.toString(), false, message -> message.kind() == kind);
    }

    /** Those of this matcher that {@code further} accepts, too. Predicates are called by the proxy's threads. */
    public MessageMatcher and(Predicate<ClientMessage> further) {
        return new MessageMatcher(name + " with a further condition", wholeRequest, predicate.and(further));
    }

    boolean matches(ClientMessage message) {
        return predicate.test(message);
    }

    boolean isWholeRequest() {
        return wholeRequest;
    }

    @Override
    public String toString() {
        return name;
    }
}
