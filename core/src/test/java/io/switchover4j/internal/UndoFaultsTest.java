package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverReport;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** An undo that meets an error of any kind is repeated, because the alternative is a person. */
class UndoFaultsTest {

    private final ScriptedJournal journal = new ScriptedJournal();
    private final FakeTraffic traffic = new FakeTraffic("shop");

    private static FakePair.Fault linkageError() {
        return deadline -> {
            throw new NoClassDefFoundError("com/example/Missing");
        };
    }

    @Test
    void anUndoThatMeetsAnErrorIsRepeated() throws Exception {
        AtomicInteger times = new AtomicInteger();
        FakePair pair = new FakePair()
                .before("apply confirm position", FakePair.failing("short of records"))
                .before("undo stop a", deadline -> {
                    if (times.getAndIncrement() == 0) {
                        throw new NoClassDefFoundError("com/example/Missing");
                    }
                });
        try (Rig rig = new Rig(pair, journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.ROLLED_BACK);
            assertThat(times).hasValue(2);
            rig.assertSafe(report, journal, traffic);
        }
    }

    @Test
    void anUndoThatKeepsMeetingAnErrorNamesItsClass() throws Exception {
        FakePair pair = new FakePair()
                .before("apply confirm position", FakePair.failing("short of records"))
                .before("undo stop a", linkageError());
        try (Rig rig = new Rig(pair, journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.NEEDS_OPERATOR);
            assertThat(report.message())
                    .contains(
                            "the step 'stop a' could not be undone: java.lang.NoClassDefFoundError: com/example/Missing");
        }
    }

    @Test
    void anUndoInAMachineThatIsOutOfMemoryIsLeftToAPersonAtOnce() throws Exception {
        AtomicInteger times = new AtomicInteger();
        FakePair pair = new FakePair()
                .before("apply confirm position", FakePair.failing("short of records"))
                .before("undo stop a", deadline -> {
                    times.incrementAndGet();
                    throw new OutOfMemoryError("Java heap space");
                });
        try (Rig rig = new Rig(pair, journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.NEEDS_OPERATOR);
            assertThat(report.message())
                    .contains("the step 'stop a' could not be undone: java.lang.OutOfMemoryError: Java heap space");
            assertThat(times).hasValue(1);
        }
    }
}
