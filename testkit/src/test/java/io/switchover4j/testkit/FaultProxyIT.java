package io.switchover4j.testkit;

import static io.switchover4j.testkit.MessageMatcher.COMMIT;
import static io.switchover4j.testkit.MessageMatcher.message;
import static io.switchover4j.testkit.MessageMatcher.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.Endpoint;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
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
import org.postgresql.copy.CopyManager;

@Timeout(60)
class FaultProxyIT {

    private static final Duration SOON = Duration.ofSeconds(10);
    private static final AtomicInteger IDS = new AtomicInteger();

    private static PostgresPair pair;
    private static ProxiedPair proxied;
    private static FaultProxy proxy;
    private static Connection direct;

    private final int id = IDS.incrementAndGet();

    @BeforeAll
    static void start() throws SQLException {
        pair = PostgresPair.start();
        proxied = pair.proxied();
        proxy = proxied.proxy("a");
        direct = pair.node("a").dataSource(pair.application()).getConnection();
        execute(direct, "CREATE TABLE t (id int, note text)");
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

    /** What an application does, up to and with the statement that is struck. */
    private enum Work {
        AUTOCOMMIT_STATEMENT(query("insert into t"), true) {
            @Override
            void run(Connection connection, int id) throws SQLException {
                execute(connection, "insert into t values (" + id + ", 'x')");
            }
        },
        AUTOCOMMIT_PREPARED(query("insert into t"), true) {
            @Override
            void run(Connection connection, int id) throws SQLException {
                insert(connection, id);
            }
        },
        IN_TRANSACTION(query("insert into t"), false) {
            @Override
            void run(Connection connection, int id) throws SQLException {
                connection.setAutoCommit(false);
                insert(connection, id);
                connection.commit();
            }
        },
        BATCH(query("insert into t"), false) {
            @Override
            void run(Connection connection, int id) throws SQLException {
                connection.setAutoCommit(false);
                batch(connection, id);
                connection.commit();
            }
        },
        COMMIT_METHOD(COMMIT, true) {
            @Override
            void run(Connection connection, int id) throws SQLException {
                connection.setAutoCommit(false);
                insert(connection, id);
                connection.commit();
            }
        },
        COMMIT_OF_BATCH(COMMIT, true) {
            @Override
            void run(Connection connection, int id) throws SQLException {
                connection.setAutoCommit(false);
                batch(connection, id);
                connection.commit();
            }
        },
        COMMIT_STATEMENT(COMMIT, true) {
            @Override
            void run(Connection connection, int id) throws SQLException {
                execute(connection, "begin", "insert into t values (" + id + ", 'x')", "/* app */ end");
            }
        },
        COMMIT_IN_TEXT(COMMIT, true) {
            @Override
            void run(Connection connection, int id) throws SQLException {
                execute(connection, "begin", "insert into t values (" + id + ", 'x'); COMMIT");
            }
        },
        AUTOCOMMIT_SWITCHED_ON(COMMIT, true) {
            @Override
            void run(Connection connection, int id) throws SQLException {
                connection.setAutoCommit(false);
                insert(connection, id);
                connection.setAutoCommit(true);
            }
        };

        private final MessageMatcher struck;
        private final boolean appliesItself;

        Work(MessageMatcher struck, boolean appliesItself) {
            this.struck = struck;
            this.appliesItself = appliesItself;
        }

        abstract void run(Connection connection, int id) throws SQLException;
    }

    static Stream<Arguments> everyWorkInEveryMode() {
        return Stream.of("simple", "extended", "extendedForPrepared", "extendedCacheEverything")
                .flatMap(mode -> Stream.of(Work.values()).map(work -> Arguments.of(mode, work)));
    }

    @ParameterizedTest
    @MethodSource("everyWorkInEveryMode")
    void cutBeforeSendingIsNeverApplied(String mode, Work work) throws Exception {
        Fault cut = proxy.on(work.struck).beforeSent().cut();

        cutOff(mode, work);

        assertThat(cut.awaitReached(SOON).message().executes()).isTrue();
        assertThat(rows()).isZero();
    }

    @ParameterizedTest
    @MethodSource("everyWorkInEveryMode")
    void cutAfterSendingIsAppliedByAServerThatLives(String mode, Work work) throws Exception {
        Fault cut = proxy.on(work.struck).afterSent().cut();

        cutOff(mode, work);

        cut.awaitReached(SOON);
        assertThat(rows()).isEqualTo(work.appliesItself ? expectedRows(work) : 0);
    }

    @ParameterizedTest
    @MethodSource("everyWorkInEveryMode")
    void cutAfterApplyingIsAppliedAndTheClientDoesNotKnow(String mode, Work work) throws Exception {
        AtomicInteger whileTheClientWaits = new AtomicInteger(-1);
        Fault cut = proxy.on(work.struck)
                .afterApplied()
                .meanwhile(hit -> whileTheClientWaits.set(rows()))
                .cut();

        cutOff(mode, work);

        cut.awaitReached(SOON);
        assertThat(rows()).isEqualTo(work.appliesItself ? expectedRows(work) : 0);
        assertThat(whileTheClientWaits.get()).isEqualTo(rows());
    }

    @ParameterizedTest
    @MethodSource("everyWorkInEveryMode")
    void resetAfterApplyingIsAppliedAndTheClientDoesNotKnow(String mode, Work work) throws Exception {
        Fault reset = proxy.on(work.struck).afterApplied().reset();

        cutOff(mode, work);

        reset.awaitReached(SOON);
        assertThat(rows()).isEqualTo(work.appliesItself ? expectedRows(work) : 0);
    }

    private int expectedRows(Work work) {
        return work == Work.COMMIT_OF_BATCH ? 3 : 1;
    }

    private void cutOff(String mode, Work work) throws SQLException {
        Connection connection = connect(mode);
        int pid = pidOf(connection);
        assertThatThrownBy(() -> work.run(connection, id))
                .isInstanceOfSatisfying(
                        SQLException.class,
                        e -> assertThat(e.getSQLState()).as(e.toString()).isEqualTo("08006"));
        connection.close();
        awaitSessionEnded(pid);
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "extended", "extendedForPrepared"})
    void lateCommitIsAppliedAfterItsClientIsDead(String mode) throws Exception {
        Hold late = proxy.on(COMMIT).beforeSent().hold();
        Connection connection = connect(mode);
        int pid = pidOf(connection);
        CompletableFuture<Void> work = async(() -> Work.COMMIT_METHOD.run(connection, id));
        late.awaitReached(SOON);
        assertThat(work).isNotDone();

        connection.abort(Runnable::run);
        assertThatThrownBy(() -> get(work)).isInstanceOf(ExecutionException.class);
        assertThat(rows()).isZero();
        assertThat(sessionExists(pid)).isTrue();
        late.release();

        awaitSessionEnded(pid);
        assertThat(rows()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "extended"})
    void heldAutocommitWriteIsLetThroughWholeAfterItsClientIsDead(String mode) throws Exception {
        Hold late = proxy.on(query("insert")).beforeSent().hold();
        Connection connection = connect(mode);
        int pid = pidOf(connection);
        CompletableFuture<Void> work = async(() -> insert(connection, id));
        late.awaitReached(SOON);
        connection.abort(Runnable::run);
        assertThatThrownBy(() -> get(work)).isInstanceOf(ExecutionException.class);

        late.release();

        awaitSessionEnded(pid);
        assertThat(rows()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "extended"})
    void heldAnswerComesOnReleaseAndTheClientNeverKnew(String mode) throws Exception {
        Hold answer = proxy.on(COMMIT).afterApplied().hold();
        try (Connection connection = connect(mode)) {
            CompletableFuture<Void> work = async(() -> Work.COMMIT_METHOD.run(connection, id));
            answer.awaitReached(SOON);
            assertThat(rows()).isEqualTo(1);
            assertThat(work).isNotDone();

            answer.release();

            get(work);
            assertThat(count(connection, "select count(*) from t where id = " + id))
                    .isEqualTo(1);
        }
    }

