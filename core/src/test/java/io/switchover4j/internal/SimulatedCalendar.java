package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.FailoverMode;
import io.switchover4j.MaintenanceWindow;
import io.switchover4j.NoMaintenanceWindowException;
import io.switchover4j.NoSuchSwitchoverException;
import io.switchover4j.Phase;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverEvent;
import io.switchover4j.SwitchoverException;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.SwitchoverWaitingException;
import io.switchover4j.Timing;
import io.switchover4j.simulated.ManualTime;
import io.switchover4j.simulated.SimulatedBackend;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;

/**
 * What a random run does with time: switchovers that wait for a moment or for the maintenance window, other windows meanwhile,
 * changes of the failover mode, days that pass and clocks that are set, most often around a change to or from daylight saving.
 * Checks that nothing begins but at its time, and that what waits is what the journal knows to wait.
 */
final class SimulatedCalendar {

    /** Just before the clocks change in Berlin or New York, there and back. */
    private static final List<Instant> EVES = List.of(
            Instant.parse("2026-03-28T18:00:00Z"),
            Instant.parse("2026-03-08T01:00:00Z"),
            Instant.parse("2026-10-24T18:00:00Z"),
            Instant.parse("2026-11-01T00:00:00Z"));

    private static final List<MaintenanceWindow> WINDOWS = List.of(
            MaintenanceWindow.parse("22:00Z-02:00Z"),
            MaintenanceWindow.parse("sun:05:00-sun:06:00"),
            MaintenanceWindow.parse("daily 02:15 for 2h Europe/Berlin"),
            MaintenanceWindow.parse("sun 01:30 for 1h30m America/New_York"),
            MaintenanceWindow.parse("mon,thu 23:30 for 3h Australia/Lord_Howe"),
            MaintenanceWindow.parse("daily 04:00 for 5m Asia/Kathmandu"));

    /** How much later than decided one may be seen to begin, where calls are slow. */
    private static final Duration SLOW = Duration.ofMinutes(10);

    private final SplittableRandom random;
    private final ManualTime time;
    private final SimulatedBackend nodes;
    private final SwitchoverJournal memory;
    private final Map<String, SwitchoverRequest> asked = new HashMap<>();

    /** Empty where none was set, or what is set is uncertain. */
    private Optional<MaintenanceWindow> window = Optional.empty();

    /** The journal lost the answer for a request, which may wait there: another one may be refused, and may not be. */
    private boolean doubtful;

    SimulatedCalendar(SplittableRandom random, ManualTime time, SimulatedBackend nodes, SwitchoverJournal memory) {
        this.random = random;
        this.time = time;
        this.nodes = nodes;
        this.memory = memory;
        time.setWallClock(EVES.get(random.nextInt(EVES.size())).plusSeconds(random.nextInt(6 * 3600)));
    }

