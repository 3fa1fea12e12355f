package io.switchover4j.internal.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.JournalRecord.Kind;
import java.util.Map;
import org.junit.jupiter.api.Test;

class IndexTest {

    @Test
    void aMaintenanceWindowIsNoSwitchoverThatSomebodyMustFinish() {
        Index index = new Index();
        JournalRecord window = new JournalRecord(
                "orders", "w", 0, Records.NOON, Kind.REQUESTED, Phase.SCHEDULED, "maintenance window", Map.of());
        index.add(window, 0);
        Records.switchover("orders", "one", Records.NOON).forEach(record -> index.add(record, record.sequence() + 1));
        index.add(Records.requested("orders", "two"), 5);

        assertThat(index.describe())
                .isEqualTo(
                        "records: 6; switchovers: 2, of them unfinished: 1; maintenance windows and other settings: 1");
    }
}
