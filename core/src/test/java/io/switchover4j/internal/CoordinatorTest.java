package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverReport.PhaseTiming;
import org.junit.jupiter.api.Test;

class CoordinatorTest {

    @Test
    void switchesThePairAndReportsIt() throws Exception {
        ScriptedJournal journal = new ScriptedJournal();
        FakeTraffic traffic = new FakeTraffic("shop");
        try (Rig rig = new Rig(new FakePair(), journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(report.message())
                    .startsWith("Switchover of 'orders' from 'a' to 'b' completed, writes paused for ")
                    .endsWith("'a' follows 'b' as a standby.");
            assertThat(report.oldPrimary()).contains("a");
            assertThat(report.newPrimary()).contains("b");
            assertThat(report.fencedPosition()).contains("0/5000");
            assertThat(report.promotedPosition()).contains("0/5100");
            assertThat(report.notes()).containsEntry("dirty buffers", "70 MiB");
            assertThat(report.writePause()).isPresent();
            assertThat(report.hold()).isPresent();
            assertThat(report.phases())
                    .extracting(PhaseTiming::phase)
                    .containsExactly(
                            Phase.SCHEDULED,
                            Phase.CHECKING,
                            Phase.CATCHING_UP,
                            Phase.DRAINING,
                            Phase.FENCING,
                            Phase.CONFIRMING_POSITION,
                            Phase.PROMOTING,
                            Phase.RELEASING,
                            Phase.REJOINING);
            assertThat(rig.pair.writable()).contains("b");
            assertThat(rig.pair.isFollowing()).isTrue();
            assertThat(rig.pair.isLeased()).isFalse();
            assertThat(rig.pair.violations).isEmpty();
            assertThat(traffic.held).isFalse();
            assertThat(traffic.releasedTo)
                    .hasValueSatisfying(t -> assertThat(t.primaryNodeId()).isEqualTo("b"));
        }
    }
}
