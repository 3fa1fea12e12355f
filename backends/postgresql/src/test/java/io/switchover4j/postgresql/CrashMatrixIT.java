package io.switchover4j.postgresql;

import static io.switchover4j.postgresql.CrashStory.COMPLETES;
import static io.switchover4j.postgresql.CrashStory.FAILS_OVER_A_DEAD_PRIMARY;
import static io.switchover4j.postgresql.CrashStory.FAILS_OVER_A_PRIMARY_THAT_ANSWERS;
import static io.switchover4j.postgresql.CrashStory.LOSES_THE_ANSWER_OF_THE_PROMOTION;
import static io.switchover4j.postgresql.CrashStory.ROLLS_BACK;
import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.postgresql.CrashRig.Outcome;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The coordinator's process dies in the middle of a switchover or a failover of a real pair, and another process takes it up
 * from the journal and from what it observes. A few points always, every point with {@code -Psoak}.
 */
class CrashMatrixIT {

    @SuppressWarnings("NullAway.Init")
    private static CrashRig rig;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        rig = new CrashRig(folder);
    }

    @AfterAll
    static void stop() {
        rig.close();
    }

    @ParameterizedTest(name = "{0}, {1} {2}")
    @CsvSource({
        "COMPLETES, AFTER_CALL, stop, ROLLED_BACK",
        "COMPLETES, WHILE_PROMOTING, '', COMPLETED",
        "FAILS_OVER_A_DEAD_PRIMARY, WHILE_PROMOTING, '', COMPLETED",
    })
    void whatAProcessLeftBehindIsBroughtToItsEnd(CrashStory story, Death.Moment moment, String what, Phase expected)
            throws Exception {
        Outcome outcome = rig.dieAndResume(story, new Death(moment, what));

        assertThat(outcome.life().died()).isTrue();
        assertThat(outcome.entry().phase()).as(outcome.entry().message()).isEqualTo(expected);
        assertThat(outcome.entry().phases())
                .extracting(SwitchoverReport.PhaseTiming::phase)
                .contains(Phase.RESOLVING);
    }

    @Test
    @Tag("soak")
    void atEveryPointOfASwitchover() throws Exception {
        everyPoint(COMPLETES, 0);
        afterEachCall(COMPLETES, "stop", "write standby.signal", "write postgresql.auto.conf", "start");
    }

    @Test
    @Tag("soak")
    void atEveryPointOfARollback() throws Exception {
        everyPoint(ROLLS_BACK, rig.records(ROLLS_BACK).indexOf("FAILED CONFIRMING_POSITION"));
        afterEachCall(ROLLS_BACK, "start");
    }

    @Test
    @Tag("soak")
    void atEveryPointOnceThePromotionWasInDoubt() throws Exception {
        everyPoint(
                LOSES_THE_ANSWER_OF_THE_PROMOTION,
                rig.records(LOSES_THE_ANSWER_OF_THE_PROMOTION).indexOf("FAILED PROMOTING"));
    }

    @Test
    @Tag("soak")
    void atEveryPointOfAFailoverOfADeadPrimary() throws Exception {
        everyPoint(FAILS_OVER_A_DEAD_PRIMARY, 0);
        afterEachCall(FAILS_OVER_A_DEAD_PRIMARY, "write standby.signal", "write postgresql.auto.conf", "start");
    }

    @Test
    @Tag("soak")
    void atEveryPointOfAFailoverOfAPrimaryThatAnswers() throws Exception {
        everyPoint(FAILS_OVER_A_PRIMARY_THAT_ANSWERS, 0);
        afterEachCall(FAILS_OVER_A_PRIMARY_THAT_ANSWERS, "stop");
    }

    /** After each record from the given one on, and after whatever is done before the next one. */
    private static void everyPoint(CrashStory story, int first) throws Exception {
        assertThat(first).isNotNegative();
        List<String> records = rig.records(story);
        for (int number = first; number < records.size(); number++) {
            String record = records.get(number);
            if (CrashPage.isAskedFor(story, record, false)) {
                die(story, Death.after(number));
            }
            boolean effect = number + 1 < records.size() && CrashPage.hasEffectAfter(story, record);
            if (effect && CrashPage.isAskedFor(story, record, true)) {
                die(story, Death.before(number + 1));
            }
        }
    }

    private static void afterEachCall(CrashStory story, String... calls) throws Exception {
        for (String call : calls) {
            die(story, Death.afterCall(call));
        }
    }

    private static void die(CrashStory story, Death death) throws Exception {
        assertThat(rig.dieAndResume(story, death).life().died())
                .as("%s, %s", story, death)
                .isTrue();
    }
}
