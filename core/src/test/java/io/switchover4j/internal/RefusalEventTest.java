package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverReport;
import org.junit.jupiter.api.Test;

class RefusalEventTest {

    private final ScriptedJournal journal = new ScriptedJournal();

    @Test
    void theEventOfARefusalNamesEveryBlocker() throws Exception {
        FakePair pair = new FakePair();
        pair.answersA = false;
        pair.answersB = false;
        try (Rig rig = new Rig(pair, journal)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.REJECTED);
            assertThat(rig.listener.awaitEnd()).isTrue();
            assertThat(rig.listener.events.get(rig.listener.events.size() - 1).message())
                    .startsWith("primary: no node says that it is primary")
                    .contains("; target: ");
        }
    }
}
