package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverReport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a backend throws where it only is to tell others the phase costs nothing. */
class AnnouncementFaultsTest {

    private final ScriptedJournal journal = new ScriptedJournal();
    private final FakeTraffic traffic = new FakeTraffic("shop");

    private static FakePair.Fault linkageError() {
        return deadline -> {
            throw new NoClassDefFoundError("com/example/Missing");
        };
    }

    @ParameterizedTest
    @EnumSource(
            value = Phase.class,
            names = {"CATCHING_UP", "DRAINING", "FENCING", "CONFIRMING_POSITION", "PROMOTING", "RELEASING", "REJOINING"
            })
    void aPhaseThatCannotBeAnnouncedIsGoneThroughAllTheSame(Phase phase) throws Exception {
        FakePair pair = new FakePair().before("announce " + phase, FakePair.failing("connection reset"));
        try (Rig rig = new Rig(pair, journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.COMPLETED);
            rig.assertSafe(report, journal, traffic);
        }
    }

    @Test
    void norDoesAnErrorOfTheAnnouncementKeepARollbackFromItsEnd() throws Exception {
        FakePair pair = new FakePair()
                .before("apply confirm position", FakePair.failing("short of records"))
                .before("announce ROLLING_BACK", linkageError());
        try (Rig rig = new Rig(pair, journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.ROLLED_BACK);
            rig.assertSafe(report, journal, traffic);
        }
    }
}
