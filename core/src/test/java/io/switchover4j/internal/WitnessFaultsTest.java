package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.spi.BackendException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** An error of whoever is asked where something is in doubt is one more answer that is missing. */
class WitnessFaultsTest {

    private final ScriptedJournal journal = new ScriptedJournal();
    private final FakeTraffic traffic = new FakeTraffic("shop");

    private static FakePair.Fault errorOnce() {
        AtomicInteger times = new AtomicInteger();
        return deadline -> {
            if (times.getAndIncrement() == 0) {
                throw new NoClassDefFoundError("com/example/Missing");
            }
        };
    }

    @Test
    void whetherTheTargetWasPromotedIsAskedAgain() throws Exception {
        FakePair pair = new FakePair()
                .after("apply promote b", FakePair.failing("connection reset"))
                .before("resolve", errorOnce());
        try (Rig rig = new Rig(pair, journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
            rig.assertSafe(report, journal, traffic);
        }
    }

    @Test
    void whetherTheOldPrimaryTakesWritesAgainIsAskedAgain() throws Exception {
        FakePair pair = new FakePair();
        pair.before("apply confirm position", deadline -> {
            pair.before("describe", errorOnce());
            throw new BackendException("short of records");
        });
        try (Rig rig = new Rig(pair, journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.ROLLED_BACK);
            rig.assertSafe(report, journal, traffic);
        }
    }

    @Test
    void afterAnErrorOfTheLastLookItIsNotKnownWhoTakesWrites() throws Exception {
        FakePair pair = new FakePair();
        pair.before("apply catch up", deadline -> {
            pair.before("describe", errorOnce());
            throw new BackendException("the checkpoint failed");
        });
        try (Rig rig = new Rig(pair, journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.ABORTED);
            assertThat(report.newPrimary()).isEmpty();
            assertThat(report.message()).contains("the nodes could not be observed: ");
        }
    }
}
