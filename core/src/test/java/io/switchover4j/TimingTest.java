package io.switchover4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.switchover4j.Timing.IfMissed;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class TimingTest {

    private static final Instant NIGHT = Instant.parse("2026-03-01T22:00:00Z");

    @Test
    void whatIsNotSaidExpires() {
        assertThat(Timing.at(NIGHT)).isEqualTo(new Timing.At(NIGHT, Duration.ofMinutes(1), IfMissed.EXPIRE));
        assertThat(Timing.inMaintenanceWindow()).isEqualTo(new Timing.InMaintenanceWindow(IfMissed.EXPIRE));
    }

    @Test
    void everyPartCanBeSaid() {
        Timing.At at = Timing.at(NIGHT).startWithin(Duration.ofHours(1)).ifMissed(IfMissed.NEXT_OPENING);

        assertThat(at.startWithin()).isEqualTo(Duration.ofHours(1));
        assertThat(at.ifMissed()).isEqualTo(IfMissed.NEXT_OPENING);
        assertThat(Timing.inMaintenanceWindow().ifMissed(IfMissed.NEXT_OPENING).ifMissed())
                .isEqualTo(IfMissed.NEXT_OPENING);
    }

    @Test
    void readsAsASentence() {
        assertThat(Timing.now()).hasToString("now");
        assertThat(Timing.at(NIGHT)).hasToString("at 2026-03-01T22:00:00Z");
        assertThat(Timing.inMaintenanceWindow()).hasToString("in the maintenance window");
    }

    @Test
    void badFiguresAreRefusedWhereTheyAreTyped() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Timing.at(NIGHT).startWithin(Duration.ofSeconds(-1)))
                .withMessage("startWithin is PT-1S; it must be positive");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Timing.at(Instant.MAX))
                .withMessage("The moment +1000000000-12-31T23:59:59.999999999Z is after 9999-12-31T23:59:59Z");
    }
}
