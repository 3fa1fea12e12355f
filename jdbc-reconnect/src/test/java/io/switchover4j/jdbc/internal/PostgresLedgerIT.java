package io.switchover4j.jdbc.internal;

import static io.switchover4j.testkit.MessageMatcher.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.TimeSource;
import io.switchover4j.jdbc.CommitLedger;
import io.switchover4j.testkit.FaultProxy;
import io.switchover4j.testkit.Hold;
import io.switchover4j.testkit.PostgresPair;
import io.switchover4j.testkit.ProxiedPair;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;

/** The races of the ledger's SQL, against a real server and with nothing of ours above it. */
@SuppressWarnings("NullAway.Init")
@Timeout(90)
class PostgresLedgerIT {

    private static final Duration SOON = Duration.ofSeconds(10);
    private static final LedgerDialect LEDGER = PostgresLedger.INSTANCE;
    private static final LedgerTable TABLE = LedgerTable.parse("switchover4j_commit");
    private static final Random RANDOM = new Random();

    private static PostgresPair pair;
    private static ProxiedPair proxied;
    private static FaultProxy proxy;
    private static Connection direct;

    private final long id = RANDOM.nextLong() & Long.MAX_VALUE;

    @BeforeAll
    static void start() throws SQLException {
        pair = PostgresPair.start();
        proxied = pair.proxied();
        proxy = proxied.proxy("a");
        CommitLedger.table("switchover4j_commit").createTable(pair.node("a").dataSource(pair.superuser()));
        direct = pair.node("a").dataSource(pair.application()).getConnection();
        execute(direct, "CREATE TABLE t (id bigint, note text)");
    }

    @AfterAll
    static void stop() throws SQLException {
        direct.close();
        proxied.close();
        pair.close();
    }

    @AfterEach
    void heal() {
        proxy.heal();
    }

    /** What has become of the slot when the late message arrives. */
    private enum Fate {
        CLOSED,
        BEING_CLOSED,
        REMOVED
    }

    static Stream<Arguments> lateMessages() {
        return Stream.of("extended", "extendedForPrepared", "simple")
                .flatMap(mode -> Stream.of(
                                Connection.TRANSACTION_READ_COMMITTED,
                                Connection.TRANSACTION_REPEATABLE_READ,
                                Connection.TRANSACTION_SERIALIZABLE)
                        .flatMap(isolation ->
                                Stream.of(Fate.values()).map(fate -> Arguments.of(mode, isolation, fate))));
    }

    @ParameterizedTest
    @MethodSource("lateMessages")
    void aCommitThatArrivesAfterItsSettlementFails(String mode, int isolation, Fate fate) throws Exception {
        long slot = openSlot();
        Connection connection = connect(mode);
        int pid = pidOf(connection);
        connection.setAutoCommit(false);
        connection.setTransactionIsolation(isolation);
        insert(connection, id);
        Hold late = proxy.on(query("_mark")).beforeSent().hold();
        Future<Boolean> commit = async(() -> LEDGER.commit(connection, TABLE, slot, 1, Marking.IF_WRITTEN));
        late.awaitReached(SOON);
        connection.abort(Runnable::run);
        assertThatThrownBy(() -> get(commit)).isInstanceOf(ExecutionException.class);

        if (fate == Fate.BEING_CLOSED) {
            try (Connection settler = connect("extended")) {
                settler.setAutoCommit(false);
                execute(settler, "SELECT public.switchover4j_commit_settle(" + slot + ")");
                late.release();
                awaitWaiting(pid);
                settler.commit();
            }
        } else {
            assertThat(settle(slot)).hasValue(0);
            if (fate == Fate.REMOVED) {
                LEDGER.open(direct, TABLE, List.of(), List.of(slot), null);
            }
            late.release();
        }

        awaitSessionEnded(pid);
        assertThat(rows()).isZero();
        insert(direct, id);
        assertThat(rows()).isEqualTo(1);
        assertThat(settle(slot)).isEqualTo(fate == Fate.REMOVED ? OptionalLong.empty() : OptionalLong.of(0));
    }