    @Test
    void answerIsHeldFromTheMomentOfSendingWhileTheServerStillWorks() throws Exception {
        execute(direct, "begin", "lock table t");
        Hold answer;
        CompletableFuture<Void> work;
        try (Connection connection = connect("extended")) {
            answer = proxy.on(query("insert")).afterSent().hold();
            work = async(() -> insert(connection, id));
            answer.awaitReached(SOON);
            assertThat(proxy.connection(pidOf(connection)).messages())
                    .noneMatch(each -> each.text().startsWith("INSERT"));
            execute(direct, "commit");
            answer.release();
            get(work);
        }
        assertThat(rows()).isEqualTo(1);
    }

    @Test
    void lockThiefChangesTheRowBeforeTheClientNotices() throws Exception {
        insert(direct, id);
        Connection connection = connect("extended");
        connection.setAutoCommit(false);
        execute(connection, "update t set note = 'mine' where id = " + id);
        AtomicReference<Instant> stolen = new AtomicReference<>();
        Fault cut = proxy.on(COMMIT)
                .beforeSent()
                .meanwhile(hit -> {
                    execute(direct, "set lock_timeout = '3s'", "update t set note = 'stolen' where id = " + id);
                    stolen.set(Instant.now());
                })
                .cut();

        assertThatThrownBy(connection::commit).isInstanceOf(SQLException.class);

        assertThat(stolen.get()).isNotNull().isBeforeOrEqualTo(Instant.now());
        cut.awaitReached(SOON);
        assertThat(count(direct, "select count(*) from t where note = 'stolen' and id = " + id))
                .isEqualTo(1);
    }

