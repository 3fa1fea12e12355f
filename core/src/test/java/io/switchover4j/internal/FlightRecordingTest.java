package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.switchover4j.FailoverMode;
import io.switchover4j.MaintenanceWindow;
import io.switchover4j.Phase;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.simulated.Call;
import io.switchover4j.simulated.DirectThreads;
import io.switchover4j.simulated.Fault;
import io.switchover4j.simulated.ManualTime;
import io.switchover4j.simulated.SimulatedBackend;
import io.switchover4j.spi.SwitchoverBackend.Capability;
import io.switchover4j.spi.SwitchoverJournal;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Flight Recorder keeps of switchovers. */
class FlightRecordingTest {

    /** One for all: JDK 17 loses names that a recording before it has kept. */
    @SuppressWarnings("NullAway.Init")
    private static Recording recording;

    @TempDir
    Path folder;

    private final Instant began = Instant.now();

    @BeforeAll
    static void record() {
        recording = new Recording();
        recording.start();
    }

    @AfterAll
    static void end() {
        recording.close();
    }

    @Test
    void everyTransitionAndTheEndAreRecordedWithTheirFigures() throws Exception {
        try (Rig rig = new Rig(new FakePair(), new ScriptedJournal(), new FakeTraffic("shop"))) {
            SwitchoverReport report =
                    rig.coordinator.start(Rig.request().build()).await();

            List<RecordedEvent> events = events();
            assertThat(events)
                    .filteredOn(event -> event.getEventType().getName().equals("io.switchover4j.PhaseEntered"))
                    .allSatisfy(event -> {
                        assertThat(event.getString("instance")).isEqualTo(FakePair.ID);
                        assertThat(event.getString("operation")).isEqualTo(report.operationId());
                        assertThat(event.getString("why")).isNotBlank();
                    })
                    .extracting(event -> event.getString("to"))
                    .containsExactly(
                            "SCHEDULED",
                            "CHECKING",
                            "CATCHING_UP",
                            "DRAINING",
                            "FENCING",
                            "CONFIRMING_POSITION",
                            "PROMOTING",
                            "RELEASING",
                            "REJOINING",
                            "COMPLETED");
            assertThat(events)
                    .filteredOn(event -> event.getEventType().getName().equals("io.switchover4j.SwitchoverEnded"))
                    .singleElement()
                    .satisfies(event -> {
                        assertThat(event.getString("outcome")).isEqualTo("COMPLETED");
                        assertThat(event.getString("oldPrimary")).isEqualTo("a");
                        assertThat(event.getString("newPrimary")).isEqualTo("b");
                        assertThat(event.getString("message")).isEqualTo(report.message());
                        assertThat(event.getDuration("writePause"))
                                .isEqualTo(report.writePause().orElseThrow());
                        assertThat(event.getDuration("hold"))
                                .isEqualTo(report.hold().orElseThrow());
                    });
        }
    }

    @Test
    void everyPhaseAndTheHoldAreRecordedWithTheirLength() throws Exception {
        try (Rig rig = new Rig(new FakePair(), new ScriptedJournal(), new FakeTraffic("shop"))) {
            SwitchoverReport report =
                    rig.coordinator.start(Rig.request().build()).await();

            List<RecordedEvent> events = events();
            List<RecordedEvent> phases = named(events, "PhaseLasted");
            assertThat(phases)
                    .extracting(event -> event.getString("phase") + " " + event.getString("next"))
                    .containsExactly(
                            "SCHEDULED CHECKING",
                            "CHECKING CATCHING_UP",
                            "CATCHING_UP DRAINING",
                            "DRAINING FENCING",
                            "FENCING CONFIRMING_POSITION",
                            "CONFIRMING_POSITION PROMOTING",
                            "PROMOTING RELEASING",
                            "RELEASING REJOINING",
                            "REJOINING COMPLETED");
            assertThat(phases)
                    .allSatisfy(event -> assertOf(event, report.operationId()))
                    .allSatisfy(event -> assertThat(event.getDuration()).isPositive());
            assertThat(named(events, "TrafficHeld")).singleElement().satisfies(event -> {
                assertOf(event, report.operationId());
                assertThat(event.getInt("participants")).isEqualTo(1);
                assertThat(event.getInt("openUnits")).isZero();
                assertThat(event.getString("releasedTo")).isEqualTo("b");
                assertThat(event.getStartTime()).isBefore(phases.get(4).getStartTime());
                assertThat(event.getEndTime()).isAfter(phases.get(6).getStartTime());
            });
        }
    }

    @Test
    void whatEndsARolledBackSwitchoverIsItsLastPhase() throws Exception {
        FakePair pair = new FakePair().before("apply confirm position", FakePair.failing("the target lags"));
        try (Rig rig = new Rig(pair, new ScriptedJournal(), new FakeTraffic("shop"))) {
            rig.coordinator.start(Rig.request().build()).await();

            List<RecordedEvent> events = events();
            assertThat(named(events, "PhaseLasted"))
                    .extracting(event -> event.getString("phase") + " " + event.getString("next"))
                    .endsWith("CONFIRMING_POSITION ROLLING_BACK", "ROLLING_BACK ROLLED_BACK");
            assertThat(named(events, "TrafficHeld"))
                    .singleElement()
                    .satisfies(
                            event -> assertThat(event.getString("releasedTo")).isEqualTo("a"));
        }
    }

