package io.switchover4j.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.Phase;
import io.switchover4j.TimeSource;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.JournalRecord.Kind;
import io.switchover4j.spi.SwitchoverJournal;
import io.switchover4j.testkit.PostgresPair;
import io.switchover4j.testkit.contract.SwitchoverJournalContract;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The journal's contract, and what a database adds to it, on a real PostgreSQL. */
@Timeout(120)
@SuppressWarnings("NullAway.Init")
class JdbcJournalIT extends SwitchoverJournalContract {

    private static final AtomicInteger tables = new AtomicInteger();
    private static PostgresPair pair;
    private static DataSource dataSource;

    private final String table = "journal_" + tables.incrementAndGet();

    @BeforeAll
    static void start() {
        pair = PostgresPair.start();
        dataSource = pair.primary().dataSource(pair.application());
    }

    @AfterAll
    static void stop() {
        pair.close();
    }

    @Override
    protected SwitchoverJournal createJournal() {
        return JdbcJournal.builder(dataSource).table(table).createTable().build();
    }

    @Test
    void ofTwoProcessesOnOneSwitchoverOneIsRefusedEachTime() throws Exception {
        List<SwitchoverJournal> processes = List.of(createJournal(), createJournal());
        ExecutorService executor = Executors.newFixedThreadPool(2);
        try {
            for (int round = 0; round < 30; round++) {
                int sequence = round;
                List<Callable<Boolean>> appends = new ArrayList<>();
                for (SwitchoverJournal journal : processes) {
                    appends.add(() -> isKept(journal, record("op1", sequence, Kind.PHASE)));
                }
                int kept = 0;
                for (Future<Boolean> append : executor.invokeAll(appends, 60, TimeUnit.SECONDS)) {
                    kept += append.get() ? 1 : 0;
                }
                assertThat(kept)
                        .as("appends of the record %d that were kept", round)
                        .isEqualTo(1);
            }
        } finally {
            executor.shutdownNow();
        }
        assertThat(processes.get(0).read("orders"))
                .hasSize(30)
                .containsExactlyElementsOf(processes.get(1).read("orders"));
    }

    private static boolean isKept(SwitchoverJournal journal, JournalRecord record) {
        try {
            journal.append(record);
            return true;
        } catch (JournalException e) {
            assertThat(e).hasMessageContaining("op1").hasMessageContaining("Somebody else works on it");
            return false;
        }
    }

    @Test
    void anotherProcessReadsWhatTheFirstOneLeft() {
        SwitchoverJournal first = createJournal();
        first.append(record("op1", 0, Kind.REQUESTED));
        first.close();

        try (SwitchoverJournal second = createJournal()) {
            assertThat(second.unfinished()).containsExactly(List.of(record("op1", 0, Kind.REQUESTED)));
            second.append(record("op1", 1, Kind.ENDED));
            assertThat(second.unfinished()).isEmpty();
        }
    }

