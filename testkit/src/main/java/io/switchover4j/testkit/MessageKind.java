package io.switchover4j.testkit;

/** What a message on the wire is for; the words are PostgreSQL's, and another protocol names its own messages by them. */
public enum MessageKind {
    /** Asks for TLS; a {@link FaultProxy} refuses it. */
    TLS_REQUEST,
    /** Asks for GSSAPI encryption; a {@link FaultProxy} refuses it. */
    GSS_REQUEST,
    /** Asks, on a connection of its own, to cancel what another one executes. */
    CANCEL_REQUEST,
    STARTUP,
    /** A password or another step of proving who one is. Its content is never shown. */
    PASSWORD,
    /** The text of one or more statements, to be executed at once. */
    QUERY,
    PARSE,
    BIND,
    DESCRIBE,
    EXECUTE,
    CLOSE,
    /** Ends a request that consists of several messages; outside a transaction block, the server commits here. */
    SYNC,
    FLUSH,
    FUNCTION_CALL,
    TERMINATE,
    /** A portion of COPY, in either direction. */
    COPY_DATA,
    COPY_DONE,
    COPY_FAIL,

    AUTHENTICATION,
    PARAMETER_STATUS,
    BACKEND_KEY,
    PARSE_COMPLETE,
    BIND_COMPLETE,
    CLOSE_COMPLETE,
    PARAMETER_DESCRIPTION,
    ROW_DESCRIPTION,
    NO_DATA,
    DATA_ROW,
    COMMAND_COMPLETE,
    PORTAL_SUSPENDED,
    EMPTY_QUERY,
    FUNCTION_RESULT,
    ERROR,
    NOTICE,
    NOTIFICATION,
    /** The server waits for COPY_DATA. */
    COPY_IN,
    COPY_OUT,
    READY,

    /** Whatever else the protocol has. */
    OTHER
}
