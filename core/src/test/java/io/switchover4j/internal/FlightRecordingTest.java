package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.SwitchoverReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Flight Recorder keeps of a switchover. */
class FlightRecordingTest {

    @TempDir
    Path folder;

    @Test
    void everyTransitionAndTheEndAreRecordedWithTheirFigures() throws Exception {
        try (Recording recording = new Recording();
                Rig rig = new Rig(new FakePair(), new ScriptedJournal(), new FakeTraffic("shop"))) {
            recording.enable("io.switchover4j.PhaseEntered");
            recording.enable("io.switchover4j.SwitchoverEnded");
            recording.start();

            SwitchoverReport report =
                    rig.coordinator.start(Rig.request().build()).await();

            List<RecordedEvent> events = stop(recording);
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

    private List<RecordedEvent> stop(Recording recording) throws IOException {
        recording.stop();
        Path file = folder.resolve("switchover.jfr");
        recording.dump(file);
        List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        events.sort(java.util.Comparator.comparing(RecordedEvent::getStartTime));
        return events;
    }
}
