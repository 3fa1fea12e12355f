package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.switchover4j.HistoryEntry;
import io.switchover4j.LossLimit;
import io.switchover4j.Phase;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.simulated.Call;
import io.switchover4j.simulated.DirectThreads;
import io.switchover4j.simulated.Fault;
import io.switchover4j.simulated.ManualTime;
import io.switchover4j.simulated.SimulatedBackend;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a failover is called that its process left in the middle, and that is undone. */
class InterruptedFailoverTest {

    private static final String ID = "orders";

    private final SimulatedBackend nodes = SimulatedBackend.builder()
            .time(ManualTime.at(Instant.parse("2026-03-01T21:00:00Z")))
            .pair(ID)
            .build();
    private final SwitchoverJournal memory = SwitchoverJournal.inMemory();

    private SwitchoverCoordinator coordinator(SimulatedBackend process) {
        return SwitchoverCoordinator.builder()
                .backend(process)
                .journal(process.journal(memory))
                .timeSource(process.timeSource())
                .threadFactory(new DirectThreads())
                .build();
    }

    private HistoryEntry dieAfterTheFence() {
        SwitchoverRequest request = SwitchoverRequest.of(ID)
                .failover()
                .evenIfPrimaryAnswers()
                .acceptLoss(LossLimit.unlimited())
                .build();
        SimulatedBackend mortal = nodes.another();
        mortal.failNext(Call.FENCE, Fault.crash().afterEffect());
        Throwable died = catchThrowable(() -> coordinator(mortal).start(request));
        assertThat(mortal.isCrashed()).as("%s", died).isTrue();

        List<HistoryEntry> history = coordinator(mortal.restarted()).history(ID);

        assertThat(history).hasSize(1);
        return history.get(0);
    }

    @Test
    void aPrimaryThatAnsweredAndWasFencedIsRolledBack() {
        HistoryEntry entry = dieAfterTheFence();

        assertThat(entry.phase()).as(entry.message()).isEqualTo(Phase.ROLLED_BACK);
        assertThat(entry.newPrimary()).contains("a");
        assertThat(nodes.writableNodes(ID)).containsExactly("a");
    }

    @Test
    void aPrimaryThatDidNotAnswerBeforeIsAsItWas() {
        nodes.node(ID, "a").crash();

        HistoryEntry entry = dieAfterTheFence();

        assertThat(entry.phase()).as(entry.message()).isEqualTo(Phase.ABORTED);
        assertThat(entry.newPrimary()).isEmpty();
    }
}
