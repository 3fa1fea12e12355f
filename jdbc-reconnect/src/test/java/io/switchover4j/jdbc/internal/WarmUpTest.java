package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.spi.Deadline;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is asked of a standby's connections before the traffic is held, so that it need not be asked in the pause. */
final class WarmUpTest {

    private final List<String> asked = new ArrayList<>();
    private boolean mustAsk = true;

    private final FakeNode standby = new FakeNode("b") {
        @Override
        public int idle() {
            return 3;
        }

        @Override
        public SeenConnection seen(Connection borrowed) {
            return new SeenConnection(borrowed, mustAsk);
        }
    };

    private void warmUp(String stranger) throws InterruptedException {
        GateOptions options = new GateOptions(
                "orders",
                Duration.ofSeconds(10),
                64,
                false,
                WatchRules.of(Duration.ofMillis(500), false),
                ReplayOptions.OFF);
        WarmUp warmUp = new WarmUp(options, new UnitRegistry(), new RecentStatements(), (pool, connection) -> {
            assertThat(pool).isSameAs(standby);
            asked.add(connection.toString());
            return !connection.toString().equals(stranger);
        });
        warmUp.run(standby, new PostgresDialect(), Deadline.after(Duration.ofSeconds(5)));
    }

    @Test
    void eachConnectionIsAskedWhomItReachesBeforeThatCostsTime() throws Exception {
        warmUp("none");

        assertThat(asked).containsExactly("b1", "b2", "b3");
        assertThat(standby.calls).contains("b1.close()", "b2.close()", "b3.close()");
        assertThat(standby.events).doesNotContain("discarded b1", "discarded b2", "discarded b3");
    }

    @Test
    void nothingIsAskedOfWhatIsKnown() throws Exception {
        mustAsk = false;
        warmUp("none");

        assertThat(asked).isEmpty();
    }

    @Test
    void oneThatReachesAnotherServerIsPutAwayAndTheOthersAreWarmedUp() throws Exception {
        warmUp("b2");

        assertThat(asked).containsExactly("b1", "b2", "b3");
        assertThat(standby.events).contains("discarded b2");
        assertThat(standby.calls).contains("b1.close()", "b3.close()").doesNotContain("b2.close()");
    }
}
