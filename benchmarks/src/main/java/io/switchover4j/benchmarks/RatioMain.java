package io.switchover4j.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.testkit.PostgresPair;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import javax.sql.DataSource;

/**
 * What we cost on a real PostgreSQL over loopback, as a ratio to the pool alone. The sides take turns of a few milliseconds
 * in one JVM, in random order, so that whatever else the machine does hits them alike. A second pool alone is the control: as
 * far as its ratio is from 1, so little does the other one mean.
 */
public final class RatioMain {

    private static final int SELECTS_IN_A_TURN = 25;
    private static final int WARM_UP_ROUNDS = 1_000;

    private RatioMain() {}

    /**
     * Runs the comparison and prints a line of it.
     *
     * @param args how many rounds; 6,000 if there is none
     */
    public static void main(String[] args) throws SQLException {
        int rounds = args.length == 0 ? 6_000 : Integer.parseInt(args[0]);
        long seed = System.nanoTime();
        try (PostgresPair pair = PostgresPair.start();
                HikariDataSource primary = pool(pair, "a");
                HikariDataSource standby = pool(pair, "b");
                HikariDataSource alone = pool(pair, "a");
                HikariDataSource again = pool(pair, "a");
                ReconnectingDataSource ours = ReconnectingDataSource.builder()
                        .node("a", primary)
                        .node("b", standby)
                        .build()) {
            List<DataSource> sides = List.of(alone, again, ours);
            Random random = new Random(seed);
            measure(sides, WARM_UP_ROUNDS, random);
            long[][] nanos = measure(sides, rounds, random);
            System.out.printf(
                    Locale.ROOT,
                    "RESULT rounds=%d seed=%d pool_alone_us=%.1f control=%s ours=%s%n",
                    rounds,
                    seed,
                    median(nanos[0]) / 1_000 / SELECTS_IN_A_TURN,
                    Ratio.of(nanos[1], nanos[0]),
                    Ratio.of(nanos[2], nanos[0]));
        }
    }

    private static HikariDataSource pool(PostgresPair pair, String node) {
        return Pools.hikari(pair.node(node).dataSource(pair.application()));
    }

    /** The length of each side's turn in each round. */
    private static long[][] measure(List<DataSource> sides, int rounds, Random random) throws SQLException {
        long[][] nanos = new long[sides.size()][rounds];
        List<Integer> order = new ArrayList<>(List.of(0, 1, 2));
        for (int round = 0; round < rounds; round++) {
            Collections.shuffle(order, random);
            for (int side : order) {
                DataSource dataSource = sides.get(side);
                long began = System.nanoTime();
                for (int i = 0; i < SELECTS_IN_A_TURN; i++) {
                    select(dataSource);
                }
                nanos[side][round] = System.nanoTime() - began;
            }
        }
        return nanos;
    }

    private static void select(DataSource dataSource) throws SQLException {
        try (Connection borrowed = dataSource.getConnection();
                PreparedStatement select = borrowed.prepareStatement("SELECT 1");
                ResultSet rows = select.executeQuery()) {
            if (!rows.next() || rows.getInt(1) != 1) {
                throw new SQLException("SELECT 1 did not answer 1");
            }
        }
    }

    private static double median(long[] values) {
        long[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** The median of the rounds' ratios, and the interval that holds the true one with 95 %. */
    private record Ratio(double median, double from, double to) {

        static Ratio of(long[] side, long[] base) {
            double[] ratios = new double[side.length];
            for (int i = 0; i < ratios.length; i++) {
                ratios[i] = (double) side[i] / base[i];
            }
            Arrays.sort(ratios);
            int middle = ratios.length / 2;
            int reach = (int) Math.min(middle - 1, Math.ceil(0.98 * Math.sqrt(ratios.length)));
            return new Ratio(ratios[middle], ratios[middle - reach], ratios[middle + reach]);
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%.3f[%.3f..%.3f]", median, from, to);
        }
    }
}
