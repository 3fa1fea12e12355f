package io.switchover4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A judge that cannot condemn is worthless: each fault is done on purpose and must stand in the report. */
@Timeout(120)
class BankIT {

    private static final int TRANSFERS = 100;
    private static final int CRIMES = TRANSFERS / Saboteur.EVERY;

    private static PostgresPair pair;
    private static DataSource honest;

    @BeforeAll
    static void startPair() {
        // Most of what these tests wait for would be the disk.
        pair = PostgresPair.builder().setting("synchronous_commit", "off").start();
        honest = pair.primary().dataSource(pair.application());
    }

    @AfterAll
    static void closePair() {
        pair.close();
    }

    @Test
    void honestDatabaseIsAcquitted() throws Exception {
        BankReport report = runOn(honest, Bank.Retry.NEVER);

        assertThat(report.isFlawless()).as("%s", report).isTrue();
        assertThat(report.committed()).isEqualTo(TRANSFERS);
        assertThat(report.errorsBySqlState()).isEmpty();
        assertThat(report.commits().size()).isEqualTo(TRANSFERS);
        assertThat(Arrays.stream(report.commits().commitsPer(Duration.ofMillis(10)))
                        .sum())
                .isEqualTo(TRANSFERS);
        assertThat(report.latencyPercentile(50)).isPositive().isLessThanOrEqualTo(report.latencyPercentile(99));
        assertThat(report.toString()).contains("committed 100, errors 0 [], failed 0", "balance right");
    }

    @Test
    void lostCommitIsFound() throws Exception {
        Saboteur saboteur = Saboteur.of(honest, (real, work) -> real.rollback());

        BankReport report = runOn(saboteur.dataSource(), Bank.Retry.NEVER);

        assertThat(saboteur.crimes()).isEqualTo(CRIMES);
        assertThat(report.lost().count()).isEqualTo(CRIMES);
        assertThat(report.lost().examples()).hasSize(CRIMES).doesNotHaveDuplicates();
        assertThat(report.errorCount()).isZero();
        assertThat(report.isConsistent()).isFalse();
    }

    @Test
    void workAppliedTwiceIsFound() throws Exception {
        Saboteur saboteur = Saboteur.of(honest, (real, work) -> {
            real.commit();
            Saboteur.doAgain(real, work);
            real.commit();
        });

        BankReport report = runOn(saboteur.dataSource(), Bank.Retry.NEVER);

        assertThat(saboteur.crimes()).isEqualTo(CRIMES);
        assertThat(report.appliedTwice().count()).isEqualTo(CRIMES);
        assertThat(report.lost().count()).isZero();
        assertThat(report.isConsistent()).isFalse();
        assertThat(report.toString()).contains("applied twice " + CRIMES + " (for example transfers [");
    }

    @Test
    void failureReportedAfterTheCommitIsFound() throws Exception {
        Saboteur saboteur = Saboteur.of(honest, (real, work) -> {
            real.commit();
            throw new SQLException("terminating connection due to administrator command", "57P01");
        });

        BankReport report = runOn(saboteur.dataSource(), Bank.Retry.NEVER);

        assertThat(report.appliedThoughFailed().count()).isEqualTo(CRIMES);
        assertThat(report.failed()).isEqualTo(CRIMES);
        assertThat(report.errors()).singleElement().satisfies(error -> {
            assertThat(error.phase()).isEqualTo(BankError.Phase.COMMIT);
            assertThat(error.sqlState()).isEqualTo("57P01");
            assertThat(error.count()).isEqualTo(CRIMES);
            assertThat(error.example()).isEqualTo("terminating connection due to administrator command");
        });
        assertThat(report.isConsistent()).isFalse();
    }

    @Test
    void retryingAfterAnyErrorAppliesTwiceAndIsFound() throws Exception {
        Saboteur saboteur = Saboteur.of(honest, (real, work) -> {
            real.commit();
            throw new SQLException("connection lost", "08006");
        });

        BankReport report = runOn(saboteur.dataSource(), Bank.Retry.ON_ANY_ERROR);

        assertThat(report.committed()).isEqualTo(TRANSFERS);
        assertThat(report.appliedTwice().count()).isEqualTo(saboteur.crimes());
        assertThat(report.failed()).isZero();
    }

    @Test
    void unknownOutcomesAreCountedAndAreNoFault() throws Exception {
        Saboteur applies = Saboteur.of(honest, (real, work) -> {
            real.commit();
            throw new SQLException("outcome unknown", "08007");
        });
        Saboteur doesNot = Saboteur.of(honest, (real, work) -> {
            throw new SQLException("outcome unknown", "08007");
        });

        BankReport applied = runOn(applies.dataSource(), Bank.Retry.ON_40001);
        BankReport notApplied = runOn(doesNot.dataSource(), Bank.Retry.ON_40001);

        assertThat(applied.unknown()).isEqualTo(new BankReport.Unknown(CRIMES, CRIMES));
        assertThat(notApplied.unknown()).isEqualTo(new BankReport.Unknown(CRIMES, 0));
        assertThat(applied.isConsistent()).isTrue();
        assertThat(notApplied.isConsistent()).isTrue();
        assertThat(applied.isFlawless()).isFalse();
    }

