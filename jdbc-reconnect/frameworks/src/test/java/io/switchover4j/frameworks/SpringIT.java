package io.switchover4j.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.jdbc.UnitNotAppliedException;
import io.switchover4j.jdbc.UnitOutcomeUnknownException;
import io.switchover4j.testkit.PostgresNode;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** What Spring makes of our exceptions, and its nested transactions while the traffic is held. */
@SuppressWarnings("NullAway.Init")
@Timeout(120)
final class SpringIT {

    private static Rig rig;

    private final JdbcTemplate jdbc = new JdbcTemplate(rig.dataSource);
    private final JdbcTransactionManager manager = new JdbcTransactionManager(rig.dataSource);
    private final TransactionTemplate outer = new TransactionTemplate(manager);
    private final TransactionTemplate inner = new TransactionTemplate(manager);

    SpringIT() {
        inner.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
    }

    @BeforeAll
    static void startPair() {
        rig = new Rig();
    }

    @AfterAll
    static void stopPair() throws Exception {
        rig.close();
    }

    @BeforeEach
    void createTable() throws SQLException {
        rig.execute("DROP TABLE IF EXISTS entry", "CREATE TABLE entry (id bigint NOT NULL)");
    }

    private void insert(long id) {
        jdbc.update("INSERT INTO entry VALUES (?)", id);
    }

    /** Ends the session of the transaction that is open, from outside. */
    private static void killSession() {
        try {
            rig.killSessionOf("INSERT INTO entry");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** With the manager told to roll back after it: the rollback must not hide what the commit said. */
    @Test
    void theRollbackAfterAFailedCommitDoesNotMaskIt() throws Exception {
        manager.setRollbackOnCommitFailure(true);

        Throwable thrown = catchThrowable(() -> outer.executeWithoutResult(status -> {
            insert(1);
            killSession();
        }));

        assertThat(Workload.stateOf(thrown)).as("%s", thrown).isEqualTo("08007");
        assertThat(causes(thrown, UnitOutcomeUnknownException.class))
                .as("%s", thrown)
                .isTrue();
        assertThat(rig.number("SELECT count(*) FROM entry")).isZero();
        outer.executeWithoutResult(status -> insert(2));
        assertThat(rig.number("SELECT count(*) FROM entry")).isEqualTo(1);
    }

    /** What is certainly not applied is, to Spring, a failure of concurrency: what its retry templates do again. */
    @Test
    void theRollbackAfterALostTransactionDoesNotMaskIt() throws Exception {
        try (ReconnectingDataSource strict = ReconnectingDataSource.builder()
                .name("strict")
                .endpoint(rig.pair.primary().dataSource(rig.pair.application()))
                .replay(false)
                .build()) {
            JdbcTemplate onStrict = new JdbcTemplate(strict);
            TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(strict));

            Throwable thrown = catchThrowable(() -> transaction.executeWithoutResult(status -> {
                onStrict.update("INSERT INTO entry VALUES (1)");
                killSession();
                onStrict.update("INSERT INTO entry VALUES (2)");
            }));

            assertThat(thrown).isInstanceOf(ConcurrencyFailureException.class);
            assertThat(causes(thrown, UnitNotAppliedException.class))
                    .as("%s", thrown)
                    .isTrue();
            transaction.executeWithoutResult(status -> onStrict.update("INSERT INTO entry VALUES (3)"));
        }
        assertThat(rig.number("SELECT count(*) FROM entry")).isEqualTo(1);
    }

    /** The same, replayed: the application sees nothing. */
    @Test
    void aTransactionThatIsReplayedIsUnseen() throws Exception {
        outer.executeWithoutResult(status -> {
            insert(1);
            killSession();
            insert(2);
        });
        assertThat(rig.number("SELECT count(*) FROM entry")).isEqualTo(2);
    }

    @Test
    void aNestedTransactionIsLetThroughAHold() throws Exception {
        var insideOuter = new CompletableFuture<Void>();
        var goOn = new CompletableFuture<Void>();
        CompletableFuture<Void> nesting = CompletableFuture.runAsync(
                () -> outer.executeWithoutResult(status -> {
                    insert(1);
                    insideOuter.complete(null);
                    goOn.join();
                    inner.executeWithoutResult(nested -> insert(2));
                    insert(3);
                }),
                Rig.THREADS);
        insideOuter.join();
        Rig.Held held = rig.hold(Duration.ofSeconds(20));
        CompletableFuture<Void> bystander = awaitHeldBack(() -> outer.executeWithoutResult(status -> insert(4)));

        goOn.complete(null);
        nesting.join();

        assertThat(held.drained().isDrained()).as("drained").isTrue();
        assertThat(rig.number("SELECT count(*) FROM entry")).isEqualTo(3);
        assertThat(bystander).isNotDone();
        PostgresNode old = rig.stopAndPromote();
        held.release();
        bystander.join();
        assertThat(rig.number("SELECT count(*) FROM entry")).isEqualTo(4);
        rig.rejoin(old);
    }

    /** A unit that waits at the gate. */
    private static CompletableFuture<Void> awaitHeldBack(Runnable unit) throws InterruptedException {
        CompletableFuture<Void> started = CompletableFuture.runAsync(unit, Rig.THREADS);
        Rig.await("the bystander waits", () -> rig.dataSource.statistics().waiting() > 0);
        return started;
    }

    private static boolean causes(Throwable thrown, Class<?> type) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }
}
