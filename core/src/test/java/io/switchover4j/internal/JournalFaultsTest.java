package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.spi.JournalRecord;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The journal refuses each append in turn: nothing goes forward unrecorded, everything ends safely. */
class JournalFaultsTest {

    private static final List<JournalRecord> HEALTHY = healthyRun();

    private static List<JournalRecord> healthyRun() {
        ScriptedJournal journal = new ScriptedJournal();
        try (Rig rig = new Rig(new FakePair(), journal)) {
            rig.run();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        return journal.records;
    }

    static IntStream everyAppend() {
        return IntStream.range(0, HEALTHY.size());
    }

    @ParameterizedTest(name = "append {0}")
    @MethodSource("everyAppend")
    void oneRefusedAppendEndsSafely(int refused) throws Exception {
        run(refused, append -> append == refused);
    }

    @ParameterizedTest(name = "append {0} and all that follow")
    @MethodSource("everyAppend")
    void aJournalThatStaysBrokenEndsSafely(int refused) throws Exception {
        run(refused, append -> append >= refused);
    }

    private static void run(int refused, IntPredicate refuses) throws Exception {
        ScriptedJournal journal = ScriptedJournal.refusing(refuses);
        FakeTraffic traffic = new FakeTraffic("shop");
        try (Rig rig = new Rig(new FakePair(), journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).as(report.describe()).isEqualTo(expected(HEALTHY.get(refused)));
            assertThat(report.message()).contains("no space left on the device");
            rig.assertSafe(report, journal, traffic);
        }
    }

    /** Before the promotion was on its way: back. Afterwards: forward. */
    private static Phase expected(JournalRecord refused) {
        int promotion = indexOf(JournalRecord.Kind.INTENT, Phase.PROMOTING);
        int fence = indexOf(JournalRecord.Kind.INTENT, Phase.FENCING);
        int index = HEALTHY.indexOf(refused);
        return index > promotion ? Phase.COMPLETED : index > fence ? Phase.ROLLED_BACK : Phase.ABORTED;
    }

    private static int indexOf(JournalRecord.Kind kind, Phase phase) {
        return IntStream.range(0, HEALTHY.size())
                .filter(i -> HEALTHY.get(i).kind() == kind && HEALTHY.get(i).phase() == phase)
                .findFirst()
                .orElseThrow();
    }
}