    static Stream<Arguments> modesAndIsolations() {
        return Stream.of("extended", "extendedForPrepared", "simple")
                .flatMap(mode -> Stream.of(
                                Connection.TRANSACTION_READ_COMMITTED,
                                Connection.TRANSACTION_REPEATABLE_READ,
                                Connection.TRANSACTION_SERIALIZABLE)
                        .map(isolation -> Arguments.of(mode, isolation)));
    }

    @ParameterizedTest
    @MethodSource("modesAndIsolations")
    void aNotificationIsMarkedThoughItWroteNothingAndFailsIfItArrivesLate(String mode, int isolation) throws Exception {
        long slot = openSlot();
        Connection connection = connect(mode);
        int pid = pidOf(connection);
        connection.setAutoCommit(false);
        connection.setTransactionIsolation(isolation);
        execute(connection, "NOTIFY told");
        assertThat(LEDGER.commit(connection, TABLE, slot, 1, Marking.ALWAYS)).isTrue();
        connection.commit();
        execute(direct, "LISTEN told");
        execute(connection, "NOTIFY told");
        Hold late = proxy.on(query("_mark")).beforeSent().hold();
        Future<Boolean> commit = async(() -> LEDGER.commit(connection, TABLE, slot, 2, Marking.ALWAYS));
        late.awaitReached(SOON);
        connection.abort(Runnable::run);
        assertThatThrownBy(() -> get(commit)).isInstanceOf(ExecutionException.class);

        assertThat(settle(slot)).hasValue(1);
        late.release();

        awaitSessionEnded(pid);
        execute(direct, "UNLISTEN told");
        assertThat(direct.unwrap(PGConnection.class).getNotifications()).isNullOrEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"extended", "extendedForPrepared", "simple", "extended&autosave=always"})
    void whatIsReadOnlyIsNotCommittedWithoutTheMarkThatItMustHave(String mode) throws Exception {
        long slot = openSlot();
        try (Connection connection = connect(mode)) {
            connection.setAutoCommit(false);
            insert(connection, id);
            execute(connection, "SET TRANSACTION READ ONLY", "NOTIFY told");

            assertThatThrownBy(() -> LEDGER.commit(connection, TABLE, slot, 1, Marking.ALWAYS))
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            e -> assertThat(LEDGER.isUnmarkable(e)).isTrue());
            assertThat(rows()).isZero();

            LEDGER.goWithoutMark(connection);
            connection.commit();
        }
        assertThat(rows()).isEqualTo(1);
        assertThat(settle(slot)).hasValue(0);
    }

    static Stream<Arguments> refusals() {
        return Stream.of("extended", "extendedForPrepared", "simple")
                .flatMap(mode -> Stream.of(true, false).map(removed -> Arguments.of(mode, removed)));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void aRefusedMarkIsAnErrorThatIsKnownAndLeavesTheSessionUsable(String mode, boolean removed) throws Exception {
        long slot = openSlot();
        assertThat(settle(slot)).hasValue(0);
        if (removed) {
            LEDGER.open(direct, TABLE, List.of(), List.of(slot), null);
        }
        try (Connection connection = connect(mode)) {
            connection.setAutoCommit(false);
            insert(connection, id);

            assertThatThrownBy(() -> LEDGER.commit(connection, TABLE, slot, 1, Marking.IF_WRITTEN))
                    .isInstanceOfSatisfying(SQLException.class, e -> {
                        assertThat(LEDGER.isRefused(e)).isTrue();
                        assertThat(e.getMessage()).contains("the slot of this commit is closed");
                    });

            connection.rollback();
            insert(connection, id);
            connection.commit();
        }
        assertThat(rows()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void settlingWaitsForAnOriginalThatIsStillCommitting(boolean commits) throws Exception {
        long slot = openSlot();
        try (Connection original = connect("extended")) {
            original.setAutoCommit(false);
            insert(original, id);
            execute(original, "SELECT public.switchover4j_commit_mark(" + slot + ", 1)");
            try (Connection settler = connect("extended")) {
                int pid = pidOf(settler);
                Future<OptionalLong> settled = async(() -> LEDGER.settle(settler, TABLE, slot, null, SOON));
                awaitWaiting(pid);
                assertThat(settled).isNotDone();

                if (commits) {
                    original.commit();
                } else {
                    original.rollback();
                }

                assertThat(get(settled)).hasValue(commits ? 1 : 0);
            }
        }
        assertThat(rows()).isEqualTo(commits ? 1 : 0);
    }

    @Test
    void settlingGivesUpWhenItsTimeIsOver() throws Exception {
        long slot = openSlot();
        try (Connection original = connect("extended");
                Connection settler = connect("extended")) {
            original.setAutoCommit(false);
            insert(original, id);
            execute(original, "SELECT public.switchover4j_commit_mark(" + slot + ", 1)");

            assertThatThrownBy(() -> LEDGER.settle(settler, TABLE, slot, null, Duration.ofMillis(300)))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isIn("55P03", "57014"));

            original.rollback();
        }
        assertThat(settle(slot)).hasValue(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"extended", "extendedForPrepared", "simple"})
    void aCommitWhoseAnswerIsLostIsFoundHoweverOftenItIsAsked(String mode) throws Exception {
        long slot = openSlot();
        Connection connection = connect(mode);
        connection.setAutoCommit(false);
        insert(connection, id);
        assertThat(LEDGER.commit(connection, TABLE, slot, 1, Marking.IF_WRITTEN))
                .isTrue();
        insert(connection, id);
        proxy.on(query("_mark")).afterApplied().cut();
        // Over the extended protocol the cut behind the mark keeps the COMMIT away.
        boolean together = !mode.equals("extended");

        assertThatThrownBy(() -> LEDGER.commit(connection, TABLE, slot, 2, Marking.IF_WRITTEN))
                .isInstanceOf(SQLException.class);

        OptionalLong settled = settle(slot);
        assertThat(settled).hasValue(rows());
        if (together) {
            assertThat(settled).hasValue(2);
        }
        assertThat(settle(slot)).isEqualTo(settled);
    }

    @ParameterizedTest
    @ValueSource(strings = {"extended", "extendedForPrepared", "simple"})
    void aTransactionThatWroteNothingLeavesNoMark(String mode) throws Exception {
        long slot = openSlot();
        try (Connection connection = connect(mode)) {
            connection.setAutoCommit(false);
            execute(connection, "SELECT count(*) FROM t");
            assertThat(LEDGER.commit(connection, TABLE, slot, 1, Marking.IF_WRITTEN))
                    .isFalse();
            execute(connection, "SET TRANSACTION READ ONLY", "SELECT count(*) FROM t");
            assertThat(LEDGER.commit(connection, TABLE, slot, 1, Marking.IF_WRITTEN))
                    .isFalse();
        }
        assertThat(settle(slot)).hasValue(0);
    }

    @Test
    void aSlotThatWasNeverOpenedIsNotKnown() throws Exception {
        assertThat(settle(RANDOM.nextLong() & Long.MAX_VALUE)).isEmpty();
    }

    @Test
    void slotsThatNobodyUsedForALongTimeAreDeletedButNotOnesInUse() throws Exception {
        long old = openSlot();
        long busy = openSlot();
        long fresh = openSlot();
        try (Connection admin = pair.node("a").dataSource(pair.superuser()).getConnection();
                Connection original = connect("extended")) {
            execute(
                    admin,
                    "UPDATE public.switchover4j_commit SET opened_at = now() - interval '2 days' WHERE slot IN (" + old
                            + ", " + busy + ")");
            original.setAutoCommit(false);
            insert(original, id);
            execute(original, "SELECT public.switchover4j_commit_mark(" + busy + ", 1)");

            LEDGER.open(direct, TABLE, List.of(), List.of(), Duration.ofDays(1));

            original.commit();
        }
        assertThat(settle(old)).isEmpty();
        assertThat(settle(busy)).hasValue(1);
        assertThat(settle(fresh)).hasValue(0);
    }

    @Test
    void whatCreatesTheTableMayRunAgainAndByManyAtOnce() throws Exception {
        CommitLedger ledger = CommitLedger.table("elsewhere.commits");
        try (Connection admin = pair.node("a").dataSource(pair.superuser()).getConnection()) {
            execute(admin, "CREATE SCHEMA IF NOT EXISTS elsewhere");
        }
        List<Future<Boolean>> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            all.add(async(() -> {
                ledger.createTable(pair.node("a").dataSource(pair.superuser()));
                return true;
            }));
        }
        for (Future<Boolean> each : all) {
            assertThat(get(each)).isTrue();
        }
        assertThat(ledger.ddl("PostgreSQL"))
                .contains("\"elsewhere\".\"commits_mark\"(s bigint, n bigint, uncertain boolean");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theMarkOfAnOlderLedgerIsReplaced(boolean reviewed) throws Exception {
        CommitLedger ledger = CommitLedger.table("older" + reviewed);
        LedgerTable table = LedgerTable.parse("older" + reviewed);
        ledger.createTable(pair.node("a").dataSource(pair.superuser()));
        try (Connection admin = pair.node("a").dataSource(pair.superuser()).getConnection()) {
            execute(
                    admin,
                    "CREATE FUNCTION " + table.quoted("_mark")
                            + "(s bigint, n bigint) RETURNS boolean LANGUAGE sql AS 'SELECT false'");
            if (reviewed) {
                execute(admin, ledger.ddl("PostgreSQL"));
            }
        }
        ledger.createTable(pair.node("a").dataSource(pair.superuser()));

        LEDGER.open(direct, table, List.of(1L), List.of(), null);
        try (Connection connection = connect("extended")) {
            connection.setAutoCommit(false);
            insert(connection, id);
            assertThat(LEDGER.commit(connection, table, 1, 1, Marking.IF_WRITTEN))
                    .isTrue();
        }
    }

    @Test
    void aMissingTableIsSaidAtTheFirstSlot() {
        assertThatThrownBy(() -> LEDGER.open(direct, LedgerTable.parse("nowhere"), List.of(1L), List.of(), null))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("The commit ledger 'public.nowhere' cannot be used")
                .hasMessageContaining("CommitLedger.createTable");
    }

    // Under load

    @Test
    void serializableWritersFailNoMoreThanWithout() throws Exception {
        compareSerializable(Duration.ofMillis(1_500));
    }

    @Test
    @Tag("soak")
    void serializableWritersFailNoMoreThanWithoutForLong() throws Exception {
        compareSerializable(Duration.ofSeconds(20));
    }

    private void compareSerializable(Duration each) throws Exception {
        Load without = load(Connection.TRANSACTION_SERIALIZABLE, each, false);
        Load with = load(Connection.TRANSACTION_SERIALIZABLE, each, true);
        System.out.printf("SERIALIZABLE, 8 writers, without ledger %s, with %s%n", without, with);
        assertThat(with.committed).isGreaterThan(100);
        assertThat(with.ratio()).isLessThanOrEqualTo(without.ratio() + 0.02);
    }

    @Test
    void anOldSnapshotDoesNotStopTheLedger() throws Exception {
        underOldSnapshot(Duration.ofMillis(800));
    }

    @Test
    @Tag("soak")
    void anOldSnapshotDoesNotStopTheLedgerForLong() throws Exception {
        underOldSnapshot(Duration.ofSeconds(20));
    }

    private void underOldSnapshot(Duration each) throws Exception {
        try (Connection reader = connect("extended")) {
            reader.setAutoCommit(false);
            reader.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            execute(reader, "SELECT count(*) FROM t");
            Load first = load(Connection.TRANSACTION_REPEATABLE_READ, each, true);
            Load second = load(Connection.TRANSACTION_REPEATABLE_READ, each, true);
            System.out.printf("under an old snapshot, 8 writers, first %s, then %s%n", first, second);
            assertThat(first.failed + second.failed).isZero();
            assertThat(second.committed).isGreaterThan(first.committed / 4);
            reader.rollback();
        }
    }

    private record Load(long committed, long failed) {
        double ratio() {
            return committed + failed == 0 ? 1 : (double) failed / (committed + failed);
        }
    }

    /** Eight writers that take their slots as the DataSource does. */
    private Load load(int isolation, Duration duration, boolean withLedger) throws Exception {
        var ledger = new Ledger("load", LedgerOptions.of(TABLE), TimeSource.system(), new LedgerCounters());
        AtomicLong committed = new AtomicLong();
        AtomicLong failed = new AtomicLong();
        AtomicBoolean over = new AtomicBoolean();
        try (Connection admin = pair.node("a").dataSource(pair.superuser()).getConnection()) {
            List<Future<Boolean>> writers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                writers.add(async(() -> {
                    write(ledger, isolation, withLedger, over, committed, failed);
                    return true;
                }));
            }
            long until = System.nanoTime() + duration.toNanos();
            while (System.nanoTime() < until) {
                execute(admin, "ANALYZE public.switchover4j_commit");
                Thread.sleep(100); // the length of the load
            }
            over.set(true);
            for (Future<Boolean> writer : writers) {
                get(writer);
            }
        }
        return new Load(committed.get(), failed.get());
    }

    private void write(
            Ledger ledger, int isolation, boolean marks, AtomicBoolean over, AtomicLong committed, AtomicLong failed)
            throws SQLException {
        try (Connection connection =
                pair.node("a").dataSource(pair.application()).getConnection()) {
            connection.setTransactionIsolation(isolation);
            connection.setAutoCommit(false);
            while (!over.get()) {
                Slot slot = marks ? ledger.lease(connection, LEDGER, 1, "a") : null;
                try {
                    insert(connection, id);
                    if (slot == null) {
                        connection.commit();
                    } else {
                        assertThat(LEDGER.commit(connection, TABLE, slot.id, slot.next(), Marking.IF_WRITTEN))
                                .isTrue();
                        slot.acknowledge();
                    }
                    committed.incrementAndGet();
                } catch (SQLException e) {
                    assertThat(e.getSQLState()).as(e.toString()).isEqualTo("40001");
                    assertThat(LEDGER.isRefused(e)).as(e.toString()).isFalse();
                    failed.incrementAndGet();
                    connection.rollback();
                    if (slot != null) {
                        slot.fail();
                    }
                }
                if (slot != null) {
                    ledger.giveBack(slot);
                }
            }
        }
    }

    // Tools

    private long openSlot() throws SQLException {
        long slot = RANDOM.nextLong() & Long.MAX_VALUE;
        LEDGER.open(direct, TABLE, List.of(slot), List.of(), null);
        return slot;
    }

    private static OptionalLong settle(long slot) throws SQLException {
        return LEDGER.settle(direct, TABLE, slot, null, SOON);
    }

    private static Connection connect(String mode) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://%s:%d/%s?preferQueryMode=%s&prepareThreshold=2"
                        .formatted(
                                proxy.endpoint().host(),
                                proxy.endpoint().port(),
                                PostgresPair.APPLICATION_DATABASE,
                                mode),
                pair.application().user(),
                pair.application().password());
    }

    private static int pidOf(Connection connection) throws SQLException {
        return connection.unwrap(PGConnection.class).getBackendPID();
    }

    private static void insert(Connection connection, long id) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO t VALUES (?, 'x')")) {
            statement.setLong(1, id);
            statement.executeUpdate();
        }
    }

    private long rows() throws SQLException {
        return count("SELECT count(*) FROM t WHERE id = " + id);
    }

    private static long count(String sql) throws SQLException {
        try (Statement statement = direct.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static void awaitSessionEnded(int pid) throws Exception {
        await("the session has ended", () -> count("SELECT count(*) FROM pg_stat_activity WHERE pid = " + pid) == 0);
    }

    private static void awaitWaiting(int pid) throws Exception {
        await(
                "the session waits for a lock",
                () -> count("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pid = " + pid)
                        == 1);
    }

    static <T> T until(String what, Callable<Optional<T>> question) throws Exception {
        List<T> found = new ArrayList<>();
        await(what, () -> {
            question.call().ifPresent(found::add);
            return !found.isEmpty();
        });
        return found.get(0);
    }

    static void await(String what, Callable<Boolean> condition) throws Exception {
        long until = System.nanoTime() + SOON.toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as(what).isLessThan(until);
            Thread.sleep(2); // the server offers no event
        }
    }

    private static void execute(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    static <T> Future<T> async(Callable<T> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                result.complete(work.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return result;
    }

    static <T> T get(Future<T> future) throws Exception {
        return future.get(30, TimeUnit.SECONDS);
    }
}
