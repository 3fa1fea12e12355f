package io.switchover4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.TimeSource.Alarm;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class AlarmTest {

    private static final Duration MOMENT = Duration.ofMillis(30);

    private final AtomicReference<Duration> setBack = new AtomicReference<>(Duration.ZERO);

    /** The machine's clock, as somebody sets it. */
    private final TimeSource moved = new TimeSource() {
        @Override
        public Instant instant() {
            return Instant.now().minus(setBack.get());
        }

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }
    };

    @Test
    void goesOffOnceItsMomentHasComeOnADaemonThreadOfOurs() throws Exception {
        Instant at = Instant.now().plus(MOMENT);
        CompletableFuture<Instant> rung = new CompletableFuture<>();
        CompletableFuture<Thread> thread = new CompletableFuture<>();

        TimeSource.system().setAlarm(at, () -> {
            rung.complete(Instant.now());
            thread.complete(Thread.currentThread());
        });

        assertThat(rung.get(10, TimeUnit.SECONDS)).isAfterOrEqualTo(at);
        assertThat(thread.get(10, TimeUnit.SECONDS).getName()).isEqualTo("switchover4j-alarms");
        assertThat(thread.get().isDaemon()).isTrue();
    }

    @Test
    void oneInThePastGoesOffAtOnce() throws Exception {
        CompletableFuture<Boolean> rung = new CompletableFuture<>();

        TimeSource.system().setAlarm(Instant.MIN, () -> rung.complete(true));

        assertThat(rung.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void neverGoesOffEarlyWhenTheWallClockIsSetBack() throws Exception {
        Instant at = moved.instant().plus(MOMENT);
        CompletableFuture<Instant> rung = new CompletableFuture<>();
        moved.setAlarm(at, () -> rung.complete(moved.instant()));

        setBack.set(Duration.ofMillis(300));

        assertThat(rung.get(10, TimeUnit.SECONDS)).isAfterOrEqualTo(at);
    }

    @Test
    void doesNotGoOffWhenCancelledAndOthersStillDo() throws Exception {
        CompletableFuture<String> rung;
        Duration moment = MOMENT;
        Instant at;
        do {
            CompletableFuture<String> rings = new CompletableFuture<>();
            rung = rings;
            moment = moment.multipliedBy(2);
            at = Instant.now().plus(moment);
            Alarm first = TimeSource.system().setAlarm(at, () -> rings.complete("first"));
            TimeSource.system().setAlarm(at.plus(MOMENT), () -> rings.complete("second"));

            first.cancel();
            first.cancel();
            // Where this thread had to wait for its processor until then, the alarm was cancelled too late.
        } while (!Instant.now().isBefore(at));

        assertThat(rung.get(10, TimeUnit.SECONDS)).isEqualTo("second");
    }

    @Test
    void aTaskThatThrowsDoesNotEndTheOthers() throws Exception {
        CompletableFuture<Boolean> rung = new CompletableFuture<>();
        TimeSource.system().setAlarm(Instant.now(), () -> {
            throw new IllegalStateException("a task that throws, on purpose");
        });

        TimeSource.system().setAlarm(Instant.now().plus(MOMENT), () -> rung.complete(true));

        assertThat(rung.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void oneFarAwayIsSetWithoutOverflow() {
        TimeSource.system().setAlarm(Instant.MAX, () -> {}).cancel();
    }
}
