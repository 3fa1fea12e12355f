package io.switchover4j.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.jdbc.ReconnectingDataSource;
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
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What we add to the pool, on a driver that does nothing: nanoseconds, not ratios, are what to look at. */
@NullUnmarked
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
@State(Scope.Benchmark)
public class NoOpBenchmark {

    /** The pool alone, or us over it. */
    @Param({"hikari", "switchover4j"})
    public String side;

    private HikariDataSource pool;
    private ReconnectingDataSource ours;
    private DataSource dataSource;
    private Connection connection;
    private PreparedStatement statement;
    private ResultSet results;

    /** Opens both sides, and one connection for the calls that need none of their own. */
    @Setup(Level.Trial)
    public void open() throws SQLException {
        pool = Pools.hikari(new NoOpDataSource());
        if (side.equals("switchover4j")) {
            ours = ReconnectingDataSource.wrap(pool);
            dataSource = ours;
        } else {
            dataSource = pool;
        }
        connection = dataSource.getConnection();
        statement = connection.prepareStatement("SELECT 1");
        results = statement.executeQuery();
    }

    /** Closes what was opened. */
    @TearDown(Level.Trial)
    public void close() throws SQLException {
        connection.close();
        if (ours != null) {
            ours.close();
        }
        pool.close();
    }

    /** Borrow and return. */
    @Benchmark
    public Connection borrowAndClose() throws SQLException {
        try (Connection borrowed = dataSource.getConnection()) {
            return borrowed;
        }
    }

    /** Borrow, a unit of work of one prepared query, return. */
    @Benchmark
    public int borrowAndSelect() throws SQLException {
        try (Connection borrowed = dataSource.getConnection();
                PreparedStatement select = borrowed.prepareStatement("SELECT 1");
                ResultSet rows = select.executeQuery()) {
            return rows.next() ? rows.getInt(1) : 0;
        }
    }

    /** One unit of work on a connection that stays open. */
    @Benchmark
    public ResultSet executeQuery() throws SQLException {
        return statement.executeQuery();
    }

    /** One forwarded call. */
    @Benchmark
    public int forwardedCall() throws SQLException {
        return results.getInt(1);
    }
}
