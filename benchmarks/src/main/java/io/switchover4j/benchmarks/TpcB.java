package io.switchover4j.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.jdbc.CommitLedger;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.testkit.PostgresPair;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.NullUnmarked;

/**
 * Throughput of TPC-B-like transactions, 8 threads, beside that of the pool alone. The contestants take turns in short slices
 * whose order is drawn anew in each round; a ratio compares slices of the same round. The pool alone runs twice: the ratio of
 * its two figures shows the noise.
 *
 * <pre>{@code TpcB [rounds] [milliseconds of a slice] [preferQueryMode]}</pre>
 */
@NullUnmarked
public final class TpcB {

    private static final int THREADS = 8;
    private static final int BRANCHES = 32;
    private static final int TELLERS = 10 * BRANCHES;
    private static final int ACCOUNTS = 1_000 * BRANCHES;
    private static final int WARM_UP_ROUNDS = 3;
    private static final CommitLedger LEDGER = CommitLedger.table("switchover4j_commit");

    private enum Contestant {
        POOL("HikariCP alone"),
        POOL_AGAIN("HikariCP alone, once more (the control)"),
        NO_REPLAY("with us over it, replay off"),
        REPLAY("with us over it, replay on"),
        LEDGER("with us over it, replay and commit ledger on");

        private final String title;

        Contestant(String title) {
            this.title = title;
        }
    }

    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    private final Map<Contestant, DataSource> contestants = new EnumMap<>(Contestant.class);
    private final PostgresPair pair;
    private final String mode;

    private TpcB(String synchronousCommit, String mode) throws SQLException {
        this.mode = mode;
        pair = PostgresPair.builder()
                .setting("synchronous_commit", synchronousCommit)
                .setting("shared_buffers", "128MB")
                .start();
        resources.push(pair);
        fill();
        LEDGER.createTable(pair.node("a").dataSource(pair.superuser()));
        contestants.put(Contestant.POOL, pool("a"));
        contestants.put(Contestant.POOL_AGAIN, pool("a"));
        contestants.put(Contestant.NO_REPLAY, over(ours().replay(false)));
        contestants.put(Contestant.REPLAY, over(ours()));
        contestants.put(Contestant.LEDGER, over(ours().commitLedger(LEDGER)));
    }

    private void fill() throws SQLException {
        try (Connection connection =
                        pair.node("a").dataSource(pair.application()).getConnection();
                Statement statement = connection.createStatement()) {
            for (String table : List.of("branches", "tellers", "accounts")) {
                int rows = table.equals("branches") ? BRANCHES : table.equals("tellers") ? TELLERS : ACCOUNTS;
                statement.execute(
                        "CREATE TABLE %s (id int PRIMARY KEY, balance bigint, filler char(80)) WITH (fillfactor = 50)"
                                .formatted(table));
                statement.execute(
                        "INSERT INTO %s SELECT g, 0, '' FROM generate_series(0, %d) g".formatted(table, rows - 1));
            }
            statement.execute("CREATE TABLE history (teller int, branch int, account int, delta int, at timestamptz)");
            statement.execute("ANALYZE");
        }
        pair.awaitStreaming();
    }