    @Test
    void certainFailuresAreRetriedWhereAskedFor() throws Exception {
        Saboteur saboteur = Saboteur.of(honest, (real, work) -> {
            throw new SQLException("not applied", "40001");
        });

        BankReport report = runOn(saboteur.dataSource(), Bank.Retry.ON_40001);

        assertThat(report.committed()).isEqualTo(TRANSFERS);
        assertThat(report.errorsBySqlState()).containsOnlyKeys("40001");
        assertThat(report.isConsistent()).isTrue();
    }

    @Test
    void moneyThatNoTransferMovedIsFound() throws Exception {
        Bank bank = bank(honest, Bank.Retry.NEVER);
        bank.createSchema(honest);
        BankRun run = bank.start();
        run.await();
        try (Connection connection = honest.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "UPDATE bank_account SET balance = balance + CASE id WHEN 3 THEN 5 ELSE -5 END WHERE id IN (3, 4)");
        }

        BankReport report = run.reconcile(honest);

        assertThat(report.isBalanceRight()).isFalse();
        assertThat(report.balanceProblems())
                .hasSize(2)
                .allSatisfy(problem ->
                        assertThat(problem).matches("account [34] holds \\d+, its transfers add up to \\d+"));
        assertThat(report.isConsistent()).isFalse();
    }

    @Test
    void earlierRunsOnTheSameTablesAreNotMistakenForThisOne() throws Exception {
        Bank bank = bank(honest, Bank.Retry.NEVER);
        bank.createSchema(honest);
        BankRun first = bank.start();
        first.await();

        BankRun second = bank.start();
        second.await();

        assertThat(second.reconcile(honest).isFlawless()).isTrue();
        assertThat(first.reconcile(honest).isFlawless()).isTrue();
    }

    @Test
    void outageIsSeenAsErrorsAndAsAPause() throws Exception {
        try (PostgresPair doomed = PostgresPair.start()) {
            DataSource application = doomed.node("a").dataSource(doomed.application());
            Bank bank = Bank.builder(application).workers(4).build();
            bank.createSchema(application);
            try (BankRun run = bank.start()) {
                assertThat(run.awaitCommits(100, Duration.ofSeconds(20))).isTrue();
                Instant before = Instant.now();
                doomed.node("a").crash();
                doomed.node("a").start();
                assertThat(run.awaitCommits(100, Duration.ofSeconds(20))).isTrue();
                Instant after = Instant.now();
                assertThat(run.progress().committed()).isGreaterThanOrEqualTo(200);
                assertThat(run.progress().errors()).isPositive();

                BankReport report = run.reconcile(application);

                assertThat(report.errorCount()).isPositive();
                assertThat(report.lost().count()).as("%s", report).isZero();
                assertThat(report.appliedTwice().count()).isZero();
                assertThat(report.isBalanceRight()).isTrue();
                Pause pause = report.longestPause(before, after);
                assertThat(pause.length()).isGreaterThan(Duration.ofMillis(20));
                assertThat(pause.to()).isBetween(before, after);
                assertThat(report.longestPause(after.plusSeconds(60), after.plusSeconds(61))
                                .length())
                        .isZero();
            }
        }
    }

    @Test
    void workersThatHangAreAbortedWhenTheRunIsStopped() throws Exception {
        try (PostgresPair frozen = PostgresPair.start()) {
            DataSource application = frozen.node("a").dataSource(frozen.application());
            application.setLoginTimeout(1);
            Bank bank = Bank.builder(application)
                    .workers(4)
                    .stopTimeout(Duration.ofMillis(100))
                    .build();
            bank.createSchema(application);
            try (BankRun run = bank.start()) {
                assertThat(run.awaitCommits(10, Duration.ofSeconds(20))).isTrue();
                frozen.node("a").freeze();
                run.stop();
                frozen.node("a").thaw();

                BankReport report = run.reconcile(application);

                assertThat(report.unfinishedWorkers()).isZero();
                assertThat(report.errorCount()).isPositive();
                assertThat(report.lost().count()).isZero();
            }
        }
    }

    @Test
    void missingTablesAreReportedAsWhatTheyAre() throws Exception {
        BankReport report;
        try (PostgresPair empty = PostgresPair.start()) {
            DataSource application = empty.primary().dataSource(empty.application());
            Bank bank = Bank.builder(application).workers(1).transfers(3).build();
            BankRun run = bank.start();
            run.await();
            assertThat(run.errors()).isEqualTo(3);
            assertThatThrownBy(() -> run.reconcile(application)).hasMessageContaining("bank_transfer");
            bank.createSchema(application);
            report = run.reconcile(application);
        }

        assertThat(report.errorsBySqlState()).containsEntry("42P01", 3L);
        assertThat(report.errors().get(0).phase()).isEqualTo(BankError.Phase.WORK);
        assertThat(report.failed()).isEqualTo(3);
    }

    private static BankReport runOn(DataSource suspect, Bank.Retry retry) throws Exception {
        Bank bank = bank(suspect, retry);
        bank.createSchema(honest);
        try (BankRun run = bank.start()) {
            run.await();
            return run.reconcile(honest);
        }
    }

    private static Bank bank(DataSource dataSource, Bank.Retry retry) {
        return Bank.builder(dataSource)
                .workers(4)
                .seed(42)
                .transfers(TRANSFERS)
                .retry(retry)
                .build();
    }
}