    /**
     * @param troubled whether something went wrong for which the coordinator need not be able to do what it is asked
     */
    void act(SwitchoverCoordinator coordinator, SimulatedBackend process, BooleanSupplier troubled) {
        try {
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> schedule(coordinator);
                case 3, 4 -> changeWindow(coordinator);
                case 5 -> coordinator.modifyFailoverMode(SimulatedRun.ID, anyMode());
                case 6 -> time.advance(Duration.ofMinutes(random.nextInt(48 * 60)));
                default -> cancelOrSetTheClock(coordinator);
            }
        } catch (BackendException | JournalException | SwitchoverException e) {
            boolean busy = nodes.leaseHolder(SimulatedRun.ID).isPresent();
            assertThat(troubled.getAsBoolean() || busy)
                    .as("nothing went wrong, but: %s", e)
                    .isTrue();
        } catch (Error crash) {
            assertThat(process.isCrashed()).as("%s", crash).isTrue();
        }
    }

    private void schedule(SwitchoverCoordinator coordinator) {
        Timing.IfMissed ifMissed = random.nextBoolean() ? Timing.IfMissed.EXPIRE : Timing.IfMissed.NEXT_OPENING;
        Timing timing = random.nextBoolean()
                ? Timing.inMaintenanceWindow().ifMissed(ifMissed)
                : Timing.at(time.instant().plusSeconds(random.nextInt(12 * 3600)))
                        .startWithin(Duration.ofMinutes(1 + random.nextInt(30)))
                        .ifMissed(ifMissed);
        SwitchoverRequest.Builder request = SwitchoverRequest.of(SimulatedRun.ID)
                .requestedBy("sim", "calendar")
                .timing(timing);
        boolean replaces = random.nextInt(3) == 0;
        if (replaces) {
            request.replace();
        }
        boolean waits = doubtful || coordinator.waiting(SimulatedRun.ID).isPresent();
        boolean mustBeRefused = waits && !doubtful;
        try {
            Switchover switchover = coordinator.start(request.build());
            assertThat(mustBeRefused && !replaces)
                    .as("a second one waits beside the first")
                    .isFalse();
            asked.put(switchover.operationId(), switchover.request());
            doubtful = false;
        } catch (JournalException e) {
            doubtful = true;
            throw e;
        } catch (SwitchoverWaitingException e) {
            assertThat(waits && !replaces).as("%s", e).isTrue();
        } catch (NoMaintenanceWindowException e) {
            assertThat(window).as("%s", e).isEmpty();
        }
    }

    private void changeWindow(SwitchoverCoordinator coordinator) {
        MaintenanceWindow next = WINDOWS.get(random.nextInt(WINDOWS.size()));
        window = Optional.empty();
        coordinator.modifyMaintenanceWindow(SimulatedRun.ID, next);
        window = Optional.of(next);
    }

    private FailoverMode anyMode() {
        return random.nextBoolean()
                ? FailoverMode.automatic()
                : FailoverMode.suspendedUntil(time.instant().plusSeconds(random.nextInt(24 * 3600)));
    }

    private void cancelOrSetTheClock(SwitchoverCoordinator coordinator) {
        if (random.nextBoolean()) {
            time.setWallClock(time.instant().plusSeconds(random.nextInt(-4 * 3600, 4 * 3600)));
            return;
        }
        Optional<Switchover> waiting = coordinator.waiting(SimulatedRun.ID);
        try {
            coordinator.cancel(SimulatedRun.ID);
            assertThat(waiting).as("something was cancelled").isPresent();
        } catch (NoSuchSwitchoverException e) {
            assertThat(waiting).as("%s", e).isEmpty();
        }
    }

    /** Nothing begins but at its time, and from its promotion on the product does not fail over by itself. */
    void transition(SwitchoverEvent event, boolean undisturbed) {
        SwitchoverRequest request = asked.get(event.operationId());
        if (event.to() == Phase.CHECKING && request != null) {
            boolean atItsMoment = request.timing() instanceof Timing.At at
                    && !event.at().isBefore(at.instant())
                    && !event.at().isAfter(at.instant().plus(at.startWithin()).plus(SLOW));
            boolean mayTakeTheWindow = !(request.timing() instanceof Timing.At at)
                    || (at.ifMissed() == Timing.IfMissed.NEXT_OPENING
                            && event.at().isAfter(at.instant().plus(at.startWithin())));
            boolean windowFits = window.map(known -> known.isOpen(event.at())).orElse(true);
            assertThat(atItsMoment || (mayTakeTheWindow && windowFits))
                    .as("%s began at %s, the window is %s", request, event.at(), window)
                    .isTrue();
        }
        // Who loses the lease with a node may meet another coordinator's changes.
        if (event.to() == Phase.PROMOTING && undisturbed) {
            FailoverMode mode = nodes.describe(SimulatedRun.ID, Deadline.after(Duration.ofSeconds(10), time))
                    .failoverMode()
                    .orElseThrow();
            assertThat(mode.isSuspended(event.at()))
                    .as("the failover mode before a promotion: %s", mode)
                    .isTrue();
        }
    }

    /** What waits is what the journal knows to wait. */
    void requireSame(SwitchoverCoordinator coordinator) {
        List<String> known = open(memory).stream()
                .filter(SimulatedCalendar::isWaiting)
                .map(records -> records.get(0).operationId())
                .toList();
        List<String> waiting =
                coordinator.waiting().stream().map(Switchover::operationId).toList();
        assertThat(waiting).as("what waits").isEqualTo(known).hasSizeLessThanOrEqualTo(1);
    }

    /** Switchovers that have not ended. */
    static List<List<JournalRecord>> open(SwitchoverJournal memory) {
        return memory.unfinished().stream()
                .filter(records -> !Windows.isWindow(records))
                .toList();
    }

    /** Those that do not wait for their time. */
    static List<List<JournalRecord>> interrupted(SwitchoverJournal memory) {
        return open(memory).stream().filter(records -> !isWaiting(records)).toList();
    }

    private static boolean isWaiting(List<JournalRecord> records) {
        return records.get(records.size() - 1).phase() == Phase.SCHEDULED
                && Timings.isLater(records.get(0).facts());
    }
}
