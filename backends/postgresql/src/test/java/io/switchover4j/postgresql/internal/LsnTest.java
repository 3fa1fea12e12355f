package io.switchover4j.postgresql.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LsnTest {

    @ParameterizedTest
    @ValueSource(strings = {"0/0", "16/B374D848", "FFFFFFFF/FFFFFFFF", "0/5000028"})
    void isWrittenAsItIsRead(String text) {
        assertThat(Lsn.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "1", "1/", "/1", "1/2/3", "G/0", "100000000/0", "0/100000000", "-1/0"})
    void whatIsNoLsnIsRefusedByItsText(String text) {
        assertThatThrownBy(() -> Lsn.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "' is no LSN");
    }

    @Test
    void theUpperHalfCountsMoreAndIsUnsigned() {
        assertThat(Lsn.parse("1/0").isAfter(Lsn.parse("0/FFFFFFFF"))).isTrue();
        assertThat(Lsn.parse("FFFFFFFF/0").isAfter(Lsn.parse("7FFFFFFF/0"))).isTrue();
        assertThat(Lsn.parse("0/10").isAfter(Lsn.parse("0/10"))).isFalse();
    }

    @Test
    void bytesAreCountedOneWayOnly() {
        assertThat(Lsn.parse("1/10").bytesAfter(Lsn.parse("0/FFFFFFF0"))).isEqualTo(0x20);
        assertThat(Lsn.parse("0/10").bytesAfter(Lsn.parse("0/20"))).isZero();
    }
}
