package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;
import io.switchover4j.TimeSource;
import io.switchover4j.jdbc.CommitLedger;
import io.switchover4j.testkit.PostgresPair;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/**
 * Random sequences of calls, without any fault, on a connection of the pool and on a logical one over another: they must not
 * be told apart by any answer, value, warning or error. A failure names the seed that shows it again:
 * {@code -Dswitchover4j.sequence=SEED}.
 */
final class RandomSequencesIT {

    private static final int SEQUENCES = 400;
    private static final int MANY_SEQUENCES = 1_000_000;
    private static final int PROGRESS = 20_000;
    private static final int MOST_CALLS = 12;
    private static final int MOST_DIFFERENCES = Integer.getInteger("switchover4j.differences", 10);
    private static final CommitLedger LEDGER = CommitLedger.table("switchover4j_commit");

    /**
     * The driver complains about an answer (it closed the statement on its completion, or sets a direction that its rows do not have)
     * before it reads that the commit behind it has failed. With a ledger the commit comes later, and its failure is told alone.
     */
    private static final Pattern COMPLAINS_TOO_EARLY = Pattern.compile(
            "(55000 This statement has been closed|24000 Operation requires a scrollable ResultSet[^.]*)"
                    + "\\. PSQLException 23505 ");

    /** The driver has lost its connection within a call that failed for another reason, which the pool here does not see. */
    private static final String LOST_UNSEEN = " failed: PSQLException 08003 This connection has been closed.";

    private static PostgresPair pair;

    private final Queue<String> differences = new ConcurrentLinkedQueue<>();

    @BeforeAll
    static void start() throws SQLException {
        // No durability: nothing is ever crashed here.
        pair = PostgresPair.builder()
                .setting("fsync", "off")
                .setting("synchronous_commit", "off")
                .setting("full_page_writes", "off")
                // Each TRUNCATE searches all of them.
                .setting("shared_buffers", "16MB")
                .start();
        // It would replay all that, for nobody.
        pair.node("b").stop();
        // Many connections are made; by default their passwords cost more than everything else.
        try (Connection superuser = pair.node("a").connect();
                Statement statement = superuser.createStatement()) {
            statement.execute(
                    "SELECT set_config(name, '1', false) FROM pg_catalog.pg_settings WHERE name = 'scram_iterations'");
            statement.execute("ALTER ROLE %s PASSWORD '%s'"
                    .formatted(pair.application().user(), pair.application().password()));
        }
    }

    @AfterAll
    static void stop() {
        pair.close();
    }

    @Test
    void noSequenceOfCallsTellsThemApart() throws Exception {
        Long again = Long.getLong("switchover4j.sequence");
        long seed = again == null ? ThreadLocalRandom.current().nextLong() : again;
        System.out.println("seed " + seed);
        try (Sides sides = new Sides("one")) {
            for (int i = 0; i < (again == null ? SEQUENCES : 1) && differences.size() < MOST_DIFFERENCES; i++) {
                compare(sides, seed + i);
            }
        }
        assertThat(differences).isEmpty();
    }

    /** For {@code -Dswitchover4j.seconds=600}, but not more than a million. */
    @Test
    @Tag("soak")
    void aMillionSequencesOfCallsDoNotTellThemApart() throws Exception {
        int threads = Integer.getInteger("switchover4j.threads", 2);
        long seconds = Long.getLong("switchover4j.seconds", 600);
        long seed = ThreadLocalRandom.current().nextLong();
        System.out.println("seed " + seed);
        long began = System.nanoTime();
        AtomicLong next = new AtomicLong();
        AtomicLong done = new AtomicLong();
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        List<Future<?>> running = new ArrayList<>();
        for (int thread = 0; thread < threads; thread++) {
            String name = "soak" + thread;
            running.add(executor.submit(() -> {
                try (Sides sides = new Sides(name)) {
                    long until = began + Duration.ofSeconds(seconds).toNanos();
                    while (System.nanoTime() - until < 0 && differences.size() < MOST_DIFFERENCES) {
                        long number = next.getAndIncrement();
                        if (number >= MANY_SEQUENCES) {
                            break;
                        }
                        compare(sides, seed + number);
                        if (done.incrementAndGet() % PROGRESS == 0) {
                            System.out.printf("%d sequences, %d differences%n", done.get(), differences.size());
                        }
                    }
                }
                return null;
            }));
        }
        executor.shutdown();
        for (Future<?> one : running) {
            one.get();
        }
        double took = (System.nanoTime() - began) / 1e9;
        System.out.printf("%d sequences in %.0f s, %.0f a second%n", done.get(), took, done.get() / took);
        assertThat(differences).isEmpty();
    }