    @Test
    void aCommitWithoutAnAnswerIsDoubtfulAndItsNumberCanBeUsedAgain() {
        AtomicInteger lost = new AtomicInteger();
        DataSource flaky = losingAnswersOfCommits(lost);
        try (SwitchoverJournal journal =
                JdbcJournal.builder(flaky).table(table).createTable().build()) {
            journal.append(record("op1", 0, Kind.REQUESTED));
            lost.set(1);
            assertThatThrownBy(() -> journal.append(record("op1", 1, Kind.INTENT)))
                    .isInstanceOf(JournalException.class)
                    .hasMessageContaining(
                            "does not keep the record INTENT of switchover op1 of 'orders', or may have kept it: the answer is lost (SQLState 08006)");
            assertThat(journal.read("orders")).as("it had been committed").hasSize(2);

            journal.append(record("op1", 1, Kind.ENDED));

            assertThat(journal.read("orders"))
                    .containsExactly(record("op1", 0, Kind.REQUESTED), record("op1", 1, Kind.ENDED));
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> journal.append(record("op1", 1, Kind.FAILED)))
                        .as("what was acknowledged is never replaced")
                        .hasMessageContaining("Somebody else works on it");
            }
            assertThat(journal.read("orders")).hasSize(2);
        }
    }

    @Test
    void aDoubtfulRecordOfAnotherProcessIsNotReplaced() {
        AtomicInteger lost = new AtomicInteger();
        try (SwitchoverJournal journal = JdbcJournal.builder(refusingStatements(lost))
                        .table(table)
                        .createTable()
                        .build();
                SwitchoverJournal other = createJournal()) {
            lost.set(1);
            assertThatThrownBy(() -> journal.append(record("op1", 0, Kind.REQUESTED)))
                    .isInstanceOf(JournalException.class);
            other.append(record("op1", 0, Kind.REQUESTED));

            assertThatThrownBy(() -> journal.append(record("op1", 0, Kind.PHASE)))
                    .isInstanceOf(JournalException.class)
                    .hasMessageContaining("Somebody else works on it");
            assertThat(other.read("orders")).containsExactly(record("op1", 0, Kind.REQUESTED));
        }
    }

    @Test
    void dropsWhatEndedBeforeTheHistoryToKeep() {
        Instant now = Instant.parse("2026-03-01T12:00:00Z");
        try (SwitchoverJournal journal = JdbcJournal.builder(dataSource)
                .table(table)
                .createTable()
                .keepHistory(Duration.ofDays(30))
                .timeSource(clockAt(now))
                .build()) {
            journal.append(at(now.minus(Duration.ofDays(90)), "waiting", 0, Kind.REQUESTED));
            journal.append(at(now.minus(Duration.ofDays(40)), "old", 0, Kind.REQUESTED));
            try (SwitchoverJournal other = createJournal()) {
                other.append(at(now.minus(Duration.ofDays(31)), "old", 1, Kind.ENDED));
            }
            journal.append(at(now.minus(Duration.ofDays(20)), "new", 0, Kind.REQUESTED));
            journal.append(at(now.minus(Duration.ofDays(20)), "new", 1, Kind.ENDED));

            assertThat(journal.read("orders"))
                    .extracting(JournalRecord::operationId)
                    .containsExactly("waiting", "new", "new");
        }
    }

    @Test
    void aLongRecordTakesSeveralRowsAndIsRefusedAsAWhole() {
        JournalRecord large = new JournalRecord(
                "orders",
                "op1",
                0,
                Instant.EPOCH,
                Kind.REQUESTED,
                Phase.SCHEDULED,
                "",
                Map.of("text", " x".repeat(20_000)));
        try (SwitchoverJournal journal = createJournal()) {
            journal.append(large);
            assertThatThrownBy(() -> journal.append(large)).isInstanceOf(JournalException.class);
            assertThat(journal.read("orders")).containsExactly(large);
            assertThat(journal.unfinished()).containsExactly(List.of(large));
        }
    }

    @Test
    void aMissingTableIsAnErrorThatShowsHowToMakeIt() throws Exception {
        JdbcJournal.Builder builder = JdbcJournal.builder(dataSource).table("missing_journal");

        assertThatThrownBy(builder::build)
                .isInstanceOf(JournalException.class)
                .hasMessageStartingWith("The table 'missing_journal' of the journal cannot be used: ")
                .hasMessageContaining("createTable()")
                .hasMessageContaining("CREATE TABLE \"missing_journal\" (")
                .hasMessageContaining("CREATE INDEX \"missing_journal_order\" ON \"missing_journal\" (append_no)");

        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql : builder.ddl()) {
                statement.execute(sql);
            }
        }
        builder.build().close();
    }

    @Test
    void aTableInASchemaIsFound() {
        try (JdbcJournal journal = JdbcJournal.builder(dataSource)
                .table("public.in_schema")
                .createTable()
                .build()) {
            journal.append(record("op1", 0, Kind.REQUESTED));
            assertThat(journal.unfinished()).hasSize(1);
            assertThat(journal).hasToString("journal in table 'public.in_schema'");
            assertThat(journal.isDurable()).isTrue();
        }
    }

    @Test
    void refusesNamesThatAreNoTables() {
        JdbcJournal.Builder builder = JdbcJournal.builder(dataSource);
        for (String name : List.of("", "a b", "a;DROP TABLE b", "a\"b", "1a", "a.b.c", ".a", "x".repeat(51))) {
            assertThatIllegalArgumentException()
                    .as(name)
                    .isThrownBy(() -> builder.table(name))
                    .withMessageStartingWith("The table name '%s' is not usable; ", name);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.keepHistory(Duration.ofDays(-1)))
                .withMessageContaining("keepHistory is PT-24H");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.statementTimeout(Duration.ofMillis(999)))
                .withMessage("statementTimeout is PT0.999S; it must be from 1 s to 1 h");
    }

    @Test
    void anIdThatDoesNotFitIsRefusedInWords() {
        JournalRecord record = new JournalRecord(
                "\u00e4".repeat(34), "op1", 0, Instant.EPOCH, Kind.REQUESTED, Phase.SCHEDULED, "", Map.of());
        try (SwitchoverJournal journal = createJournal()) {
            assertThatThrownBy(() -> journal.append(record))
                    .isInstanceOf(JournalException.class)
                    .hasMessageEndingWith(
                            "the instance id has 204 characters in the form in which it is kept; 200 is the most");
        }
    }

    private static JournalRecord record(String operationId, long sequence, Kind kind) {
        return at(Instant.parse("2026-03-01T12:00:00.123456789Z"), operationId, sequence, kind);
    }

    private static JournalRecord at(Instant at, String operationId, long sequence, Kind kind) {
        return new JournalRecord(
                "orders", operationId, sequence, at, kind, Phase.CHECKING, "", Map.of("number", "" + sequence));
    }

    /** Commits, and then says that the answer is lost, as many times as the counter says. */
    private static DataSource losingAnswersOfCommits(AtomicInteger times) {
        return failing("commit", times, true);
    }

    /** Loses the connection before a statement is sent. */
    private static DataSource refusingStatements(AtomicInteger times) {
        return failing("prepareStatement", times, false);
    }

    private static DataSource failing(String method, AtomicInteger times, boolean afterwards) {
        return (DataSource) Proxy.newProxyInstance(
                JdbcJournalIT.class.getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, called, arguments) -> {
                    Connection connection = dataSource.getConnection();
                    return Proxy.newProxyInstance(
                            JdbcJournalIT.class.getClassLoader(),
                            new Class<?>[] {Connection.class},
                            (self, inner, values) -> {
                                boolean fails = inner.getName().equals(method) && times.getAndDecrement() > 0;
                                if (fails && !afterwards) {
                                    throw new SQLException("the connection is lost", "08006");
                                }
                                try {
                                    Object result = inner.invoke(connection, values);
                                    if (fails) {
                                        throw new SQLException("the answer is lost", "08006");
                                    }
                                    return result;
                                } catch (InvocationTargetException e) {
                                    throw e.getCause();
                                }
                            });
                });
    }

    private static TimeSource clockAt(Instant now) {
        return new TimeSource() {
            @Override
            public Instant instant() {
                return now;
            }

            @Override
            public long nanoTime() {
                return 0;
            }
        };
    }
}
