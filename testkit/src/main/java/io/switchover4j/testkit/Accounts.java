package io.switchover4j.testkit;

/** The users of a pair: who may do all, who streams, and the application's. Immutable. */
record Accounts(Credentials superuser, Credentials replication, Credentials application) {

    /** The same for every pair: its users are in the data that pairs begin with. */
    static final Accounts OF_EVERY_PAIR = new Accounts(
            new Credentials("postgres", "postgres-password"),
            new Credentials("replicator", "replicator-password"),
            new Credentials("app", "app-password"));

    /** What creates all but the superuser, one statement a line. */
    String sql() {
        return """
                CREATE ROLE %s LOGIN PASSWORD '%s'
                CREATE ROLE %s LOGIN REPLICATION PASSWORD '%s'
                CREATE DATABASE %s OWNER %s
                """.formatted(
                        application.user(),
                        application.password(),
                        replication.user(),
                        replication.password(),
                        PostgresPair.APPLICATION_DATABASE,
                        application.user());
    }
}