    private HikariDataSource pool(String node) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(pair.node(node).url(PostgresPair.APPLICATION_DATABASE) + "?preferQueryMode=" + mode);
        config.setUsername(pair.application().user());
        config.setPassword(pair.application().password());
        config.setMaximumPoolSize(THREADS);
        HikariDataSource pool = new HikariDataSource(config);
        resources.push(pool);
        return pool;
    }

    private ReconnectingDataSource.Builder ours() {
        return ReconnectingDataSource.builder().node("a", pool("a")).node("b", pool("b"));
    }

    private DataSource over(ReconnectingDataSource.Builder builder) {
        ReconnectingDataSource built = builder.build();
        resources.push(built);
        return built;
    }

    /** Runs the comparison with a durable commit and without. */
    public static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 15;
        long slice = args.length > 1 ? Long.parseLong(args[1]) : 700;
        String mode = args.length > 2 ? args[2] : "extended";
        for (String synchronousCommit : List.of("on", "off")) {
            TpcB benchmark = new TpcB(synchronousCommit, mode);
            try {
                Map<Contestant, double[]> rates = benchmark.run(rounds, slice);
                System.out.printf(
                        "%nsynchronous_commit=%s, fsync on, preferQueryMode=%s, %d rounds of %d ms%n",
                        synchronousCommit, mode, rounds, slice);
                report(rates);
            } finally {
                benchmark.close();
            }
        }
    }

    private static void report(Map<Contestant, double[]> rates) {
        double[] alone = rates.get(Contestant.POOL);
        rates.forEach((contestant, each) -> {
            double[] ratios = new double[each.length];
            for (int i = 0; i < each.length; i++) {
                ratios[i] = each[i] / alone[i];
            }
            System.out.printf(
                    "| %s | %.0f tps | %.2f [%.2f %.2f] |%n",
                    contestant.title,
                    quantile(each, 0.5),
                    quantile(ratios, 0.5),
                    quantile(ratios, 0.25),
                    quantile(ratios, 0.75));
        });
    }

    private static double quantile(double[] values, double which) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.round(which * (sorted.length - 1))];
    }

    private Map<Contestant, double[]> run(int rounds, long sliceMillis) throws Exception {
        Map<Contestant, double[]> rates = new EnumMap<>(Contestant.class);
        for (Contestant contestant : contestants.keySet()) {
            rates.put(contestant, new double[rounds]);
        }
        Random order = new Random(1);
        ExecutorService executor = Executors.newFixedThreadPool(THREADS);
        try {
            for (int round = -WARM_UP_ROUNDS; round < rounds; round++) {
                List<Contestant> turns = new ArrayList<>(contestants.keySet());
                Collections.shuffle(turns, order);
                for (Contestant contestant : turns) {
                    double rate = slice(executor, contestants.get(contestant), sliceMillis);
                    if (round >= 0) {
                        rates.get(contestant)[round] = rate;
                    }
                }
            }
        } finally {
            executor.shutdownNow();
            executor.awaitTermination(10, TimeUnit.SECONDS);
        }
        return rates;
    }

    private static double slice(ExecutorService executor, DataSource dataSource, long millis)
            throws InterruptedException, ExecutionException {
        long began = System.nanoTime();
        long until = began + TimeUnit.MILLISECONDS.toNanos(millis);
        List<Callable<Long>> work = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            SplittableRandom random = new SplittableRandom(began + thread);
            work.add(() -> {
                long done = 0;
                while (System.nanoTime() - until < 0) {
                    transaction(dataSource, random);
                    done++;
                }
                return done;
            });
        }
        long all = 0;
        for (Future<Long> done : executor.invokeAll(work)) {
            all += done.get();
        }
        return all / ((System.nanoTime() - began) / 1e9);
    }

    private static void transaction(DataSource dataSource, SplittableRandom random) throws SQLException {
        int account = random.nextInt(ACCOUNTS);
        int teller = random.nextInt(TELLERS);
        int branch = random.nextInt(BRANCHES);
        int delta = random.nextInt(-5_000, 5_001);
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            change(connection, "UPDATE accounts SET balance = balance + ? WHERE id = ?", delta, account);
            try (PreparedStatement select = connection.prepareStatement("SELECT balance FROM accounts WHERE id = ?")) {
                select.setInt(1, account);
                try (ResultSet row = select.executeQuery()) {
                    if (!row.next() || row.getLong(1) == Long.MIN_VALUE) {
                        throw new IllegalStateException("account " + account + " is not there");
                    }
                }
            }
            change(connection, "UPDATE tellers SET balance = balance + ? WHERE id = ?", delta, teller);
            change(connection, "UPDATE branches SET balance = balance + ? WHERE id = ?", delta, branch);
            change(
                    connection,
                    "INSERT INTO history (delta, teller, branch, account, at) VALUES (?, ?, ?, ?, now())",
                    delta,
                    teller,
                    branch,
                    account);
            connection.commit();
        }
    }

    private static void change(Connection connection, String sql, int... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setInt(i + 1, values[i]);
            }
            if (statement.executeUpdate() != 1) {
                throw new IllegalStateException("'" + sql + "' changed no row");
            }
        }
    }

    private void close() throws Exception {
        for (AutoCloseable resource : resources) {
            resource.close();
        }
    }
}
