package io.switchover4j.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.Instance;
import io.switchover4j.Node;
import io.switchover4j.Replication;
import io.switchover4j.Role;
import io.switchover4j.testkit.PostgresPair;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is said of a pair on its better and its worse days. */
class DescribeIT {

    @SuppressWarnings("NullAway.Init")
    private static PostgresPair pair;

    @BeforeAll
    static void start() {
        pair = PostgresPair.start();
    }

    @AfterAll
    static void stop() {
        pair.close();
    }

    @BeforeEach
    void heal() {
        pair.nodes().forEach(node -> {
            node.thaw();
            node.start();
        });
        if (pair.node("b").isWritable()) {
            pair.node("b").reseedFrom(pair.node("a"));
        }
        pair.awaitStreaming();
    }

    @Test
    void aHealthyPairIsDescribed() {
        try (PostgresBackend backend = Backends.of(pair)) {
            Instance instance = Backends.describe(backend);

            assertThat(instance.engine().name()).isEqualTo("PostgreSQL");
            assertThat(instance.engine().version()).matches("1[4-8]\\..*");
            assertThat(instance.isZoneTolerant()).isTrue();
            assertThat(node(instance, "a").role()).isEqualTo(Role.PRIMARY);
            Node standby = node(instance, "b");
            assertThat(standby.detail())
                    .isEqualTo("streams from 127.0.0.1:" + pair.node("a").port());
            Replication replication = standby.replication().orElseThrow();
            assertThat(replication.state()).isEqualTo(Replication.State.STREAMING);
            assertThat(replication.synchronous()).isFalse();
            assertThat(replication.lagBytes()).isPresent();
        }
    }

    @Test
    void aStandbyThatIsPausedLagsByWhatItHasNotReplayed() throws Exception {
        try (PostgresBackend backend = Backends.of(pair)) {
            Sql.run(pair.node("b"), "SELECT pg_wal_replay_pause()");
            Sql.run(pair.node("a"), "SELECT pg_logical_emit_message(true, 't', repeat('x', 300000))");

            OptionalLong lag = node(Backends.describe(backend), "b")
                    .replication()
                    .orElseThrow()
                    .lagBytes();

            assertThat(lag.orElseThrow()).isBetween(300_000L, 3_000_000L);
        } finally {
            Sql.run(pair.node("b"), "SELECT pg_wal_replay_resume()");
        }
    }

    @Test
    void aNodeThatIsDownIsUnknownAndSaysWhy() {
        try (PostgresBackend backend = Backends.of(pair)) {
            pair.node("b").stop();
            Instance withoutStandby = Backends.describe(backend);
            assertThat(node(withoutStandby, "b").role()).isEqualTo(Role.UNKNOWN);
            assertThat(node(withoutStandby, "b").detail()).isEqualTo("connection refused");
            assertThat(node(withoutStandby, "a").role()).isEqualTo(Role.PRIMARY);

            pair.node("b").start();
            pair.node("a").stop();
            Instance withoutPrimary = Backends.describe(backend);
            assertThat(withoutPrimary.primary()).isEmpty();
            assertThat(node(withoutPrimary, "b").role()).isEqualTo(Role.STANDBY);
            assertThat(node(withoutPrimary, "b").replication().orElseThrow().lagBytes())
                    .isEmpty();
        }
    }

    @Test
    void aNodeThatIsFrozenCostsTheProbeTimeoutOnceAndNoMore() {
        try (PostgresBackend backend =
                Backends.builder(pair).probeTimeout(Duration.ofSeconds(1)).build()) {
            pair.nodes().forEach(node -> node.freeze());
            long began = System.nanoTime();

            Instance instance = Backends.describe(backend);

            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(3));
            assertThat(instance.nodes()).allSatisfy(node -> {
                assertThat(node.role()).isEqualTo(Role.UNKNOWN);
                assertThat(node.detail()).isEqualTo("it did not answer in time");
            });
        }
    }

    @Test
    void aWrongPasswordIsSaidAndNotShown() {
        try (PostgresBackend backend = Backends.builder(pair)
                .credentials("postgres", "not-the-password")
                .build()) {
            assertThat(Backends.describe(backend).nodes()).allSatisfy(node -> {
                assertThat(node.detail())
                        .contains("authentication failed: ")
                        .contains("\"postgres\"")
                        .endsWith("; correct credentials(...) of the backend, or pg_hba.conf")
                        .doesNotContain("not-the-password");
            });
        }
    }

    @Test
    void twoNodesThatTakeWritesAreSaidOnBoth() throws Exception {
        try (PostgresBackend backend = Backends.of(pair)) {
            Sql.run(pair.node("b"), "SELECT pg_promote(true)");

            Instance instance = Backends.describe(backend);

            assertThat(instance.primary()).isEmpty();
            assertThat(node(instance, "a").detail())
                    .matches("takes writes on timeline 1, and so does 'b' on timeline 2: stop the one that must not");
            assertThat(node(instance, "b").detail())
                    .contains("takes writes on timeline 2, and so does 'a' on timeline 1");
        }
    }

    @Test
    void anInterruptEndsTheWait() {
        try (PostgresBackend backend = Backends.of(pair)) {
            Thread.currentThread().interrupt();

            assertThatThrownBy(() -> Backends.describe(backend)).hasMessageContaining("interrupted");
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    private static Node node(Instance instance, String id) {
        return instance.node(id).orElseThrow();
    }
}
