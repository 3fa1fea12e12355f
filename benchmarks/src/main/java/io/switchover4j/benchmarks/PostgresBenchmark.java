package io.switchover4j.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.testkit.PostgresPair;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What we cost on a real PostgreSQL over loopback. Both sides live in one JVM and over one server, and the pool alone runs
 * twice, so that the difference of its two figures shows the noise.
 */
@NullUnmarked
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(3)
@State(Scope.Benchmark)
public class PostgresBenchmark {

    private PostgresPair pair;
    private HikariDataSource primary;
    private HikariDataSource standby;
    private HikariDataSource alone;
    private ReconnectingDataSource ours;

    /** Starts the pair and fills the pools. */
    @Setup(Level.Trial)
    public void open() {
        pair = PostgresPair.start();
        primary = Pools.hikari(pair.node("a").dataSource(pair.application()));
        standby = Pools.hikari(pair.node("b").dataSource(pair.application()));
        alone = Pools.hikari(pair.node("a").dataSource(pair.application()));
        ours = ReconnectingDataSource.builder()
                .node("a", primary)
                .node("b", standby)
                .build();
    }

    /** Stops everything. */
    @TearDown(Level.Trial)
    public void close() {
        ours.close();
        primary.close();
        standby.close();
        alone.close();
        pair.close();
    }

    /** The pool alone. */
    @Benchmark
    public int hikari() throws SQLException {
        return select(alone);
    }

    /** The pool alone, once more: the control. */
    @Benchmark
    public int hikariAgain() throws SQLException {
        return select(alone);
    }

    /** Us over the pool. */
    @Benchmark
    public int switchover4j() throws SQLException {
        return select(ours);
    }

    private static int select(DataSource dataSource) throws SQLException {
        try (Connection borrowed = dataSource.getConnection();
                PreparedStatement select = borrowed.prepareStatement("SELECT 1");
                ResultSet rows = select.executeQuery()) {
            return rows.next() ? rows.getInt(1) : 0;
        }
    }
}
