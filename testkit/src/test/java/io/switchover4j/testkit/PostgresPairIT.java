package io.switchover4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class PostgresPairIT {

    private static PostgresPair pair;

    @BeforeAll
    static void startPair() {
        pair = PostgresPair.start();
    }

    @AfterAll
    static void closePair() {
        pair.close();
    }

    /** Each test may leave any node down, and either as the primary. */
    @BeforeEach
    void bringBothUp() {
        pair.nodes().forEach(PostgresNode::start);
        pair.awaitStreaming();
    }

    @Test
    void writesOfThePrimaryReachTheStandby() throws SQLException {
        execute(pair.primary(), "CREATE TABLE IF NOT EXISTS seen (id INT)", "INSERT INTO seen VALUES (1)");

        pair.awaitStreaming();

        assertThat(query(pair.standby(), "SELECT count(*) FROM seen")).isNotEqualTo("0");
        assertThat(pair.primary()).isNotSameAs(pair.standby());
        assertThat(pair.primary().isWritable()).isTrue();
        assertThat(pair.standby().isWritable()).isFalse();
        assertThat(pair.standby().isInRecovery()).isTrue();
    }

    @Test
    void sessionsAreNotInUtcAndTheServersKeepTheirDefaults() throws SQLException {
        assertThat(query(pair.primary(), "SHOW timezone")).isEqualTo("Asia/Kolkata");
        assertThat(query(pair.primary(), "SHOW fsync")).isEqualTo("on");
        assertThat(query(pair.primary(), "SHOW wal_retrieve_retry_interval")).isEqualTo("5s");
        assertThat(query(pair.primary(), "SHOW synchronous_standby_names")).isEmpty();
    }

    @Test
    void applicationUserIsNoSuperuserAndAWrongPasswordIsRefused() throws SQLException {
        assertThat(query(pair.primary(), "SELECT usesuper::text FROM pg_user WHERE usename = current_user"))
                .isEqualTo("false");

        DataSource wrong = pair.primary().dataSource(pair.application().withPassword("guess"));

        assertThatThrownBy(wrong::getConnection)
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28P01"));
        assertThat(wrong.toString()).doesNotContain("guess");
        assertThat(pair.application().toString()).isEqualTo("user 'app'");
    }

    @Test
    void crashKillsEveryProcessAndTheServerRecoversWhatItAcknowledged() throws SQLException {
        PostgresNode primary = pair.primary();
        execute(primary, "CREATE TABLE IF NOT EXISTS kept (id INT)", "DELETE FROM kept", "INSERT INTO kept VALUES (7)");
        List<Long> processes = Processes.below(primary.dataDirectory());
        assertThat(processes).contains(primary.pid()).hasSizeGreaterThan(4);

        primary.crash();

        assertThat(processes).noneMatch(Processes::isAlive);
        assertThat(primary.isRunning()).isFalse();
        assertThat(primary.isWritable()).isFalse();
        assertThatThrownBy(primary::pid)
                .isInstanceOf(PairException.class)
                .hasMessageStartingWith("No server runs as node '" + primary.id() + "' at 127.0.0.1:");
        assertThatThrownBy(pair::primary)
                .hasMessageStartingWith("No node of the pair takes writes: node 'a' at ")
                .hasMessageContaining("does not run")
                .hasMessageContaining("is a standby");

        primary.start();

        assertThat(query(primary, "SELECT id FROM kept")).isEqualTo("7");
    }

    /** As that of a server whose parent died before it, until init has looked. */
    @Test
    void aStartWaitsUntilTheProcessOfTheKilledServerIsCollected() throws Exception {
        PostgresNode primary = pair.primary();
        primary.crash();
        Process parent = new ProcessBuilder("sh", "-c", "sleep 0.1 & echo $!; exec sleep 0.6").start();
        try (BufferedReader said = parent.inputReader()) {
            Path file = primary.dataDirectory().resolve("postmaster.pid");
            List<String> lines = new ArrayList<>(Files.readAllLines(file));
            lines.set(0, said.readLine());
            Files.write(file, lines);

            primary.start();

            assertThat(primary.isWritable()).isTrue();
        } finally {
            parent.destroyForcibly();
        }
    }

    @Test
    void frozenNodeIsSilentAndAThawedOneGoesOnWithItsConnections() throws Exception {
        PostgresNode primary = pair.primary();
        try (Connection connection = primary.dataSource(pair.application()).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT 1");

            primary.freeze();

            assertThat(primary.isFrozen()).isTrue();
            assertThat(primary.isRunning()).isTrue();
            assertThat(Processes.below(primary.dataDirectory())).allMatch(Processes::isStopped);
            assertThat(primary.isWritable()).isFalse();
            DataSource impatient = primary.dataSource(pair.application());
            impatient.setLoginTimeout(1);
            try (Connection another = impatient.getConnection()) {
                throw new AssertionError("A frozen server let us in: " + another);
            } catch (SQLException e) {
                assertThat(e.getSQLState()).startsWith("08");
            }

            primary.thaw();

            assertThat(primary.isFrozen()).isFalse();
            assertThat(statement.execute("SELECT 2")).isTrue();
            assertThat(primary.isWritable()).isTrue();
        }
    }

    @Test
    void stopEndsAFrozenNodeAsWell() {
        PostgresNode standby = pair.standby();
        standby.freeze();

        standby.stop();
        standby.stop();

        assertThat(standby.isRunning()).isFalse();
    }

    @Test
    void formerPrimaryIsReseededFromThePromotedStandby() throws SQLException {
        PostgresNode old = pair.primary();
        PostgresNode promoted = pair.standby();
        int timeline = old.timeline();
        old.crash();
        promote(promoted);
        assertThat(promoted.timeline()).isEqualTo(timeline + 1);
        execute(promoted, "CREATE TABLE IF NOT EXISTS after_switch (id INT)", "INSERT INTO after_switch VALUES (1)");

        old.reseedFrom(promoted);
        pair.awaitStreaming();

        assertThat(pair.primary()).isSameAs(promoted);
        assertThat(pair.standby()).isSameAs(old);
        assertThat(old.timeline()).isEqualTo(timeline + 1);
        assertThat(query(old, "SELECT count(*) FROM after_switch")).isNotEqualTo("0");
    }

    @Test
    void ofTwoWritableNodesTheOneOnTheNewerTimelineIsThePrimary() throws SQLException {
        PostgresNode old = pair.primary();
        PostgresNode promoted = pair.standby();

        promote(promoted);

        assertThat(old.isWritable()).isTrue();
        assertThat(pair.primary()).isSameAs(promoted);
        assertThatThrownBy(pair::standby).hasMessageStartingWith("The pair has 0 standbys: ");
        old.reseedFrom(promoted);
    }

    @Test
    void reseedingFromWhatIsNoPrimaryChangesNothing() {
        PostgresNode primary = pair.primary();
        PostgresNode standby = pair.standby();

        assertThatThrownBy(() -> primary.reseedFrom(standby))
                .isInstanceOf(PairException.class)
                .hasMessageContaining("is not a primary that answers; nothing was changed");

        assertThat(primary.isWritable()).isTrue();
    }

    @Test
    void startSaysWhenAnotherProcessHasItsPort() throws Exception {
        PostgresNode standby = pair.standby();
        standby.stop();

        try (ServerSocket ignored = new ServerSocket(standby.port(), 1, Loopback.ADDRESS)) {
            assertThatThrownBy(standby::start)
                    .isInstanceOf(PairException.class)
                    .hasMessageContaining("could not start: another process listens there. The end of its log:")
                    .hasMessageContaining("Address already in use");
        }
    }

    @Test
    void startQuotesTheServersLogWhenItsConfigurationIsWrong() {
        assertThatThrownBy(() -> PostgresPair.builder()
                        .setting("shared_buffers", "nonsense")
                        .start())
                .isInstanceOf(PairException.class)
                .hasMessageContaining("ended with exit code 1 while it started. The end of its log:")
                .hasMessageContaining("invalid value for parameter \"shared_buffers\": \"nonsense\"");
    }

    @Test
    void awaitStreamingSaysWhoDoesNotStream() {
        PostgresNode standby = pair.standby();
        standby.stop();

        assertThatThrownBy(() -> pair.awaitStreaming(Duration.ofMillis(50)))
                .isInstanceOf(PairException.class)
                .hasMessageStartingWith("No standby streams from node '")
                .hasMessageContaining("after 50 ms")
                .hasMessageContaining(standby + " does not run");
    }

    @Test
    void interruptEndsAWaitAndTheFlagIsKept() {
        pair.standby().stop();
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> pair.awaitStreaming())
                .isInstanceOf(PairException.class)
                .hasMessageStartingWith("Interrupted while waiting until the standby streams from node '");

        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void unknownNodeIsNamed() {
        assertThatThrownBy(() -> pair.node("c"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("The pair has no node 'c', only 'a' and 'b'");
    }

    static void promote(PostgresNode node) throws SQLException {
        try (Connection connection = node.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_promote(true)");
        }
    }

    private static void execute(PostgresNode node, String... statements) throws SQLException {
        try (Connection connection = node.dataSource(pair.application()).getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static String query(PostgresNode node, String sql) throws SQLException {
        try (Connection connection = node.dataSource(pair.application()).getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
