package io.switchover4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.TimeSource;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class PausesTest {

    private static final long MS = 1_000_000;
    private static final Instant START = Instant.parse("2026-03-01T10:00:00Z");

    private final RunClock clock = new RunClock(new TimeSource() {
        @Override
        public long nanoTime() {
            return 77;
        }

        @Override
        public Instant instant() {
            return START;
        }
    });

    @Test
    void longestPauseIsFoundAmongUnorderedCommits() {
        CommitSeries series = series(100, 60, 10, 20, 70, 80);

        assertThat(series.longestPause()).isEqualTo(new Pause(START.plusMillis(20), Duration.ofMillis(40)));
        assertThat(series.longestPause().to()).isEqualTo(START.plusMillis(60));
    }

    @Test
    void pauseThatTouchesARangeCountsInItsFullLength() {
        CommitSeries series = series(100, 10, 20, 60, 65, 70, 95, 100);

        assertThat(series.longestPause(START.plusMillis(50), START.plusMillis(55))
                        .length())
                .isEqualTo(Duration.ofMillis(40));
        assertThat(series.longestPause(START.plusMillis(61), START.plusMillis(69))
                        .length())
                .isEqualTo(Duration.ofMillis(5));
    }

    @Test
    void silenceUntilTheEndIsAPauseAndTheStartIsNone() {
        assertThat(series(1_000, 500, 510).longestPause())
                .isEqualTo(new Pause(START.plusMillis(510), Duration.ofMillis(490)));
        assertThat(series(1_000).longestPause()).isEqualTo(new Pause(START, Duration.ofMillis(1_000)));
    }

    @Test
    void commitsAndLatenciesFallIntoBuckets() {
        CommitSeries series = series(40, 1, 2, 15, 35, 44);

        assertThat(series.commitsPer(Duration.ofMillis(10))).containsExactly(2, 1, 0, 1, 1);
        assertThat(series.longestLatencyPer(Duration.ofMillis(10)))
                .containsExactly(2 * MS, 15 * MS, 0, 35 * MS, 44 * MS);
    }

    @Test
    void percentilesAreTakenFromTheLatencies() {
        CommitSeries series = series(100, 10, 40, 20, 30);

        assertThat(series.latencyPercentile(0)).isEqualTo(Duration.ofMillis(10));
        assertThat(series.latencyPercentile(50)).isEqualTo(Duration.ofMillis(20));
        assertThat(series.latencyPercentile(100)).isEqualTo(Duration.ofMillis(40));
        assertThat(series(10).latencyPercentile(99)).isZero();
        assertThatThrownBy(() -> series.latencyPercentile(101)).hasMessage("The percentile is 101.0, not in 0..100");
    }

    /** Commits at these milliseconds, each with its own time as latency. */
    private CommitSeries series(long endMillis, long... atMillis) {
        long[] nanos =
                java.util.Arrays.stream(atMillis).map(millis -> millis * MS).toArray();
        return new CommitSeries(clock, endMillis * MS, nanos, nanos.clone());
    }
}
