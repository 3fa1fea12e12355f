package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is remembered of the connections that a pool gives. */
final class SeenConnectionsTest {

    private static final int MANY = 2_000;

    private final SeenConnections seen = new SeenConnections();
    private final List<Connection> asked = new ArrayList<>();

    private final ReplayDialect dialect = FakeNode.proxy(ReplayDialect.class, (proxy, method, arguments) -> {
        assertThat(method.getName()).isEqualTo("backendOf");
        asked.add((Connection) arguments[0]);
        return new Backend(asked.size(), 0);
    });

    private static Connection connection() {
        return FakeNode.proxy(Connection.class, (proxy, method, arguments) -> null);
    }

    @Test
    void aConnectionIsAskedOnceWhoItIs() throws SQLException {
        Connection driver = connection();
        for (int round = 0; round < 3; round++) {
            SeenConnection known = seen.of(driver, false);
            known.identify(driver, dialect);
            assertThat(known.backend()).isEqualTo(new Backend(1, 0));
        }
        assertThat(asked).hasSize(1);
    }

    @Test
    void aConnectionThatMustBeAskedWhomItReachesIsUntilItAnswers() {
        Connection driver = connection();
        assertThat(seen.of(driver, true).mustAsk()).isTrue();
        assertThat(seen.of(driver, true).mustAsk()).isTrue();
        seen.of(driver, true).answered();
        assertThat(seen.of(driver, true).mustAsk()).isFalse();
    }

    @Test
    void ofVeryManyTheOneThatIsInUseIsNeverForgotten() {
        List<Connection> many =
                IntStream.range(0, MANY).mapToObj(i -> connection()).toList();
        for (Connection driver : many) {
            SeenConnection known = seen.of(driver, false);
            assertThat(seen.of(driver, false)).isSameAs(known);
            assertThat(known.get()).isSameAs(driver);
        }
    }

    @Test
    void oneThatNobodyCanTellIsTrustedUntilThePoolIsEvictedAndAskedEachTimeFromThenOn() throws SQLException {
        Evictions evictions = new Evictions();
        assertThat(evictions.seen(null).mustAsk()).isFalse();
        evictions.begin();
        evictions.seen(null).answered();
        assertThat(evictions.seen(null).mustAsk()).isTrue();
        evictions.seen(null).identify(connection(), dialect);
        assertThat(asked).isEmpty();
    }
}
