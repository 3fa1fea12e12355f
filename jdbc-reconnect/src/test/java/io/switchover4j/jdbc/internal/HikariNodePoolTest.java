package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is remembered of the connections of a pool that shows none of its own. */
final class HikariNodePoolTest {

    private final FakeServer server = new FakeServer("a", true);
    private final HikariDataSource source = source();
    private final HikariNodePool pool = new HikariNodePool("a", source);

    private HikariDataSource source() {
        HikariConfig config = new HikariConfig();
        config.setDataSource(server.dataSource());
        config.setMaximumPoolSize(1);
        config.setConnectionTimeout(5_000);
        return new HikariDataSource(config);
    }

    @AfterEach
    void close() {
        source.close();
    }

    private boolean mustAsk() throws SQLException {
        try (Connection borrowed = pool.borrow()) {
            SeenConnection seen = pool.seen(borrowed);
            boolean mustAsk = seen.mustAsk();
            seen.answered();
            return mustAsk;
        }
    }

    @Test
    void nothingIsAskedOfAPoolThatWasNeverEvicted() throws SQLException {
        assertThat(mustAsk()).isFalse();
        assertThat(mustAsk()).isFalse();
    }

    @Test
    void whatAppearsAfterAnEvictionIsAskedOnce() throws SQLException {
        mustAsk();
        pool.evictAll();

        // It may have been on its way to the old server when the pool was evicted.
        assertThat(mustAsk()).isTrue();
        assertThat(mustAsk()).isFalse();
    }

    @Test
    void whatWasSeenBeforeTheEvictionIsEndedAndNothingElse() throws SQLException {
        Connection before = pool.borrow();
        pool.seen(before);
        Connection driver = before.unwrap(Connection.class);
        pool.endIdle();
        assertThat(driver.isClosed()).isFalse();

        pool.evictAll();
        pool.endIdle();

        assertThat(driver.isClosed()).isTrue();
        before.close();
        try (Connection after = pool.borrow()) {
            pool.seen(after);
            pool.endIdle();
            assertThat(after.unwrap(Connection.class).isClosed()).isFalse();
        }
    }
}
