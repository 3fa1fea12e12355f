package io.switchover4j.testkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** One connection in PostgreSQL's protocol, version 3. */
final class PostgresDialogue implements WireProtocol.Dialogue {

    private static final int MAX_LENGTH = 1 << 30;
    private static final int MAX_STARTUP_LENGTH = 10_000;
    private static final int CANCEL_REQUEST = 80_877_102;
    private static final int SSL_REQUEST = 80_877_103;
    private static final int GSS_REQUEST = 80_877_104;
    private static final Statement UNKNOWN_STATEMENT = new Statement("", false);

    private record Statement(String sql, boolean commits) {}

    /** A client message that the server has yet to answer, or that tells which ones it will not. */
    private record Pending(long number, MessageKind kind) {

        /** Whether the server says READY after it. */
        boolean isLastOfRequest() {
            return switch (kind) {
                case STARTUP, QUERY, FUNCTION_CALL, SYNC -> true;
                default -> false;
            };
        }

        /** What ends the data of a COPY has no answer of its own. */
        boolean isEndOfCopy() {
            return kind == MessageKind.COPY_DONE || kind == MessageKind.COPY_FAIL;
        }
    }

    private final Deque<Pending> pending = new ArrayDeque<>();
    private final Map<String, Statement> statements = new HashMap<>();
    private final Map<String, Statement> portals = new HashMap<>();
    private boolean started;
    private boolean copying;
    private boolean skipsToSync;
    private long count;
    private long lastFlush;
    private long settled;
    private OptionalInt serverPid = OptionalInt.empty();

    @Override
    public int clientMessageLength(ByteBuffer bytes) throws IOException {
        if (started) {
            return typedLength(bytes);
        }
        return bytes.limit() < 4 ? UNKNOWN : checked(bytes.getInt(0), 8, MAX_STARTUP_LENGTH);
    }

    @Override
    public int serverMessageLength(ByteBuffer bytes) throws IOException {
        return typedLength(bytes);
    }

    private static int typedLength(ByteBuffer bytes) throws IOException {
        return bytes.limit() < 5 ? UNKNOWN : 1 + checked(bytes.getInt(1), 4, MAX_LENGTH);
    }

    private static int checked(int length, int min, int max) throws IOException {
        if (length < min || length > max) {
            throw new IOException("This is not PostgreSQL's protocol: a message says that it is %d bytes long"
                    .formatted(Integer.toUnsignedLong(length)));
        }
        return length;
    }

    @Override
    public ClientMessage fromClient(ByteBuffer message) throws IOException {
        count++;
        if (!started) {
            return beforeStartup(message);
        }
        return switch (message.get(0)) {
            case 'Q' -> query(message);
            case 'P' -> parse(message);
            case 'B' -> bind(message);
            case 'E' -> execute(message);
            case 'C' -> close(message);
            case 'D' -> request(MessageKind.DESCRIBE, UNKNOWN_STATEMENT, message);
            case 'S' -> sync(message);
            case 'H' -> flush(message);
            case 'F' -> request(MessageKind.FUNCTION_CALL, UNKNOWN_STATEMENT, message);
            case 'c' -> endOfCopy(MessageKind.COPY_DONE, message);
            case 'f' -> endOfCopy(MessageKind.COPY_FAIL, message);
            case 'd' -> client(MessageKind.COPY_DATA, UNKNOWN_STATEMENT, message);
            case 'p' -> client(MessageKind.PASSWORD, UNKNOWN_STATEMENT, message);
            case 'X' -> client(MessageKind.TERMINATE, UNKNOWN_STATEMENT, message);
            default -> client(MessageKind.OTHER, UNKNOWN_STATEMENT, message);
        };
    }

    private ClientMessage beforeStartup(ByteBuffer message) {
        return switch (message.getInt(4)) {
            case SSL_REQUEST -> client(MessageKind.TLS_REQUEST, UNKNOWN_STATEMENT, message);
            case GSS_REQUEST -> client(MessageKind.GSS_REQUEST, UNKNOWN_STATEMENT, message);
            case CANCEL_REQUEST -> client(MessageKind.CANCEL_REQUEST, UNKNOWN_STATEMENT, message);
            default -> {
                started = true;
                yield request(MessageKind.STARTUP, UNKNOWN_STATEMENT, message);
            }
        };
    }

