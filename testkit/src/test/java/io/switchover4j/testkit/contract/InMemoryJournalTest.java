package io.switchover4j.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.switchover4j.Phase;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InMemoryJournalTest extends SwitchoverJournalContract {

    @Override
    protected SwitchoverJournal createJournal() {
        return SwitchoverJournal.inMemory();
    }

    @Test
    void keepsTheNewestEndedSwitchoversOfEachInstance() {
        try (SwitchoverJournal journal = SwitchoverJournal.inMemory(2)) {
            for (int i = 0; i < 5; i++) {
                journal.append(requested("orders", "op" + i));
                journal.append(ended("orders", "op" + i));
            }
            journal.append(requested("billing", "op9"));

            assertThat(journal.read("orders"))
                    .extracting(JournalRecord::operationId)
                    .containsExactly("op3", "op3", "op4", "op4");
            assertThat(journal.read("billing"))
                    .extracting(JournalRecord::operationId)
                    .containsExactly("op9");
        }
    }

    @Test
    void keepsWhatHasNotEndedWhateverElseEnds() {
        try (SwitchoverJournal journal = SwitchoverJournal.inMemory(1)) {
            journal.append(requested("orders", "waiting"));
            for (int i = 0; i < 3; i++) {
                journal.append(requested("orders", "op" + i));
                journal.append(ended("orders", "op" + i));
            }

            assertThat(journal.read("orders"))
                    .extracting(JournalRecord::operationId)
                    .containsExactly("waiting", "op2", "op2");
        }
    }

    @Test
    void isNotDurableAndSaysSo() {
        try (SwitchoverJournal journal = createJournal()) {
            assertThat(journal.isDurable()).isFalse();
        }
    }

    @Test
    void refusesToKeepNothing() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SwitchoverJournal.inMemory(0))
                .withMessage("operationsPerInstance is 0; it must be 1 or more");
    }

    private static JournalRecord requested(String instanceId, String operationId) {
        return new JournalRecord(
                instanceId, operationId, 0, Instant.EPOCH, JournalRecord.Kind.REQUESTED, Phase.SCHEDULED, "", Map.of());
    }

    private static JournalRecord ended(String instanceId, String operationId) {
        return new JournalRecord(
                instanceId, operationId, 1, Instant.EPOCH, JournalRecord.Kind.ENDED, Phase.COMPLETED, "", Map.of());
    }
}
