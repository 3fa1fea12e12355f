package io.switchover4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class FloorProbeIT {

    @Test
    void pauseOfAPromotionIsMeasuredWhicheverNodeWrites() throws Exception {
        try (PostgresPair pair = PostgresPair.builder()
                        .setting("wal_retrieve_retry_interval", "50ms")
                        .start();
                FloorProbe probe = FloorProbe.start(pair)) {
            awaitWrites(probe, 200);
            Instant before = Instant.now();

            pair.node("a").crash();
            PostgresPairIT.promote(pair.node("b"));
            assertThat(pair.node("b").isWritable()).isTrue();
            awaitWrites(probe, 100);

            Instant after = Instant.now();
            Pause gap = probe.longestGap(before, after);
            assertThat(gap.length()).isBetween(Duration.ofMillis(5), Duration.ofSeconds(20));
            assertThat(gap.to()).isBetween(before, after);
            assertThat(probe.gaps(before, after, gap.length())).containsExactly(gap);
            assertThat(probe.longestGap(after, after)).isNotEqualTo(gap);
        }
    }

    @Test
    void standbyIsAskedAndNotSpammedWithWritesThatItRefuses() throws Exception {
        try (PostgresPair pair = PostgresPair.start()) {
            try (FloorProbe probe = FloorProbe.start(pair)) {
                awaitWrites(probe, 200);
            }

            assertThat(Files.readString(pair.standby().logFile())).doesNotContain("cannot execute UPDATE");
        }
    }

    @Test
    void probeOfAFrozenNodeCanBeClosedAndItsLastGapStopsGrowing() throws Exception {
        try (PostgresPair pair = PostgresPair.start()) {
            FloorProbe probe = FloorProbe.start(pair);
            awaitWrites(probe, 50);
            pair.node("a").freeze();

            probe.close();

            long writes = probe.writes();
            Pause gap = probe.longestGap();
            assertThat(probe.longestGap()).isEqualTo(gap);
            assertThat(probe.writes()).isEqualTo(writes);
            assertThat(Thread.getAllStackTraces().keySet())
                    .noneMatch(thread -> thread.getName().startsWith("switchover4j-floor-") && thread.isAlive());
        }
    }

    private static void awaitWrites(FloorProbe probe, long count) {
        long goal = probe.writes() + count;
        assertThat(Await.until(
                        "the probe has written",
                        Duration.ofSeconds(30),
                        Duration.ofMillis(1),
                        () -> probe.writes() >= goal))
                .isTrue();
    }
}
