package io.switchover4j.spi;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import io.switchover4j.spi.JournalRecord.Kind;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InMemoryJournalTest {

    private final SwitchoverJournal journal = SwitchoverJournal.inMemory(2);

    private void ended(String operationId, String subject) {
        journal.append(record(operationId, 0, Kind.REQUESTED, subject));
        journal.append(record(operationId, 1, Kind.ENDED, subject));
    }

    private static JournalRecord record(String operationId, long sequence, Kind kind, String subject) {
        Phase phase = kind == Kind.ENDED ? Phase.COMPLETED : Phase.SCHEDULED;
        return new JournalRecord("orders", operationId, sequence, Instant.EPOCH, kind, phase, subject, Map.of());
    }

    @Test
    void theNewestEndedOnesOfEachSubjectAreKept() {
        ended("switchover 1", "");
        for (int i = 1; i <= 3; i++) {
            ended("window " + i, "maintenance window");
        }
        ended("switchover 2", "");
        ended("switchover 3", "");

        assertThat(journal.read("orders"))
                .extracting(JournalRecord::operationId)
                .containsOnly("switchover 2", "switchover 3", "window 2", "window 3");
    }

    @Test
    void ofMoreWindowsThanAreKeptNoneCostsASwitchover() {
        ended("switchover 1", "");
        for (int i = 1; i <= 10; i++) {
            ended("window " + i, "maintenance window");
        }

        assertThat(journal.read("orders"))
                .extracting(JournalRecord::operationId)
                .contains("switchover 1");
    }
}
