package io.switchover4j.postgresql.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LeaseNameTest {

    private static final String OPERATION = "20260301t220000_0123abcd";

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.MATCH_NONE,
            names = "COMPLETED.*|REJECTED|ABORTED|ROLLED_BACK|CANCELLED|EXPIRED|NEEDS_OPERATOR")
    void isReadFromWhatTheServerKeepsInEveryPhase(Phase phase) {
        String text = new LeaseName(OPERATION, phase, "alice: kernel update of rack 7").text();

        LeaseName read = LeaseName.parse(Connector.cut(text)).orElseThrow();

        assertThat(read.operationId()).isEqualTo(OPERATION);
        assertThat(read.phase()).isEqualTo(phase);
        assertThat(read.audit()).startsWith("alice: kernel update");
    }

    @Test
    void saysWhoSinceWhenAndInWhichPhase() {
        LeaseName name = new LeaseName(OPERATION, Phase.CHECKING, "o'hara").in(Phase.CONFIRMING_POSITION);

        assertThat(name.text()).isEqualTo("s4j 20260301t220000_0123abcd confirming o'hara");
        assertThat(name.describe("10.0.0.7", "2026-03-01T22:00:00Z"))
                .isEqualTo("'o''hara' from 10.0.0.7 since 2026-03-01T22:00:00Z"
                        + " (switchover 20260301t220000_0123abcd, now CONFIRMING_POSITION)");
    }

    @Test
    void mayNameNobody() {
        String text = new LeaseName(OPERATION, Phase.FENCING, "").text();

        assertThat(LeaseName.parse(text)).contains(new LeaseName(OPERATION, Phase.FENCING, ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "psql", "s4j", "s4j thief", "s4j op alice: rack 7", "s4j op sleeping alice"})
    void isNotReadIntoOtherNames(String text) {
        assertThat(LeaseName.parse(text)).isEmpty();
    }
}
