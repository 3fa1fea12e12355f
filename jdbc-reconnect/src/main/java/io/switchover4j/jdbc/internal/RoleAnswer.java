package io.switchover4j.jdbc.internal;

/**
 * What a node said when it was asked what it is. Immutable.
 *
 * @param writable whether it says it is primary
 * @param history the number of its history, where the database has one (PostgreSQL: the timeline); 0 if not
 * @param server identifies the server process, so that a moved endpoint is seen
 * @param lineage identifies the database whose histories can be compared (PostgreSQL: the system identifier); empty if unknown
 */
record RoleAnswer(boolean writable, long history, String server, String lineage) {

    /** For a database that does not say whose history it is. */
    RoleAnswer(boolean writable, long history, String server) {
        this(writable, history, server, "");
    }

    String describe() {
        String role = writable ? "writable" : "a standby";
        return history == 0 ? role : "%s on history %d".formatted(role, history);
    }
}
