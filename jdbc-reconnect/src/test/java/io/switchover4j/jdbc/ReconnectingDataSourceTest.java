package io.switchover4j.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What can be said without a server. */
class ReconnectingDataSourceTest {

    private final List<AutoCloseable> resources = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable resource : resources) {
            resource.close();
        }
    }

    /** A pool that was not started yet; nothing listens where it points to. */
    private HikariDataSource pool(String url) {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(url);
        pool.setUsername("app");
        pool.setPassword("very secret");
        pool.setInitializationFailTimeout(-1);
        resources.add(pool);
        return pool;
    }

    private HikariDataSource pool() {
        return pool("jdbc:postgresql://127.0.0.1:1/app");
    }

    private ReconnectingDataSource built(ReconnectingDataSource.Builder builder) {
        ReconnectingDataSource dataSource = builder.build();
        resources.add(0, dataSource);
        return dataSource;
    }

    private ReconnectingDataSource.Builder pair(HikariDataSource a, HikariDataSource b) {
        return ReconnectingDataSource.builder().name("orders").node("a", a).node("b", b);
    }

    @Test
    void badSettingsAreRefusedInWords() {
        ReconnectingDataSource.Builder builder = ReconnectingDataSource.builder();
        HikariDataSource pool = pool();

        assertThatThrownBy(builder::build).hasMessage("Neither an endpoint nor nodes were given");
        assertThatThrownBy(() -> builder.node(" ", pool)).hasMessage("The name of a node is ' '; it must not be blank");
        assertThatThrownBy(() -> builder.name("")).hasMessage("The name is ''; it must not be blank");
        assertThatThrownBy(() -> builder.reconnectTimeout(Duration.ZERO))
                .hasMessage("reconnectTimeout is PT0S; it must be positive");
        assertThatThrownBy(() -> builder.watchInterval(Duration.ofMillis(9)))
                .hasMessage("watchInterval is PT0.009S; it must be at least 10 ms");
        assertThatThrownBy(() -> builder.maxConcurrentReleases(0))
                .hasMessage("maxConcurrentReleases is 0; it must be positive");
        builder.node("a", pool);
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "Only node 'a' was given: name every node, or use endpoint(pool) for an address that moves");
        assertThatThrownBy(() -> builder.node("a", pool())).hasMessage("There is a node 'a' already");
        assertThatThrownBy(() -> builder.node("b", pool))
                .hasMessage("The pool of 'b' is the pool of another node, too: each node needs its own");
        assertThatThrownBy(() -> builder.endpoint(pool()))
                .hasMessage("Nodes were given before: either name nodes or one endpoint");
        assertThatThrownBy(() -> builder.node("b", pool()).probe("c", pool()).build())
                .hasMessage("There is a probe for 'c', but the nodes are [a, b]");
        ReconnectingDataSource.Builder endpoint =
                ReconnectingDataSource.builder().endpoint(pool());
        assertThatThrownBy(() -> endpoint.node("a", pool))
                .hasMessage("An endpoint was given before: either name nodes or one endpoint");
        assertThatThrownBy(() -> endpoint.endpoint(pool))
                .hasMessage("An endpoint was given before: either name nodes or one endpoint");
        ReconnectingDataSource inner = built(pair(pool(), pool()));
        assertThatThrownBy(() -> ReconnectingDataSource.wrap(inner))
                .hasMessage("The pool of 'endpoint' is a ReconnectingDataSource already");
    }

    @Test
    void durationsThatNobodyWaitsForAreRefused() {
        ReconnectingDataSource.Builder builder = ReconnectingDataSource.builder();
        Duration eternity = Duration.ofSeconds(Long.MAX_VALUE);

        assertThatThrownBy(() -> builder.watchInterval(eternity))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("watchInterval is %s; it must be at most PT8760H", eternity);
        assertThatThrownBy(() -> builder.reconnectTimeout(eternity))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("reconnectTimeout is %s; it must be at most PT8760H", eternity);
    }

    @Test
    void namesWithControlCharactersAreRefused() {
        ReconnectingDataSource.Builder builder = ReconnectingDataSource.builder();

        assertThatThrownBy(() -> builder.name("sh\u001bop"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "The name 'sh\\u001bop' contains the control character U+001B at index 2; write it without");
        assertThatThrownBy(() -> builder.node("a\n", pool()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "The name of a node 'a\\u000a' contains the control character U+000A at index 1; write it without");
    }

    @Test
    void whatPreventsWarmStandbysIsReported() {
        HikariDataSource a = pool("jdbc:postgresql://127.0.0.1:1/app?targetServerType=primary");
        HikariDataSource b = pool();
        b.setConnectionInitSql("INSERT INTO login VALUES (now())");
        b.setInitializationFailTimeout(1);
        b.setConnectionTimeout(60_000);

        assertThat(built(pair(a, b)).warnings())
                .containsExactly(
                        "The URL of 'a' says targetServerType=primary: its pool cannot connect while the node is a standby,"
                                + " so that no connection is ready when it is promoted. Take it out: the role is asked here.",
                        "The pool of 'b' has a connectionInitSql that writes ('INSERT INTO'): it fails on"
                                + " a standby, so that no connection is ready there when it is promoted. Take it out.",
                        "The pool of 'b' has initializationFailTimeout=1: its first use fails if the node is down."
                                + " Set it to -1.",
                        "The pool of 'b' has connectionTimeout=60000 ms, more than the reconnectTimeout of 30000 ms: a unit"
                                + " of work may wait that long for a connection. Make it the same or less.");
    }

    @Test
    void goodSettingsAreNotReported() {
        HikariDataSource a = pool();
        a.setConnectionInitSql("SET application_name = 'shop'");

        assertThat(built(pair(a, pool())).warnings()).isEmpty();
        assertThat(built(
                                ReconnectingDataSource.builder()
                                        .endpoint(
                                                pool(
                                                        "jdbc:postgresql://127.0.0.1:1,127.0.0.2:1/app?targetServerType=primary&loginTimeout=5")))
                        .warnings())
                .isEmpty();
    }

    @Test
    void warningsAreChecksOfTheDryRun() {
        HikariDataSource a = pool("jdbc:postgresql://127.0.0.1:1/app?targetServerType=master");

        assertThat(built(pair(a, pool())).check())
                .extracting(check -> check.name() + " " + check.verdict())
                .containsExactly("sessions of 'orders' that cannot move PASS", "configuration of 'orders' WARN");
    }

    @Test
    void anotherUserIsRefusedInWords() {
        assertThatThrownBy(() -> built(pair(pool(), pool())).getConnection("u", "p"))
                .isInstanceOf(SQLFeatureNotSupportedException.class)
                .hasMessageStartingWith("'orders' has no connections for another user: its pools are bound to theirs.");
    }

    @Test
    void itUnwrapsToItselfAndToItsPools() throws SQLException {
        HikariDataSource a = pool();
        ReconnectingDataSource orders = built(pair(a, pool()));

        assertThat(orders.isWrapperFor(ReconnectingDataSource.class)).isTrue();
        assertThat(orders.unwrap(ReconnectingDataSource.class)).isSameAs(orders);
        assertThat(orders.isWrapperFor(HikariDataSource.class)).isTrue();
        assertThat(orders.unwrap(HikariDataSource.class)).isSameAs(a);
        assertThat(orders.isWrapperFor(StringBuilder.class)).isFalse();
        assertThatThrownBy(() -> orders.unwrap(StringBuilder.class))
                .hasMessage("'orders' wraps nothing that is a java.lang.StringBuilder");
    }

    @Test
    void currentUnitNeedsAnOpenUnit() {
        assertThatThrownBy(() -> built(pair(pool(), pool())).currentUnit())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageEndingWith("has no open unit of work on 'orders'. A unit begins with the first"
                        + " statement of a transaction, not with setAutoCommit(false).");
    }

    @Test
    void aRefusedNodeIsNamedAndNoSecretIsTold() {
        ReconnectingDataSource orders = built(pair(pool(), pool("jdbc:postgresql://127.0.0.1:2/app?password=hidden"))
                .reconnectTimeout(Duration.ofSeconds(1)));

        assertThatThrownBy(orders::getConnection)
                .isInstanceOf(NoPrimaryException.class)
                .hasMessageMatching("(?s)No primary for 'orders' within (9\\d\\d ms|1).*")
                .hasMessageContaining("a failed: Connection to 127.0.0.1:1 refused")
                .hasMessageContaining("b failed: Connection to 127.0.0.1:2 refused")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("secret", "hidden"));
        assertThat(orders.toString()).isEqualTo("ReconnectingDataSource 'orders'");
    }
}
