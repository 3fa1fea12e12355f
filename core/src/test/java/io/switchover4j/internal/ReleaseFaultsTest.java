package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverReport;
import org.junit.jupiter.api.Test;

/** Who may still hold its traffic at the end is named in the report. */
class ReleaseFaultsTest {

    private final ScriptedJournal journal = new ScriptedJournal();
    private final FakeTraffic traffic = new FakeTraffic("shop");

    @Test
    void trafficThatIsNotReleasedIsNamedAtTheEnd() throws Exception {
        FakeTraffic stuck = new FakeTraffic("billing").failingToRelease("its gate is stuck");
        try (Rig rig = new Rig(new FakePair(), journal, stuck, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(report.message())
                    .endsWith(" Participant 'billing' failed to release its traffic: its gate is stuck;"
                            + " it goes on by itself when its hold ends.");
            assertThat(traffic.awaitReleased()).isTrue();
        }
    }

    @Test
    void alsoAfterARollback() throws Exception {
        FakeTraffic stuck = new FakeTraffic("billing").failingToRelease("its gate is stuck");
        FakePair pair = new FakePair().before("apply confirm position", FakePair.failing("short of records"));
        try (Rig rig = new Rig(pair, journal, stuck)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.ROLLED_BACK);
            assertThat(report.message())
                    .contains("'billing' failed to release its traffic: its gate is stuck")
                    .doesNotContain("..");
        }
    }
}
