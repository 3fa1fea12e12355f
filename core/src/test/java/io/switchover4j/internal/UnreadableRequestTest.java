package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Instance;
import io.switchover4j.InstanceStatus;
import io.switchover4j.Phase;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.simulated.DirectThreads;
import io.switchover4j.simulated.SimulatedBackend;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.JournalRecord.Kind;
import io.switchover4j.spi.SwitchoverJournal;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A switchover that has not ended, and whose request this version cannot read: a newer one wrote it, or nobody did. */
class UnreadableRequestTest {

    private final SimulatedBackend backend =
            SimulatedBackend.builder().pair("orders").pair("billing").build();
    private final SwitchoverJournal journal = SwitchoverJournal.inMemory();

    private SwitchoverCoordinator coordinator() {
        return SwitchoverCoordinator.builder()
                .backend(backend)
                .journal(journal)
                .timeSource(backend.timeSource())
                .threadFactory(new DirectThreads())
                .build();
    }

    private void append(long sequence, Kind kind, Phase phase, Map<String, String> facts) {
        journal.append(new JournalRecord(
                "orders", "op1", sequence, backend.timeSource().instant(), kind, phase, "", facts));
    }

    @Test
    void anInterruptedOneIsShownUntilAnotherSwitchoverHasTakenItsPlace() throws Exception {
        append(0, Kind.REQUESTED, Phase.SCHEDULED, Map.of("timing", "now", "drainTimeout", "a fortnight"));
        append(1, Kind.INTENT, Phase.FENCING, Map.of());
        try (SwitchoverCoordinator coordinator = coordinator()) {
            assertThat(coordinator.instance("orders").status()).isEqualTo(InstanceStatus.NEEDS_OPERATOR);
            assertThat(coordinator.instances())
                    .extracting(Instance::status)
                    .containsExactly(InstanceStatus.NEEDS_OPERATOR, InstanceStatus.RUNNING);
            assertThat(coordinator.history("orders")).singleElement().satisfies(entry -> {
                assertThat(entry.operationId()).isEqualTo("op1");
                assertThat(entry.phase()).isEqualTo(Phase.FENCING);
            });

            coordinator.start(SwitchoverRequest.of("orders").build()).await();

            assertThat(coordinator.instance("orders").status()).isEqualTo(InstanceStatus.RUNNING);
        }
        assertThat(journal.unfinished())
                .as("is left to a version that can read it")
                .hasSize(1);
    }

    @Test
    void oneThatWaitsIsShownToo() {
        append(0, Kind.REQUESTED, Phase.SCHEDULED, Map.of("timing", "at the next full moon"));
        try (SwitchoverCoordinator coordinator = coordinator()) {
            assertThat(coordinator.waiting()).isEmpty();
            assertThat(coordinator.instance("orders").status()).isEqualTo(InstanceStatus.NEEDS_OPERATOR);
        }
    }
}
