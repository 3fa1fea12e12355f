package io.switchover4j.postgresql.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ForkPointTest {

    @Test
    void theLastLineCounts() {
        assertThat(ForkPoint.parse(
                        "1\t0/3000148\tno recovery target specified\n\n2\t1/5000A0\tno recovery target specified\n"))
                .contains(Lsn.parse("1/5000A0"));
    }

    @Test
    void commentsAndWhatIsNoPositionAreNoForkPoint() {
        assertThat(ForkPoint.parse("# nothing\n")).isEmpty();
        assertThat(ForkPoint.parse("1\n")).isEmpty();
        assertThat(ForkPoint.parse("1\tx/y\tz\n")).isEmpty();
    }
}
