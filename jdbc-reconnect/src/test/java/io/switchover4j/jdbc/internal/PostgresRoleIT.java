package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the question for the role finds out as an ordinary user. */
@SuppressWarnings("NullAway.Init")
class PostgresRoleIT {

    private static PostgresPair pair;

    private final PostgresDialect dialect = new PostgresDialect();

    @BeforeAll
    static void start() {
        pair = PostgresPair.start();
    }

    @AfterAll
    static void stop() {
        pair.close();
    }

    private RoleAnswer ask(PostgresNode node) throws SQLException {
        try (Connection connection = node.dataSource(pair.application()).getConnection()) {
            RoleAnswer first = dialect.askRole(connection);
            assertThat(dialect.askRole(connection)).isEqualTo(first);
            assertThat(connection.getAutoCommit()).isTrue();
            return first;
        }
    }

    private static void asSuperuser(PostgresNode node, String sql) throws SQLException {
        try (Connection connection = node.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Test
    void productIsRecognized() throws SQLException {
        try (Connection connection = pair.primary().connect()) {
            assertThat(Dialects.of(connection)).isInstanceOf(PostgresDialect.class);
        }
    }

    @Test
    void primaryIsWritableAndSaysItsTimeline() throws SQLException {
        RoleAnswer answer = ask(pair.primary());

        assertThat(answer.writable()).isTrue();
        assertThat(answer.history()).isEqualTo(pair.primary().timeline());
        assertThat(answer.lineage()).isNotEmpty();
    }

    @Test
    void standbyIsNotWritableAndBelongsToTheSameDatabase() throws SQLException {
        RoleAnswer primary = ask(pair.primary());
        RoleAnswer standby = ask(pair.standby());

        assertThat(standby.writable()).isFalse();
        assertThat(standby.history()).isZero();
        assertThat(standby.lineage()).isEqualTo(primary.lineage());
        assertThat(standby.server()).isNotEqualTo(primary.server());
    }

    @Test
    void aDefaultOfSerializableDoesNotHideTheStandby() throws SQLException {
        asSuperuser(pair.primary(), "ALTER ROLE app SET default_transaction_isolation = 'serializable'");
        try {
            pair.awaitStreaming();
            awaitSetting(pair.standby(), "default_transaction_isolation", "serializable");

            assertThat(ask(pair.standby()).writable()).isFalse();
            assertThat(ask(pair.primary()).writable()).isTrue();
        } finally {
            asSuperuser(pair.primary(), "ALTER ROLE app RESET default_transaction_isolation");
        }
    }

    private static void awaitSetting(PostgresNode node, String name, String value) throws SQLException {
        long until = System.nanoTime() + 10_000_000_000L;
        while (true) {
            try (Connection connection = node.dataSource(pair.application()).getConnection();
                    Statement statement = connection.createStatement();
                    var row = statement.executeQuery("SHOW " + name)) {
                if (row.next() && row.getString(1).equals(value)) {
                    return;
                }
            }
            assertThat(System.nanoTime())
                    .as("%s did not become %s", name, value)
                    .isLessThan(until);
        }
    }

    @Test
    void aReadOnlyRoleIsTheApplicationsBusinessAndAReadOnlyServerIsAFence() throws SQLException {
        PostgresNode primary = pair.primary();
        asSuperuser(primary, "ALTER ROLE app SET default_transaction_read_only = on");
        try {
            assertThat(ask(primary).writable()).isTrue();
        } finally {
            asSuperuser(primary, "ALTER ROLE app RESET default_transaction_read_only");
        }
        asSuperuser(primary, "ALTER SYSTEM SET default_transaction_read_only = on");
        asSuperuser(primary, "SELECT pg_reload_conf()");
        try {
            awaitSetting(primary, "default_transaction_read_only", "on");
            assertThat(ask(primary).writable()).isFalse();
        } finally {
            try (Connection connection = primary.connect();
                    Statement statement = connection.createStatement()) {
                statement.execute("SET default_transaction_read_only = off");
                statement.execute("ALTER SYSTEM RESET default_transaction_read_only");
                statement.execute("SELECT pg_reload_conf()");
            }
            awaitSetting(primary, "default_transaction_read_only", "off");
        }
    }

    @Test
    void withoutTheControlFunctionsTheRoleIsStillKnown() throws SQLException {
        asSuperuser(pair.primary(), "SELECT 1");
        String database = PostgresPair.APPLICATION_DATABASE;
        try (Connection connection =
                        pair.primary().dataSource(pair.superuser(), database).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC");
            try {
                RoleAnswer answer = ask(pair.primary());

                assertThat(answer.writable()).isTrue();
                assertThat(answer.lineage()).isEmpty();
            } finally {
                statement.execute("GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC");
            }
        }
    }

    @Test
    void aRestartedServerIsAnotherServer() throws SQLException {
        RoleAnswer before = ask(pair.standby());
        PostgresNode standby = pair.standby();
        standby.stop();
        standby.start();

        assertThat(ask(standby).server()).isNotEqualTo(before.server());
    }
}
