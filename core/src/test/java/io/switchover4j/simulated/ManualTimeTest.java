package io.switchover4j.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.spi.Deadline;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ManualTimeTest {

    private static final Instant START = Instant.parse("2026-03-01T21:00:00Z");

    private final ManualTime time = ManualTime.at(START);

    @Test
    void standsStillUntilItIsMoved() {
        assertThat(time.instant()).isEqualTo(START);
        long before = time.nanoTime();

        time.advance(Duration.ofHours(1));

        assertThat(time.instant()).isEqualTo(START.plusSeconds(3600));
        assertThat(time.nanoTime() - before).isEqualTo(Duration.ofHours(1).toNanos());
        assertThat(time).hasToString("2026-03-01T22:00:00Z");
    }

    @Test
    void isNotMovedBack() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> time.advance(Duration.ofSeconds(-1)))
                .withMessage("The clock cannot be moved by PT-1S; use setWallClock to set it back");
    }

    @Test
    void whoWaitsMovesIt() throws Exception {
        time.sleep(Duration.ofSeconds(5));

        assertThat(time.instant()).isEqualTo(START.plusSeconds(5));
        time.sleep(Duration.ofSeconds(-1));
        assertThat(time.instant()).isEqualTo(START.plusSeconds(5));
    }

    @Test
    void aDeadlineIsNotOverslept() throws Exception {
        Deadline deadline = Deadline.after(Duration.ofSeconds(5), time);

        assertThat(deadline.sleep(Duration.ofSeconds(3))).isTrue();
        assertThat(deadline.sleep(Duration.ofSeconds(3))).isFalse();

        assertThat(time.instant()).isEqualTo(START.plusSeconds(5));
        assertThat(deadline.isExpired()).isTrue();
    }

    @Test
    void anInterruptedWaitDoesNotMoveIt() {
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> time.sleep(Duration.ofSeconds(5)))
                .isInstanceOf(InterruptedException.class)
                .hasMessage("interrupted while waiting for PT5S");

        assertThat(Thread.interrupted()).isFalse();
        assertThat(time.instant()).isEqualTo(START);
    }

    @Test
    void settingTheWallClockMovesNoDeadline() {
        Deadline deadline = Deadline.after(Duration.ofSeconds(5), time);

        time.setWallClock(START.minusSeconds(7200));

        assertThat(time.instant()).isEqualTo(START.minusSeconds(7200));
        assertThat(deadline.remaining()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void alarmsGoOffInTheOrderOfTheirMomentsEachAtItsMoment() {
        List<String> heard = new ArrayList<>();
        time.setAlarm(START.plusSeconds(20), () -> heard.add("b at " + time));
        time.setAlarm(START.plusSeconds(10), () -> heard.add("a at " + time));
        time.setAlarm(START.plusSeconds(20), () -> heard.add("c at " + time));
        time.setAlarm(START.plusSeconds(31), () -> heard.add("too early"));
        time.setAlarm(START.plusSeconds(15), () -> heard.add("cancelled")).cancel();

        time.advanceTo(START.plusSeconds(30));

        assertThat(heard)
                .containsExactly("a at 2026-03-01T21:00:10Z", "b at 2026-03-01T21:00:20Z", "c at 2026-03-01T21:00:20Z");
        assertThat(time.instant()).isEqualTo(START.plusSeconds(30));
        time.advanceTo(START);
        assertThat(time.instant()).isEqualTo(START.plusSeconds(30));
    }

    @Test
    void anAlarmThatMovesTheClockItselfIsNotLeftBehind() {
        time.setAlarm(START.plusSeconds(10), () -> time.advance(Duration.ofMinutes(5)));

        time.advance(Duration.ofSeconds(20));

        assertThat(time.instant()).isEqualTo(START.plusSeconds(310));
    }

    @Test
    void settingTheWallClockBeyondAnAlarmSetsItOff() {
        List<String> heard = new ArrayList<>();
        time.setAlarm(START.plusSeconds(10), () -> heard.add("at " + time));

        time.setWallClock(START.minusSeconds(3600));
        time.advance(Duration.ofSeconds(3609));
        assertThat(heard).isEmpty();
        time.setWallClock(START.plusSeconds(60));

        assertThat(heard).containsExactly("at 2026-03-01T21:01:00Z");
    }
}
