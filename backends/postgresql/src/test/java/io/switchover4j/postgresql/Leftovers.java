package io.switchover4j.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/** What a switchover must not leave behind. */
final class Leftovers {

    private Leftovers() {}

    /** A healthy pair with neither slots, sessions, locks nor changed settings of ours. */
    static void assertNone(PostgresPair pair) throws Exception {
        for (PostgresNode node : pair.nodes()) {
            try (Connection connection = node.connect()) {
                assertNone(node, connection);
            }
        }
        assertThat(ProcessHandle.current()
                        .children()
                        .flatMap(child -> child.info().command().stream())
                        .filter(command -> command.endsWith("sh")))
                .as("shells")
                .isEmpty();
    }

    private static void assertNone(PostgresNode node, Connection connection) throws Exception {
        assertThat(Sql.list(connection, "SELECT slot_name FROM pg_replication_slots WHERE slot_name LIKE 's4j%'"))
                .as("slots on %s", node)
                .isEmpty();
        assertThat(Sql.list(
                        connection,
                        "SELECT name FROM pg_file_settings WHERE sourcefile LIKE '%auto.conf'"
                                + " AND name IN ('wal_retrieve_retry_interval', 'synchronous_standby_names')"))
                .as("settings on %s", node)
                .isEmpty();
        assertThat(Files.exists(node.dataDirectory().resolve("standby.signal")))
                .as("standby.signal of %s", node)
                .isEqualTo(node.isInRecovery());
        // A server notices the end of a session an instant later.
        await(() -> sessions(connection).isEmpty(), () -> "sessions on %s: %s".formatted(node, sessions(connection)));
        assertThat(Sql.list(connection, "SELECT pid::text FROM pg_locks WHERE locktype = 'advisory'"))
                .as("locks on %s", node)
                .isEmpty();
    }

    private static List<String> sessions(Connection connection) throws SQLException {
        return Sql.list(
                connection,
                "SELECT application_name FROM pg_stat_activity WHERE backend_type = 'client backend'"
                        + " AND (application_name LIKE 's4j%' OR application_name LIKE 'switchover4j%')");
    }

    interface Condition {
        boolean holds() throws Exception;
    }

    interface Message {
        String text() throws Exception;
    }

    static void await(Condition condition, Message message) throws Exception {
        await(Duration.ofSeconds(15), condition, message);
    }

    static void await(Duration atMost, Condition condition, Message message) throws Exception {
        long giveUpAt = System.nanoTime() + atMost.toNanos();
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as(message.text()).isLessThan(giveUpAt);
            Thread.sleep(5);
        }
    }
}
