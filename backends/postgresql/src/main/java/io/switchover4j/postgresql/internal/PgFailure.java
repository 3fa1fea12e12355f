package io.switchover4j.postgresql.internal;

import io.switchover4j.spi.BackendException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.Optional;
import org.postgresql.util.PSQLException;

/** A server refused something, or could not be asked. */
final class PgFailure extends BackendException {

    private static final long serialVersionUID = 1L;

    private static final String OBJECT_NOT_IN_PREREQUISITE_STATE = "55000";

    /** What the driver says where it cannot do the authentication that a server asks for. */
    private static final String CONNECTION_REJECTED = "08004";

    private final String state;
    private final String reason;
    private final boolean refusal;

    private PgFailure(String message, String state, String reason, boolean refusal, Throwable cause) {
        super(message, cause);
        this.state = state;
        this.reason = reason;
        this.refusal = refusal;
    }

    static PgFailure connecting(NodeConfig node, SQLException e) {
        PgFailure failure = of("connect", node, e);
        return new PgFailure(
                "Could not connect to %s: %s".formatted(node, failure.reason),
                failure.state,
                failure.reason,
                failure.refusal,
                e);
    }

    static PgFailure of(String what, NodeConfig node, SQLException e) {
        String state = Optional.ofNullable(e.getSQLState()).orElse("");
        String reason = reason(e, state);
        return new PgFailure(
                "Could not %s on %s: %s".formatted(what, node, reason), state, reason, isRefusal(e, state), e);
    }

    /** Why, in a few words, without the node. */
    String reason() {
        return reason;
    }

    /** {@link #reason}, and what to do where the cause is our own configuration and not the node. */
    String reasonAndRemedy() {
        String remedy = isAuthentication()
                ? "; correct credentials(...) of the backend, or pg_hba.conf"
                : switch (state) {
                    case "53300" -> "; end connections, or raise the limit";
                    case "3D000" -> "; correct database(...) of the backend";
                    default -> "";
                };
        return reason + remedy;
    }

    /**
     * Whether the server lives and does not want us: it answered with an error of its own. Whoever is let in may be served
     * meanwhile. One that is starting, recovering or stopping serves nobody new, and is not meant.
     */
    boolean isRefusal() {
        return refusal;
    }

    private static boolean isRefusal(SQLException e, String state) {
        boolean answered = e instanceof PSQLException answer && answer.getServerErrorMessage() != null;
        return state.startsWith("28")
                || state.equals(CONNECTION_REJECTED)
                || (answered && !state.startsWith("57P0") && !state.startsWith("08"));
    }

    boolean isConnectionLost() {
        return state.startsWith("08") || state.startsWith("57P");
    }

    /** The password or the user is wrong, or pg_hba.conf does not let us in. */
    boolean isAuthentication() {
        return state.startsWith("28");
    }

    boolean isWrongPassword() {
        return state.equals("28P01");
    }

    /** What a server answers to a question about recovery once it leaves recovery. */
    boolean isWrongState() {
        return state.equals(OBJECT_NOT_IN_PREREQUISITE_STATE);
    }

    private static String reason(SQLException e, String state) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SocketTimeoutException) {
                return "it did not answer in time";
            }
            if (cause instanceof UnknownHostException) {
                return "its host name cannot be resolved";
            }
            if (cause instanceof ConnectException) {
                return "connection refused";
            }
        }
        return switch (state) {
            case "28P01", "28000" -> "authentication failed: " + firstLine(e);
            case "57P03" -> "not accepting connections: " + firstLine(e);
            case "53300" -> "no connection left: " + firstLine(e);
            case "08001", "08006", "08003", "57P01" -> "connection lost: " + firstLine(e);
            default -> firstLine(e) + " (SQLState " + state + ")";
        };
    }

    private static String firstLine(SQLException e) {
        return Optional.ofNullable(e.getMessage())
                .orElse("no message")
                .lines()
                .findFirst()
                .orElse("no message");
    }
}