    @Test
    void serverThatIsKilledAtThePointNeverAnswers() throws Exception {
        Fault kill = proxy.on(COMMIT)
                .beforeSent()
                .meanwhile(hit -> execute(
                        direct,
                        "select pg_terminate_backend("
                                + hit.connection().serverPid().getAsInt() + ", 5000)"))
                .proceed();
        Connection connection = connect("extended");

        assertThatThrownBy(() -> Work.COMMIT_METHOD.run(connection, id))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57P01"));

        kill.awaitReached(SOON);
        assertThat(rows()).isZero();
    }

    @Test
    void nthIsCountedOnTheChosenConnectionOnly() throws Exception {
        try (Connection chosen = connect("extended");
                Connection other = connect("extended")) {
            Fault cut = proxy.on(query("insert"))
                    .nth(2)
                    .onServerPid(pidOf(chosen))
                    .beforeSent()
                    .cut();
            insert(other, id);
            insert(other, id);
            insert(chosen, id);

            assertThatThrownBy(() -> insert(chosen, id)).isInstanceOf(SQLException.class);
            insert(other, id);

            assertThat(cut.awaitReached(SOON).connection().isOpen()).isFalse();
            assertThat(cut.hits()).hasSize(1);
            assertThat(rows()).isEqualTo(4);
        }
    }