    private void compare(Sides sides, long seed) {
        try {
            String difference = sides.sequence(seed);
            if (difference != null) {
                differences.add(difference);
            }
        } catch (SQLException | RuntimeException e) {
            throw new IllegalStateException("sequence " + seed + " was not compared", e);
        }
    }

    /** A plain connection and a logical one, each on a database of its own that holds the same. */
    private static final class Sides implements AutoCloseable {

        private final HikariDataSource plain;
        private final HikariDataSource beneath;
        private final Ledger marks = new Ledger(
                "same",
                LedgerOptions.of(LedgerTable.parse("switchover4j_commit")),
                TimeSource.system(),
                new LedgerCounters());
        private final List<@Nullable String> untouched;
        private int plainSession;
        private int beneathSession;

        Sides(String name) throws SQLException {
            plain = pool("plain_" + name);
            beneath = pool("logical_" + name);
            plainSession = session(plain);
            beneathSession = session(beneath);
            try (Connection connection = plain.getConnection();
                    Statement statement = connection.createStatement()) {
                untouched = committed(statement);
            }
        }

        private static HikariDataSource pool(String database) throws SQLException {
            try (Connection superuser = pair.node("a").connect();
                    Statement statement = superuser.createStatement()) {
                statement.execute("CREATE DATABASE " + database + " OWNER "
                        + pair.application().user());
            }
            LEDGER.createTable(pair.node("a").dataSource(pair.superuser(), database));
            try (Connection owner = pair.node("a")
                            .dataSource(pair.application(), database)
                            .getConnection();
                    Statement statement = owner.createStatement()) {
                for (String sql : RandomSql.SCHEMA) {
                    statement.execute(sql);
                }
            }
            var config = new HikariConfig();
            // What the driver remembers of the statements before would tell two physical connections apart.
            config.setJdbcUrl(pair.node("a").url(database) + "?preparedStatementCacheQueries=0");
            config.setUsername(pair.application().user());
            config.setPassword(pair.application().password());
            config.setMaximumPoolSize(1);
            // By default the pool closes a connection whose driver says that it does not have a feature.
            config.setExceptionOverride(new NeverEvict());
            return new HikariDataSource(config);
        }

