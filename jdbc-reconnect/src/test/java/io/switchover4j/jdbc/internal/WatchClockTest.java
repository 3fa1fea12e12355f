package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WatchClockTest {

    private final FakeTime time = new FakeTime();
    private final WatchClock clock = new WatchClock(time, 300);

    @Test
    void timeThatTheTimerSawPasses() {
        long start = clock.nanoTime();
        for (int i = 0; i < 10; i++) {
            time.pass(100);
            clock.tick();
        }
        time.pass(50);

        assertThat(clock.nanoTime() - start).isEqualTo(1_050);
    }

    @Test
    void aPauseOfTheJvmDoesNotCount() {
        long start = clock.nanoTime();
        time.pass(1_000_000);
        assertThat(clock.nanoTime() - start).isEqualTo(300);

        clock.tick();
        time.pass(100);
        assertThat(clock.nanoTime() - start).isEqualTo(400);
    }
}