    @Override
    public Optional<byte[]> refusal(ClientMessage message) {
        return message.kind() == MessageKind.TLS_REQUEST || message.kind() == MessageKind.GSS_REQUEST
                ? Optional.of(new byte[] {'N'})
                : Optional.empty();
    }

    private ClientMessage query(ByteBuffer message) throws IOException {
        return request(MessageKind.QUERY, statement(text(message, 5)), message);
    }

    private ClientMessage parse(ByteBuffer message) throws IOException {
        int sqlAt = afterText(message, 5);
        Statement statement = statement(text(message, sqlAt));
        statements.put(text(message, 5), statement);
        return request(MessageKind.PARSE, statement, message);
    }

    private ClientMessage bind(ByteBuffer message) throws IOException {
        Statement statement = statements.getOrDefault(text(message, afterText(message, 5)), UNKNOWN_STATEMENT);
        portals.put(text(message, 5), statement);
        return request(MessageKind.BIND, statement, message);
    }

    private ClientMessage execute(ByteBuffer message) throws IOException {
        return request(MessageKind.EXECUTE, portals.getOrDefault(text(message, 5), UNKNOWN_STATEMENT), message);
    }

    private ClientMessage close(ByteBuffer message) throws IOException {
        String name = text(message, 6);
        Statement closed = (message.get(5) == 'S' ? statements : portals).remove(name);
        return request(MessageKind.CLOSE, closed == null ? UNKNOWN_STATEMENT : closed, message);
    }

    private ClientMessage sync(ByteBuffer message) {
        if (copying) {
            // The server overlooks it until the data have ended.
            return client(MessageKind.SYNC, UNKNOWN_STATEMENT, message);
        }
        return request(MessageKind.SYNC, UNKNOWN_STATEMENT, message);
    }

    private ClientMessage flush(ByteBuffer message) {
        lastFlush = count;
        return client(MessageKind.FLUSH, UNKNOWN_STATEMENT, message);
    }

    private ClientMessage endOfCopy(MessageKind kind, ByteBuffer message) {
        copying = false;
        return request(kind, UNKNOWN_STATEMENT, message);
    }

    private ClientMessage request(MessageKind kind, Statement statement, ByteBuffer message) {
        pending.add(new Pending(count, kind));
        return client(kind, statement, message);
    }

    private ClientMessage client(MessageKind kind, Statement statement, ByteBuffer message) {
        boolean endsRequest = switch (kind) {
            case PARSE, BIND, DESCRIBE, EXECUTE, CLOSE, COPY_DATA -> false;
            default -> true;
        };
        return new ClientMessage(count, kind, statement.sql(), statement.commits(), endsRequest, message.limit());
    }

    private static Statement statement(String sql) {
        return new Statement(sql, SqlText.commits(sql));
    }

    @Override
    public ServerMessage fromServer(ByteBuffer message) throws IOException {
        return switch (message.get(0)) {
            case 'D' -> server(MessageKind.DATA_ROW, message);
            case 'd' -> server(MessageKind.COPY_DATA, message);
            case '1' -> answered(MessageKind.PARSE_COMPLETE, "", MessageKind.PARSE, message);
            case '2' -> answered(MessageKind.BIND_COMPLETE, "", MessageKind.BIND, message);
            case '3' -> answered(MessageKind.CLOSE_COMPLETE, "", MessageKind.CLOSE, message);
            case 'T' -> answered(MessageKind.ROW_DESCRIPTION, "", MessageKind.DESCRIBE, message);
            case 'n' -> answered(MessageKind.NO_DATA, "", MessageKind.DESCRIBE, message);
            case 'C' -> answered(MessageKind.COMMAND_COMPLETE, text(message, 5), MessageKind.EXECUTE, message);
            case 's' -> answered(MessageKind.PORTAL_SUSPENDED, "", MessageKind.EXECUTE, message);
            case 'I' -> answered(MessageKind.EMPTY_QUERY, "", MessageKind.EXECUTE, message);
            case 't' -> server(MessageKind.PARAMETER_DESCRIPTION, message);
            case 'V' -> server(MessageKind.FUNCTION_RESULT, message);
            case 'H' -> server(MessageKind.COPY_OUT, message);
            case 'c' -> server(MessageKind.COPY_DONE, message);
            case 'G', 'W' -> copyIn(message);
            case 'E' -> error(message);
            case 'Z' -> ready(message);
            case 'N' -> server(MessageKind.NOTICE, sqlState(message), head(), message);
            case 'A' -> server(MessageKind.NOTIFICATION, "", 0, message);
            case 'S' -> server(MessageKind.PARAMETER_STATUS, "", 0, message);
            case 'R' -> server(MessageKind.AUTHENTICATION, message);
            case 'K' -> backendKey(message);
            default -> server(MessageKind.OTHER, message);
        };
    }

