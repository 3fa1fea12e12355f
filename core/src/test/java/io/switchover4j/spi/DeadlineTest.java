package io.switchover4j.spi;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.TimeSource;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class DeadlineTest {

    @Test
    void aDeadlineOfAnyNegativeLengthHasPassed() {
        for (Duration past : new Duration[] {
            Duration.ofNanos(-1), Duration.ofDays(-40_000), Duration.ofDays(-80_000), Duration.ofSeconds(Long.MIN_VALUE)
        }) {
            TimeSource lateClock = clock(-4_000_000_000_000_000_000L);
            assertThat(Deadline.after(past).isExpired()).as("%s", past).isTrue();
            assertThat(Deadline.after(past, lateClock).isExpired())
                    .as("%s", past)
                    .isTrue();
        }
        assertThat(Deadline.after(Duration.ofSeconds(Long.MAX_VALUE)).isExpired())
                .isFalse();
    }

    private static TimeSource clock(long nanos) {
        return new TimeSource() {
            @Override
            public Instant instant() {
                return Instant.EPOCH;
            }

            @Override
            public long nanoTime() {
                return nanos;
            }
        };
    }
}