        /** Returns what told the two apart; null if nothing did. */
        @Nullable
        String sequence(long seed) throws SQLException {
            var random = new SplittableRandom(seed);
            var traffic = new FakeTraffic(NodePools.of("a", beneath));
            traffic.dialect = new PostgresDialect();
            traffic.patience = Duration.ofSeconds(2);
            boolean replay = random.nextInt(8) > 0;
            traffic.replayOptions = new ReplayOptions(replay, 1 << random.nextInt(8, 17), new ReplayCounters());
            traffic.ledger = random.nextInt(4) == 0 ? marks : null;
            List<String> story = new ArrayList<>();
            String difference = null;
            boolean lost = false;
            try (Connection expected = plain.getConnection();
                    Connection actual = LogicalConnection.open(traffic)) {
                // A pool that does not see that a transaction is open commits it when it sets autocommit back.
                var left = new RandomCalls(expected, true);
                var right = new RandomCalls(actual, false);
                int length = 1 + random.nextInt(MOST_CALLS);
                for (int call = 0; call < length && difference == null; call++) {
                    long each = random.nextLong();
                    String answer = left.call(each);
                    story.add(answer);
                    if (answer.contains(" 08006 ")) {
                        // A stream that ends early costs the driver its connection: nothing is alike from here on.
                        lost = true;
                        difference = notLost(right.call(each), traffic.replayOptions.counters());
                        break;
                    }
                    if (COMPLAINS_TOO_EARLY.matcher(answer).find()) {
                        lost = true;
                        difference = right.call(each).contains(" 23505 ") ? null : "expected: the violation";
                        break;
                    }
                    difference = difference(answer, right.call(each));
                    if (answer.contains(RandomCalls.ASSERTION) || answer.endsWith(LOST_UNSEEN)) {
                        lost = true;
                        break;
                    }
                }
                if (difference == null && !lost) {
                    difference = difference(left.state(), right.state());
                }
                if (random.nextInt(20) > 0) {
                    left.closeHandles();
                    right.closeHandles();
                }
                left.close();
                right.close();
                if (lost || left.closedBadly) {
                    // Neither keeps what no pool sets back.
                    evictBoth();
                }
                assertThat(right.closedBadly).isFalse();
                difference = difference == null ? difference(left.state(), right.state()) : difference;
            }
            String kept = "committed: " + clean(plain);
            String keptHere = "committed: " + clean(beneath);
            difference = difference == null && !lost ? difference(kept, keptHere) : difference;
            makeSameAge();
            return difference == null
                    ? null
                    : "sequence %d%s:%n  %s%n%s%n"
                            .formatted(
                                    seed,
                                    traffic.ledger == null ? "" : " with a ledger",
                                    String.join("\n  ", story),
                                    difference);
        }

        /** The logical connection says in its own way that its physical one is lost, or has healed that. */
        private static @Nullable String notLost(String actual, ReplayCounters replays) {
            boolean says = replays.snapshot().replayed() > 0
                    || actual.contains(" failed: UnitNotAppliedException ")
                    || actual.contains(" failed: UnitOutcomeUnknownException ");
            return says ? null : "expected: the loss\n but was: " + actual;
        }

        private static @Nullable String difference(String expected, String actual) {
            return actual.equals(expected) ? null : "expected: " + expected + "\n but was: " + actual;
        }

        private void evictBoth() {
            plain.getHikariPoolMXBean().softEvictConnections();
            beneath.getHikariPoolMXBean().softEvictConnections();
        }

        /** Drivers remember what they asked of the metadata: as much on both sides only if both began with the same sequence. */
        private void makeSameAge() throws SQLException {
            if (session(plain) != plainSession || session(beneath) != beneathSession) {
                evictBoth();
                plainSession = session(plain);
                beneathSession = session(beneath);
            }
        }

        private static int session(HikariDataSource pool) throws SQLException {
            try (Connection connection = pool.getConnection()) {
                return connection.unwrap(PGConnection.class).getBackendPID();
            }
        }

        /** Returns what was committed. */
        private List<@Nullable String> clean(HikariDataSource pool) throws SQLException {
            try (Connection connection = pool.getConnection();
                    Statement statement = connection.createStatement()) {
                // What pools do not set back, and not every physical connection outlives both sides alike.
                connection.setHoldability(ResultSet.CLOSE_CURSORS_AT_COMMIT);
                // Pools do not see a transaction that text began.
                statement.execute("rollback");
                statement.execute("discard all");
                List<@Nullable String> committed = committed(statement);
                statement.execute(RandomSql.CLEAN_SEQUENCES);
                for (int i = 0; i < committed.size(); i++) {
                    if (!Objects.equals(committed.get(i), untouched.get(i))) {
                        statement.execute(RandomSql.CLEAN[i]);
                    }
                }
                return committed;
            }
        }

        private static List<@Nullable String> committed(Statement statement) throws SQLException {
            try (ResultSet row = statement.executeQuery(RandomSql.COMMITTED)) {
                row.next();
                List<@Nullable String> columns = new ArrayList<>();
                for (int i = 1; i <= RandomSql.CLEAN.length; i++) {
                    columns.add(row.getString(i));
                }
                return columns;
            }
        }

        @Override
        public void close() {
            plain.close();
            beneath.close();
        }
    }

    private static final class NeverEvict implements SQLExceptionOverride {

        @java.lang.Override
        public Override adjudicate(SQLException error) {
            return Override.DO_NOT_EVICT;
        }
    }
}
