package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverReport;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a step hands over that is none costs neither the switchover nor its report. */
class MissingValuesTest {

    private final ScriptedJournal journal = new ScriptedJournal();
    private final FakeTraffic traffic = new FakeTraffic("shop");

    @Test
    @SuppressWarnings("NullAway")
    void aFigureThatIsNoneIsUnknown() throws Exception {
        FakePair pair = new FakePair();
        pair.figure = Map.entry("port", Optional.empty());
        try (Rig rig = new Rig(pair, journal)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(report.notes()).containsEntry("port", "unknown");
            assertThat(report.describe()).contains("port");
        }
    }

    @Test
    void anIntentThatIsNoneIsADefectOfTheStepNotOfTheJournal() throws Exception {
        FakePair pair = new FakePair();
        pair.nullIntent = "confirm position";
        try (Rig rig = new Rig(pair, journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.ROLLED_BACK);
            assertThat(report.message())
                    .contains("the step 'confirm position' could not be begun: it has no intent, not even an empty one")
                    .doesNotContain("journal");
            rig.assertSafe(report, journal, traffic);
        }
    }
}