    @Test
    void eachChangeOfTheFailoverModeIsRecorded() throws Exception {
        FakePair pair = new FakePair();
        pair.capabilities = Set.of(Capability.FAILOVER_MODE);
        try (Timetable table = new Timetable(pair, new ScriptedJournal())) {
            table.coordinator.modifyFailoverMode(FakePair.ID, FailoverMode.automatic());
            Switchover switchover = table.coordinator.start(Timetable.request().build());
            Timetable.end(switchover);

            List<RecordedEvent> events = named(events(), "FailoverModeChanged");
            assertThat(events)
                    .extracting(event -> event.getString("operation"))
                    .containsExactly("", switchover.operationId(), switchover.operationId());
            assertThat(events.get(0).getString("mode")).isEqualTo("automatic");
            assertThat(events.get(1).getString("mode")).startsWith("suspended until 2026-03-01T21:");
            assertThat(events.get(2).getString("mode")).isEqualTo("automatic");
        }
    }

    @Test
    void aScheduleThatIsMovedOrMissedIsRecorded() throws Exception {
        try (Timetable table = new Timetable()) {
            table.coordinator.modifyMaintenanceWindow(FakePair.ID, Timetable.NIGHTLY);
            Switchover switchover = table.coordinator.start(Timetable.inWindow());
            table.coordinator.modifyMaintenanceWindow(FakePair.ID, MaintenanceWindow.parse("04:00Z-06:00Z"));
            // At once: a clock that passes the opening lets a quick thread start in it.
            table.time.setWallClock(Instant.parse("2026-03-02T07:00:00Z"));
            assertThat(Timetable.end(switchover).outcome()).isEqualTo(Phase.EXPIRED);

            List<RecordedEvent> events = events();
            Instant morning = Instant.parse("2026-03-02T04:00:00Z");
            assertThat(named(events, "ScheduleMoved")).singleElement().satisfies(event -> {
                assertOf(event, switchover.operationId());
                assertThat(event.getInstant("before")).isEqualTo(Timetable.NIGHT);
                assertThat(event.getInstant("startsAt")).isEqualTo(morning);
                assertThat(event.getString("why")).contains("04:00Z-06:00Z");
            });
            assertThat(named(events, "ScheduleMissed")).singleElement().satisfies(event -> {
                assertOf(event, switchover.operationId());
                assertThat(event.getInstant("startsAt")).isEqualTo(morning);
                assertThat(event.getString("why")).contains("was missed");
            });
        }
    }

    @Test
    void anInterruptedSwitchoverThatIsTakenUpIsRecorded() throws Exception {
        ManualTime time = ManualTime.at(Timetable.EVENING);
        SimulatedBackend nodes =
                SimulatedBackend.builder().time(time).pair(FakePair.ID).build();
        SwitchoverJournal memory = SwitchoverJournal.inMemory();
        SimulatedBackend mortal = nodes.another();
        mortal.failNext(Call.CONFIRM_POSITION, Fault.crash());
        SwitchoverCoordinator dying = simulated(mortal, memory);
        Throwable died = catchThrowable(() -> dying.start(Rig.request().build()));
        assertThat(mortal.isCrashed()).as("%s", died).isTrue();

        simulated(mortal.restarted(), memory);

        List<RecordedEvent> events = events();
        String operationId = memory.read(FakePair.ID).get(0).operationId();
        assertThat(named(events, "SwitchoverTakenUp")).singleElement().satisfies(event -> {
            assertOf(event, operationId);
            assertThat(event.getString("phase")).isEqualTo("CONFIRMING_POSITION");
            assertThat(event.getString("result")).isEqualTo("taken up");
        });
        assertThat(named(events, "PhaseLasted"))
                .extracting(event -> event.getString("phase") + " " + event.getString("next"))
                .endsWith("CONFIRMING_POSITION RESOLVING", "RESOLVING ROLLING_BACK", "ROLLING_BACK ROLLED_BACK");
    }

    private static SwitchoverCoordinator simulated(SimulatedBackend process, SwitchoverJournal memory) {
        return SwitchoverCoordinator.builder()
                .backend(process)
                .journal(process.journal(memory))
                .timeSource(process.timeSource())
                .threadFactory(new DirectThreads())
                .build();
    }

    private static List<RecordedEvent> named(List<RecordedEvent> events, String name) {
        return events.stream()
                .filter(event -> event.getEventType().getName().equals("io.switchover4j." + name))
                .toList();
    }

    private static void assertOf(RecordedEvent event, String operationId) {
        assertThat(event.getString("instance")).isEqualTo(FakePair.ID);
        assertThat(event.getString("operation")).isEqualTo(operationId);
    }

    /** Since this test began, oldest first. */
    private List<RecordedEvent> events() throws IOException {
        Path file = folder.resolve("switchover.jfr");
        recording.dump(file);
        return RecordingFile.readAllEvents(file).stream()
                .filter(event -> !event.getStartTime().isBefore(began))
                .sorted(Comparator.comparing(RecordedEvent::getStartTime))
                .toList();
    }
}
