package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.MaintenanceWindow;
import io.switchover4j.Phase;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverEvent;
import io.switchover4j.SwitchoverListener;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.Timing;
import io.switchover4j.simulated.ManualTime;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A coordinator over a {@link FakePair} on a clock that the test moves. */
final class Timetable implements AutoCloseable {

    static final Instant EVENING = Instant.parse("2026-03-01T21:00:00Z");
    static final Instant NIGHT = Instant.parse("2026-03-01T22:00:00Z");
    static final MaintenanceWindow NIGHTLY = MaintenanceWindow.parse("22:00Z-02:00Z");

    final ManualTime time;
    final FakePair pair;
    final SwitchoverJournal journal;
    final BlockingQueue<SwitchoverEvent> events = new LinkedBlockingQueue<>();
    final BlockingQueue<SwitchoverReport> ends = new LinkedBlockingQueue<>();
    final DefaultCoordinator coordinator;

    Timetable() {
        this(new FakePair(), SwitchoverJournal.inMemory());
    }

    Timetable(FakePair pair, SwitchoverJournal journal) {
        this(pair, journal, ManualTime.at(EVENING));
    }

    Timetable(FakePair pair, SwitchoverJournal journal, ManualTime time) {
        this.pair = pair;
        this.journal = journal;
        this.time = time;
        SwitchoverListener listener = new SwitchoverListener() {
            @Override
            public void onTransition(SwitchoverEvent event) {
                events.add(event);
            }

            @Override
            public void onEnd(SwitchoverReport report) {
                ends.add(report);
            }
        };
        coordinator = DefaultCoordinator.start(
                new CoordinatorSettings(pair, journal, List.of(), List.of(listener), time, null), Limits.STANDARD);
    }

    /** The same machines and the same journal, after the process ended and another was started. */
    Timetable restarted() {
        return new Timetable(pair, journal, time);
    }

    static SwitchoverRequest.Builder request() {
        return SwitchoverRequest.of(FakePair.ID).requestedBy("alice", "kernel update");
    }

    static SwitchoverRequest at(Instant instant) {
        return request().timing(Timing.at(instant)).build();
    }

    static SwitchoverRequest inWindow() {
        return request().timing(Timing.inMaintenanceWindow()).build();
    }

    static SwitchoverReport end(Switchover switchover) throws Exception {
        return switchover.await(Duration.ofSeconds(10));
    }

    /** The next event whose message contains the text. */
    SwitchoverEvent awaitEvent(String text) throws InterruptedException {
        while (true) {
            SwitchoverEvent event = events.poll(10, TimeUnit.SECONDS);
            assertThat(event).as("an event with '%s'", text).isNotNull();
            if (event.message().contains(text)) {
                return event;
            }
        }
    }

    SwitchoverReport awaitEnd() throws InterruptedException {
        SwitchoverReport report = ends.poll(10, TimeUnit.SECONDS);
        assertThat(report).as("an end").isNotNull();
        return report;
    }

    void assertUntouched() {
        assertThat(pair.calls).doesNotContain("open");
        assertThat(pair.writable()).contains("a");
    }

    static void assertWaits(Switchover switchover, Instant until) {
        assertThat(switchover.phase()).isEqualTo(Phase.SCHEDULED);
        assertThat(switchover.startsAt()).contains(until);
    }

    @Override
    public void close() {
        coordinator.close();
    }
}