    @Test
    void alwaysStrikesUntilDisarmed() throws Exception {
        Fault cut = proxy.on(COMMIT).always().afterApplied().cut();
        for (int i = 0; i < 3; i++) {
            cutOff("extended", Work.COMMIT_METHOD);
        }
        cut.disarm();
        try (Connection connection = connect("extended")) {
            Work.COMMIT_METHOD.run(connection, id);
        }
        assertThat(cut.awaitReached(3, SOON)).hasSize(3);
        assertThat(rows()).isEqualTo(4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PARSE", "BIND", "EXECUTE", "SYNC"})
    void singleMessagesOfTheExtendedProtocolCanBeStruck(MessageKind kind) throws Exception {
        Connection connection = connect("extended");
        int pid = pidOf(connection);
        Fault cut = proxy.on(message(kind)).afterSent().cut();

        assertThatThrownBy(() -> insert(connection, id)).isInstanceOf(SQLException.class);

        cut.awaitReached(SOON);
        awaitSessionEnded(pid);
        // Outside a transaction block it is SYNC that commits.
        assertThat(rows()).isEqualTo(kind == MessageKind.SYNC ? 1 : 0);
    }

    @Test
    void executionInTheMiddleOfABatchIsStruck() throws Exception {
        Connection connection = connect("extended");
        connection.setAutoCommit(false);
        insert(connection, id);
        Fault cut = proxy.on(query("insert")).nth(2).beforeSent().cut();

        assertThatThrownBy(() -> batch(connection, id)).isInstanceOf(SQLException.class);

        assertThat(cut.awaitReached(SOON).message().kind()).isEqualTo(MessageKind.EXECUTE);
    }

    @Test
    void frozenDirectionIsSilentWithOpenSocketsAndThawLosesNothing() throws Exception {
        try (Connection connection = connect("extended")) {
            proxy.freeze(Direction.TO_CLIENT);
            CompletableFuture<Void> work = async(() -> insert(connection, id));
            assertThat(Await.until("it is applied", SOON, Duration.ofMillis(2), () -> rowsQuietly() == 1))
                    .isTrue();
            assertThat(work).isNotDone();
            proxy.thaw();
            get(work);

            proxy.freeze();
            CompletableFuture<Void> frozen = async(() -> insert(connection, id));
            CompletableFuture<Connection> waiting = new CompletableFuture<>();
            CompletableFuture<Void> newcomer = async(() -> waiting.complete(connect("extended")));
            awaitMessages(connection, 2, "insert");
            assertThat(rows()).isEqualTo(1);
            assertThat(frozen).isNotDone();
            assertThat(newcomer).isNotDone();
            proxy.thaw(Direction.TO_SERVER);
            proxy.thaw(Direction.TO_CLIENT);
            get(frozen);
            get(newcomer);
            waiting.join().close();
        }
        assertThat(rows()).isEqualTo(2);
    }

    @Test
    void connectionFreezesAtAPointUntilReleased() throws Exception {
        Hold freeze = proxy.on(COMMIT).afterSent().freeze();
        try (Connection connection = connect("extended");
                Connection other = connect("extended")) {
            CompletableFuture<Void> work = async(() -> Work.COMMIT_METHOD.run(connection, id));
            freeze.awaitReached(SOON);
            insert(other, id);
            assertThat(work).isNotDone();

            freeze.release();

            get(work);
            insert(connection, id);
        }
    }

    @Test
    void delayedCommitIsLateAndSucceeds() throws Exception {
        Fault delay = proxy.on(COMMIT).beforeSent().delay(Duration.ofMillis(150));
        try (Connection connection = connect("extended")) {
            long began = System.nanoTime();
            Work.COMMIT_METHOD.run(connection, id);
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(Duration.ofMillis(150));
        }
        delay.awaitReached(SOON);
    }

    @Test
    void resultBreaksOffInTheMiddleOfItsRows() throws Exception {
        try (Connection connection = connect("extended")) {
            connection.setAutoCommit(false);
            Fault cut = proxy.on(query("generate_series")).nth(2).afterRows(4).cut();
            try (Statement statement = connection.createStatement()) {
                statement.setFetchSize(10);
                ResultSet rows = statement.executeQuery("select * from generate_series(1, 100)");
                for (int i = 0; i < 10; i++) {
                    assertThat(rows.next()).isTrue();
                }
                assertThatThrownBy(rows::next)
                        .isInstanceOfSatisfying(
                                SQLException.class,
                                e -> assertThat(e.getSQLState()).isEqualTo("08006"));
            }
            cut.awaitReached(SOON);
        }
    }

    @Test
    void copyPassesAndIsStruckAtItsEndOrInItsMiddle() throws Exception {
        String line = id + "\tcopied\n";
        try (Connection connection = connect("extended")) {
            assertThat(copyIn(connection, line.repeat(3))).isEqualTo(3);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            assertThat(connection
                            .unwrap(PGConnection.class)
                            .getCopyAPI()
                            .copyOut("COPY (select * from t where id = " + id + ") TO STDOUT", out))
                    .isEqualTo(3);
            assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo(line.repeat(3));

            Fault cut = proxy.on(query("copy t")).afterApplied().cut();
            assertThatThrownBy(() -> copyIn(connection, line)).isInstanceOf(SQLException.class);
            cut.awaitReached(SOON);
            assertThat(rows()).isEqualTo(4);
        }
        Connection connection = connect("extended");
        int pid = pidOf(connection);
        Fault cut = proxy.on(message(MessageKind.COPY_DATA)).beforeSent().cut();
        assertThatThrownBy(() -> copyIn(connection, line)).isInstanceOf(SQLException.class);
        cut.awaitReached(SOON);
        awaitSessionEnded(pid);
        assertThat(rows()).isEqualTo(4);
    }

    private static long copyIn(Connection connection, String lines) throws Exception {
        CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
        return copy.copyIn("COPY t FROM STDIN", new ByteArrayInputStream(lines.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void cancelRequestsPass() throws Exception {
        try (Connection connection = connect("extended");
                Statement statement = connection.createStatement()) {
            CompletableFuture<Void> sleep = async(() -> statement.execute("select pg_sleep(30)"));
            awaitMessages(connection, 1, "pg_sleep");
            assertThat(Await.until("it is active", SOON, Duration.ofMillis(2), () -> isActive(connection)))
                    .isTrue();

            statement.cancel();

            assertThatThrownBy(() -> get(sleep)).hasRootCauseMessage("ERROR: canceling statement due to user request");
            execute(connection, "select 1");
        }
    }

    @Test
    void tlsIsRefusedToWhomInsistsAndDispensableToOthers() throws Exception {
        assertThatThrownBy(() -> connect(proxy.endpoint(), "extended", "require"))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("SSL");
        try (Connection connection = connect(proxy.endpoint(), "extended", "prefer")) {
            execute(connection, "select 1");
        }
    }

    @Test
    void logTellsWhatWasSaidButNoValue() throws Exception {
        try (Connection connection = connect("simple")) {
            try (PreparedStatement insert = connection.prepareStatement("insert into t values (?, ?)")) {
                insert.setInt(1, id);
                insert.setString(2, "confidential");
                insert.executeUpdate();
            }
            assertThatThrownBy(() -> execute(connection, "select 1/0")).isInstanceOf(SQLException.class);
            List<LoggedMessage> log = proxy.connection(pidOf(connection)).messages();

            assertThat(log.toString())
                    .contains("insert into t values", "INSERT 0 1", "22012")
                    .doesNotContain("confidential")
                    .doesNotContain(pair.application().password());
            assertThat(log).extracting(LoggedMessage::kind).startsWith(MessageKind.STARTUP);
        }
        assertThat(proxied.proxies()).containsExactly(proxy, proxied.proxy(pair.node("b")));
        assertThat(proxied.endpoints()).contains(proxy.endpoint());
        try (Connection standby = proxied.dataSource("b", pair.application()).getConnection()) {
            assertThat(standby.isReadOnly()).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "extended"})
    void everythingPassesUnchangedHoweverItIsSegmented(String mode) throws Exception {
        long seed = System.nanoTime();
        System.out.println("Segments are drawn with seed " + seed);
        try (RandomSegments behind = new RandomSegments(pair.node("a").endpoint(), seed);
                FaultProxy between = FaultProxy.to(behind.endpoint(), WireProtocol.postgres());
                RandomSegments before = new RandomSegments(between.endpoint(), seed + 1);
                Connection connection = connect(before.endpoint(), mode, "disable")) {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(
                            "select n, repeat(chr(65 + n % 26), n % 1000) from generate_series(1, 2000) n")) {
                for (int n = 1; n <= 2_000; n++) {
                    assertThat(rows.next()).isTrue();
                    assertThat(rows.getString(2))
                            .isEqualTo(Character.toString(65 + n % 26).repeat(n % 1_000));
                }
                assertThat(rows.next()).isFalse();
            }
            try (PreparedStatement insert = connection.prepareStatement("insert into t values (?, ?)")) {
                for (int i = 0; i < 400; i++) {
                    insert.setInt(1, id);
                    insert.setString(2, "y".repeat(i));
                    insert.addBatch();
                }
                insert.setInt(1, id);
                insert.setString(2, "z".repeat(300_000));
                insert.addBatch();
                assertThat(insert.executeBatch()).hasSize(401).containsOnly(1);
            }
            assertThat(copyIn(connection, (id + "\tcopied\n").repeat(3_000))).isEqualTo(3_000);
            Fault cut = between.on(COMMIT).afterApplied().cut();
            assertThatThrownBy(connection::commit).isInstanceOf(SQLException.class);
            cut.awaitReached(SOON);
        }
        assertThat(rows()).isEqualTo(3_401);
        assertThat(count(direct, "select max(length(note)) from t where id = " + id))
                .isEqualTo(300_000);
    }

    @Test
    void connectionsInNumbersLeaveNothing() throws Exception {
        try (FaultProxy own = FaultProxy.inFrontOf(pair.node("a"))) {
            own.on(COMMIT).always().afterApplied().cut();
            for (int i = 0; i < 60; i++) {
                Connection connection = connect(own.endpoint(), "extended", "disable");
                if (i % 2 == 0) {
                    assertThatThrownBy(() -> Work.COMMIT_METHOD.run(connection, id))
                            .isInstanceOf(SQLException.class);
                }
                connection.close();
            }
            String prefix = "switchover4j-fault-" + own.endpoint().port() + "-";
            assertThat(Await.until(
                            "all threads but the acceptor have ended",
                            SOON,
                            Duration.ofMillis(2),
                            () -> threads(prefix) == 1))
                    .isTrue();
            assertThat(own.connections()).isEmpty();
            assertThat(own.opened()).isEqualTo(60);
        }
        assertThat(rows()).isEqualTo(30);
    }

    @Test
    void statementIsKnownAlsoOnceTheServerHasPreparedIt() throws Exception {
        Connection connection = connect("extended");
        Fault cut = proxy.on(query("insert into t")).nth(9).beforeSent().cut();
        try (PreparedStatement insert = connection.prepareStatement("insert into t values (?, ?)")) {
            insert.setInt(1, id);
            insert.setString(2, "x");
            for (int i = 0; i < 8; i++) {
                insert.executeUpdate();
            }
            ProxiedConnection watched = proxy.connection(pidOf(connection));
            assertThat(watched.messages())
                    .filteredOn(each ->
                            each.kind() == MessageKind.PARSE && each.text().startsWith("insert"))
                    .hasSizeLessThan(8);
            assertThatThrownBy(insert::executeUpdate).isInstanceOf(SQLException.class);
        }
        cut.awaitReached(SOON);
        assertThat(rows()).isEqualTo(8);
    }

    @Test
    void randomFaultsOfManyWorkersDoWhatTheySay() throws Exception {
        randomFaults(4, 30);
    }

    @Test
    @Tag("soak")
    @Timeout(900)
    void randomFaultsOfManyWorkersDoWhatTheySayForLong() throws Exception {
        randomFaults(8, 1_500);
    }

    private static void randomFaults(int workers, int rounds) throws Exception {
        long seed = System.nanoTime();
        System.out.println("Faults are drawn with seed " + seed);
        List<CompletableFuture<Void>> running = new ArrayList<>();
        for (int worker = 0; worker < workers; worker++) {
            Random random = new Random(seed + worker);
            running.add(async(() -> {
                try (Connection judge =
                        pair.node("a").dataSource(pair.application()).getConnection()) {
                    for (int i = 0; i < rounds; i++) {
                        randomFault(random, judge);
                    }
                }
            }));
        }
        for (CompletableFuture<Void> worker : running) {
            worker.get(10, TimeUnit.MINUTES);
        }
        String prefix = "switchover4j-fault-" + proxy.endpoint().port() + "-";
        assertThat(Await.until("only the acceptor is left", SOON, Duration.ofMillis(2), () -> threads(prefix) == 1))
                .isTrue();
        assertThat(proxy.connections()).isEmpty();
    }

    private static void randomFault(Random random, Connection judge) throws Exception {
        int own = IDS.incrementAndGet();
        Work work = Work.values()[random.nextInt(Work.values().length)];
        String mode = List.of("simple", "extended", "extendedForPrepared").get(random.nextInt(3));
        int phase = random.nextInt(3);
        int ending = random.nextInt(6);
        String what = "%s %s phase %d ending %d row %d".formatted(work, mode, phase, ending, own);
        Connection connection = connect(mode);
        int pid = pidOf(connection);
        FaultTrigger trigger = proxy.on(work.struck).onServerPid(pid);
        FaultPoint point = switch (phase) {
            case 0 -> trigger.beforeSent();
            case 1 -> trigger.afterSent();
            default -> trigger.afterApplied();
        };
        boolean arrives = phase > 0;
        boolean lives = false;
        Fault fault;
        if (ending == 0) {
            fault = point.cut();
        } else if (ending == 1 && phase != 1) {
            // The server may or may not read what was sent right before a reset.
            fault = point.reset();
        } else if (ending == 2) {
            fault = point.delay(Duration.ofMillis(random.nextInt(5)));
            lives = true;
        } else if (ending == 3) {
            fault = point.freeze();
            lives = true;
        } else {
            fault = point.hold();
            lives = ending == 4;
            arrives = true;
        }
        CompletableFuture<Void> running = async(() -> work.run(connection, own));
        fault.awaitReached(SOON);
        if (fault instanceof Hold hold) {
            if (!lives) {
                connection.abort(Runnable::run);
                assertThatThrownBy(() -> get(running)).as(what).isInstanceOf(ExecutionException.class);
            }
            hold.release();
        }
        if (lives) {
            get(running);
        } else {
            assertThatThrownBy(() -> get(running)).as(what).isInstanceOf(ExecutionException.class);
        }
        connection.close();
        String session = "select count(*) from pg_stat_activity where pid = " + pid;
        assertThat(Await.until(
                        "the session has ended",
                        SOON,
                        Duration.ofMillis(1),
                        () -> quietly(() -> count(judge, session) == 0)))
                .as(what)
                .isTrue();
        int all = work == Work.BATCH || work == Work.COMMIT_OF_BATCH ? 3 : 1;
        assertThat(count(judge, "select count(*) from t where id = " + own))
                .as(what)
                .isEqualTo(lives || (arrives && work.appliesItself) ? all : 0);
    }

    private static long threads(String prefix) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(prefix))
                .count();
    }

    /** Prints what passing through costs; asserts nothing about time. */
    @Test
    void ratioOfThroughputIsPrinted() throws Exception {
        try (Connection through = connect("extended");
                Connection past = connect(pair.node("a").endpoint(), "extended", "disable")) {
            List<Double> points = new ArrayList<>();
            List<Double> rows = new ArrayList<>();
            for (int i = 0; i < 7; i++) {
                points.add(time(past, "select 1", 300) / time(through, "select 1", 300));
                String many = "select n, 'a text of some length' from generate_series(1, 20000) n";
                rows.add(time(past, many, 2) / time(through, many, 2));
            }
            Collections.sort(points);
            Collections.sort(rows);
            System.out.printf(
                    "Throughput through the proxy beside none, median of 7: SELECT 1 %.2f, 20,000 rows %.2f%n",
                    points.get(3), rows.get(3));
            assertThat(proxy.count(MessageKind.DATA_ROW)).isGreaterThanOrEqualTo(7 * 40_300);
        }
    }

    private static double time(Connection connection, String sql, int times) throws SQLException {
        long began = System.nanoTime();
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < times; i++) {
                statement.executeQuery().close();
            }
        }
        return System.nanoTime() - began;
    }