    private ServerMessage answered(MessageKind kind, String text, MessageKind of, ByteBuffer message) {
        long answerTo = head();
        Pending first = pending.peek();
        // To a QUERY the same messages come several times.
        if (first != null && first.kind() == of) {
            pending.poll();
            if (first.number() < lastFlush) {
                settled = first.number();
            }
        }
        return server(kind, text, answerTo, message);
    }

    private ServerMessage copyIn(ByteBuffer message) {
        long answerTo = head();
        Pending first = pending.peek();
        if (first != null && first.kind() == MessageKind.EXECUTE) {
            Deque<Pending> kept = new ArrayDeque<>();
            copying = true;
            for (Pending each : pending) {
                copying &= !each.isEndOfCopy();
                if (!copying || each.kind() != MessageKind.SYNC) {
                    kept.add(each);
                }
            }
            pending.clear();
            pending.addAll(kept);
        }
        return server(MessageKind.COPY_IN, "", answerTo, message);
    }

    private ServerMessage error(ByteBuffer message) throws IOException {
        copying = false;
        long answerTo = head();
        // What stands before the next SYNC is not executed any more; this is its answer, too.
        Pending first = pending.peek();
        if (first != null && !first.isLastOfRequest()) {
            skipsToSync = true;
            for (Pending each : pending) {
                if (each.kind() == MessageKind.SYNC) {
                    break;
                }
                answerTo = each.number();
            }
        }
        return server(MessageKind.ERROR, sqlState(message), answerTo, message);
    }

    private ServerMessage ready(ByteBuffer message) {
        long answerTo = 0;
        Pending first;
        while ((first = pending.poll()) != null) {
            answerTo = first.number();
            if (skipsToSync ? first.kind() == MessageKind.SYNC : first.isLastOfRequest()) {
                break;
            }
        }
        skipsToSync = false;
        while ((first = pending.peek()) != null && first.isEndOfCopy()) {
            answerTo = first.number();
            pending.poll();
        }
        settled = Math.max(settled, answerTo);
        char status = (char) message.get(5);
        if (status == 'I' && pending.isEmpty()) {
            portals.clear();
        }
        return server(MessageKind.READY, String.valueOf(status), answerTo, message);
    }

    private ServerMessage backendKey(ByteBuffer message) {
        serverPid = OptionalInt.of(message.getInt(5));
        return server(MessageKind.BACKEND_KEY, message);
    }

    private ServerMessage server(MessageKind kind, ByteBuffer message) {
        return server(kind, "", head(), message);
    }

    private ServerMessage server(MessageKind kind, String text, long answerTo, ByteBuffer message) {
        return new ServerMessage(kind, text, answerTo, settled, message.limit());
    }

    /** The client message that the server is answering, with the end of its data if it is a COPY. */
    private long head() {
        while (!pending.isEmpty() && pending.peek().isEndOfCopy()) {
            pending.poll();
        }
        long head = 0;
        for (Pending each : pending) {
            if (head != 0 && !each.isEndOfCopy()) {
                break;
            }
            head = each.number();
        }
        return head;
    }

    @Override
    public OptionalInt serverPid() {
        return serverPid;
    }

    private static String sqlState(ByteBuffer message) throws IOException {
        int at = 5;
        while (at < message.limit() && message.get(at) != 0) {
            if (message.get(at) == 'C') {
                return text(message, at + 1);
            }
            at = afterText(message, at + 1);
        }
        return "";
    }

    private static String text(ByteBuffer message, int from) throws IOException {
        byte[] bytes = new byte[afterText(message, from) - 1 - from];
        message.get(from, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static int afterText(ByteBuffer message, int from) throws IOException {
        for (int at = from; at < message.limit(); at++) {
            if (message.get(at) == 0) {
                return at + 1;
            }
        }
        throw new IOException("A message of PostgreSQL's protocol ends within a text");
    }
}
