package io.switchover4j.frameworks;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.switchover4j.testkit.PostgresNode;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.flywaydb.core.api.output.MigrateResult;
import org.flywaydb.database.postgresql.PostgreSQLConfigurationExtension;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An application that migrates its schema when it starts, while the pair is switched. */
@SuppressWarnings("NullAway.Init")
@Timeout(120)
final class FlywayIT {

    private static Rig rig;

    @BeforeAll
    static void startPair() {
        rig = new Rig();
    }

    @AfterAll
    static void stopPair() throws Exception {
        rig.close();
    }

    @BeforeEach
    void clean() throws SQLException {
        rig.execute("DROP SCHEMA IF EXISTS migrated CASCADE");
    }

    /**
     * @param lockInTransaction Flyway's default: the lock of its history is held by an open transaction; else by the session
     */
    private static Flyway flyway(boolean lockInTransaction) {
        return flyway(lockInTransaction, "latest");
    }

    private static Flyway flyway(boolean lockInTransaction, String target) {
        FluentConfiguration configuration = Flyway.configure()
                .dataSource(rig.dataSource)
                .schemas("migrated")
                .defaultSchema("migrated")
                .target(target);
        requireNonNull(configuration.getConfigurationExtension(PostgreSQLConfigurationExtension.class))
                .setTransactionalLock(lockInTransaction);
        return configuration.load();
    }

    private static void assertMigratedOnce() throws SQLException {
        assertThat(rig.number("SELECT count(*) FROM migrated.migrated")).isEqualTo(3);
        assertThat(rig.number("SELECT count(DISTINCT step) FROM migrated.migrated"))
                .isEqualTo(3);
        assertThat(rig.number(
                        "SELECT count(*) FROM migrated.flyway_schema_history WHERE success AND version IS NOT NULL"))
                .isEqualTo(3);
        assertThat(rig.number("SELECT count(*) FROM migrated.flyway_schema_history WHERE NOT success"))
                .isZero();
    }

    @Test
    void aStartDuringASwitchWaitsForTheNewPrimary() throws Exception {
        Rig.Held held = rig.hold(Duration.ofSeconds(10));
        assertThat(held.drained().isDrained()).isTrue();
        CompletableFuture<MigrateResult> start =
                CompletableFuture.supplyAsync(() -> flyway(true).migrate(), Rig.THREADS);
        Rig.await("Flyway waits", () -> rig.dataSource.statistics().waiting() > 0);

        PostgresNode old = rig.stopAndPromote();
        held.release();

        assertThat(start.join().migrationsExecuted).isEqualTo(3);
        assertMigratedOnce();
        rig.rejoin(old);
    }

    /** The lock is a transaction that stays open, so that the rest of it is let through: the switch waits for it. The next migration waits for the switch. */
    @Test
    void aSwitchWaitsForAMigrationThatRuns() throws Exception {
        CompletableFuture<MigrateResult> start;
        Rig.Held held;
        try (Obstacle obstacle = new Obstacle()) {
            start = CompletableFuture.supplyAsync(() -> flyway(true).migrate(), Rig.THREADS);
            obstacle.awaitBlocked();
            held = rig.hold(Duration.ofSeconds(20));
            assertThat(start).isNotDone();
        }

        assertThat(held.drained().isDrained()).isTrue();
        assertThat(rig.number("SELECT count(*) FROM migrated.migrated"))
                .as("the second is done")
                .isEqualTo(2);
        assertThat(start).as("the third waits").isNotDone();
        PostgresNode old = rig.stopAndPromote();
        held.release();
        assertThat(start.join().migrationsExecuted).isEqualTo(2);
        assertMigratedOnce();
        rig.rejoin(old);
    }

    /** A lock of the session cannot move, and nothing is open between two migrations: it fails, and the next start goes on. */
    @Test
    void aLockOfTheSessionFailsLoudlyAfterTheSwitch() throws Exception {
        CompletableFuture<MigrateResult> start;
        Rig.Held held;
        try (Obstacle obstacle = new Obstacle()) {
            start = CompletableFuture.supplyAsync(() -> flyway(false).migrate(), Rig.THREADS);
            obstacle.awaitBlocked();
            held = rig.hold(Duration.ofSeconds(20));
        }

        assertThat(held.drained().isDrained()).isTrue();
        PostgresNode old = rig.stopAndPromote();
        held.release();
        Throwable thrown = catchThrowable(start::join);
        assertThat(Workload.stateOf(thrown)).as("%s", thrown).isEqualTo("08003");
        flyway(false).migrate();
        assertMigratedOnce();
        rig.rejoin(old);
    }

    /** It is replayed on the new primary, or it fails loudly, and then the next start does it: its statements are one transaction. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aMigrationThatIsCutIsReplayedOrFailsAndIsDoneOnce(boolean lockInTransaction) throws Exception {
        CompletableFuture<MigrateResult> start;
        PostgresNode old;
        try (Obstacle obstacle = new Obstacle()) {
            start = CompletableFuture.supplyAsync(
                    () -> flyway(lockInTransaction).migrate(), Rig.THREADS);
            obstacle.awaitBlocked();
            old = rig.stopAndPromote();
        }

        Throwable thrown = catchThrowable(start::join);
        System.out.printf("lock in transaction %s: %s%n", lockInTransaction, Workload.stateOf(thrown));
        if (thrown != null) {
            assertThat(Workload.stateOf(thrown)).as("%s", thrown).isIn("40001", "08007", "08003");
        }
        flyway(lockInTransaction).migrate();
        assertMigratedOnce();
        rig.rejoin(old);
    }

    /** Holds the row that the second migration updates. */
    private static final class Obstacle implements AutoCloseable {

        private final Connection connection;

        /** The first migration is done before, so that the row is there to be locked. */
        Obstacle() throws SQLException {
            flyway(true, "1").migrate();
            connection = rig.pair.primary().dataSource(rig.pair.application()).getConnection();
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.execute("SELECT id FROM migrated.migration_gate FOR UPDATE");
            }
        }

        void awaitBlocked() throws InterruptedException {
            Rig.await("the second migration waits", () -> {
                try (Connection asking = rig.pair.primary().connect();
                        Statement statement = asking.createStatement();
                        ResultSet row = statement.executeQuery("SELECT count(*) FROM pg_stat_activity"
                                + " WHERE wait_event_type = 'Lock' AND query LIKE '%UPDATE migration_gate%'")) {
                    row.next();
                    return row.getInt(1) == 1;
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
        }

        @Override
        public void close() throws SQLException {
            connection.close();
        }
    }
}