    private interface Task {
        void run() throws Exception;
    }

    private static CompletableFuture<Void> async(Task task) {
        CompletableFuture<Void> result = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                task.run();
                result.complete(null);
            } catch (Exception e) {
                result.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return result;
    }

    private static void get(CompletableFuture<Void> result) throws Exception {
        result.get(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    private static Connection connect(String mode) throws SQLException {
        return connect(proxy.endpoint(), mode, "disable");
    }

    private static Connection connect(Endpoint at, String mode, String sslMode) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", pair.application().user());
        properties.setProperty("password", pair.application().password());
        properties.setProperty("preferQueryMode", mode);
        properties.setProperty("sslmode", sslMode);
        properties.setProperty("socketTimeout", "30");
        return DriverManager.getConnection("jdbc:postgresql://" + at + "/app", properties);
    }

    private static int pidOf(Connection connection) throws SQLException {
        return connection.unwrap(PGConnection.class).getBackendPID();
    }

    private static void awaitMessages(Connection connection, int times, String sql) throws SQLException {
        ProxiedConnection watched = proxy.connection(pidOf(connection));
        assertThat(Await.until(
                        "the message is there",
                        SOON,
                        Duration.ofMillis(1),
                        () -> watched.messages().stream()
                                        .filter(each -> each.kind() == MessageKind.EXECUTE
                                                && each.text().contains(sql))
                                        .count()
                                >= times))
                .isTrue();
    }

    private static boolean isActive(Connection connection) {
        return quietly(() -> count(
                        direct,
                        "select count(*) from pg_stat_activity where state = 'active' and pid = " + pidOf(connection))
                == 1);
    }

    private static void awaitSessionEnded(int pid) {
        assertThat(Await.until("the session has ended", SOON, Duration.ofMillis(1), () -> !sessionExists(pid)))
                .isTrue();
    }

    private static boolean sessionExists(int pid) {
        return quietly(() -> count(direct, "select count(*) from pg_stat_activity where pid = " + pid) == 1);
    }

    private int rowsQuietly() {
        return quietly(this::rows);
    }

    private static <T> T quietly(Callable<T> call) {
        try {
            return call.call();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private int rows() throws SQLException {
        return count(direct, "select count(*) from t where id = " + id);
    }

    private static int count(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getInt(1);
        }
    }

    private static void execute(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static void insert(Connection connection, int id) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("insert into t values (?, ?)")) {
            insert.setInt(1, id);
            insert.setString(2, "x");
            insert.executeUpdate();
        }
    }

    private static void batch(Connection connection, int id) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("insert into t values (?, ?)")) {
            for (int i = 0; i < 3; i++) {
                insert.setInt(1, id);
                insert.setString(2, "x");
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }
}
