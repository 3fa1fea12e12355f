package io.switchover4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a failover is asked for with, and what makes no sense. */
class FailoverRequestTest {

    private static SwitchoverRequest.Builder orders() {
        return SwitchoverRequest.of("orders");
    }

    @Test
    void aPlannedSwitchoverIsTheDefault() {
        SwitchoverRequest request = orders().build();

        assertThat(request.isFailover()).isFalse();
        assertThat(request.acceptedLoss()).isEmpty();
        assertThat(request.isEvenIfPrimaryAnswers()).isFalse();
        assertThat(request).hasToString("switchover of 'orders' to its healthiest standby, now");
    }

    @Test
    void aFailoverSaysWhatItMayLose() {
        SwitchoverRequest request =
                orders().failover().acceptLoss(4_096).evenIfPrimaryAnswers().build();

        assertThat(request.isFailover()).isTrue();
        assertThat(request.acceptedLoss()).contains(LossLimit.of(4_096));
        assertThat(request.isEvenIfPrimaryAnswers()).isTrue();
        assertThat(request).hasToString("failover of 'orders' to its healthiest standby, now");
    }

    @Test
    void aNegativeLimitIsRefused() {
        assertThatThrownBy(() -> orders().failover().acceptLoss(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("The accepted loss is -1 bytes; it must be 0 or more, or unlimited");
    }

    @Test
    void whatOnlyAFailoverKnowsIsRefusedWithoutOne() {
        assertThatThrownBy(() -> orders().acceptLoss(10).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("acceptLoss(10) without failover(): a planned switchover loses nothing");
        assertThatThrownBy(() -> orders().evenIfPrimaryAnswers().build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "evenIfPrimaryAnswers() without failover(): a planned switchover needs a primary that answers");
    }

    @Test
    void aFailoverCannotWait() {
        assertThatThrownBy(() ->
                        orders().failover().timing(Timing.inMaintenanceWindow()).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("A failover cannot wait (in the maintenance window): what it would lose is only known now;"
                        + " leave its timing at now");
    }

    @Test
    void limitsAreWrittenAndRead() {
        for (LossLimit limit : new LossLimit[] {LossLimit.of(0), LossLimit.of(65_536), LossLimit.unlimited()}) {
            assertThat(LossLimit.parse(limit.toString())).isEqualTo(limit);
        }
        for (String wrong : new String[] {"", "-1", "64k", "MB", "1.5MB", "-1MB", "9223372036854775807kB"}) {
            assertThatThrownBy(() -> LossLimit.parse(wrong)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aLimitMayBeTypedWithAUnitAndInAnyCase() {
        assertThat(LossLimit.parse("16MB")).isEqualTo(LossLimit.of(16L << 20));
        assertThat(LossLimit.parse("64 kb")).isEqualTo(LossLimit.of(64L << 10));
        assertThat(LossLimit.parse("2GB")).isEqualTo(LossLimit.of(2L << 30));
        assertThat(LossLimit.parse("7B")).isEqualTo(LossLimit.of(7));
        assertThat(LossLimit.parse(" UNLIMITED ")).isEqualTo(LossLimit.unlimited());
        assertThatThrownBy(() -> LossLimit.parse("-1")).hasMessageStartingWith("The accepted loss is -1 bytes");
        assertThatThrownBy(() -> LossLimit.parse("16 megabytes"))
                .hasMessage(
                        "'16 megabytes' is no limit of a loss; write a number of bytes, one with kB, MB or GB (of 1024), or"
                                + " 'unlimited'");
    }

    @Test
    void onlyUnlimitedCoversWhatIsUnknown() {
        LossEstimate known = LossEstimate.observed(10, Duration.ofSeconds(1), "");
        LossEstimate unknown = LossEstimate.unknown("never observed");

        assertThat(LossLimit.of(10).covers(known)).isTrue();
        assertThat(LossLimit.of(9).covers(known)).isFalse();
        assertThat(LossLimit.of(Long.MAX_VALUE).covers(unknown)).isFalse();
        assertThat(LossLimit.unlimited().covers(unknown)).isTrue();
    }

    @Test
    void anEstimateSaysHowOldItIs() {
        assertThat(LossEstimate.observed(10, Duration.ofMillis(1500), "x"))
                .hasToString("10 bytes as observed 1500 ms ago (x)");
        assertThat(LossEstimate.observed(10, Duration.ofMinutes(5), "x"))
                .hasToString("10 bytes as observed 300 s ago (x)");
        assertThat(LossEstimate.exact(0, "x")).hasToString("0 bytes (x)");
        assertThat(LossEstimate.unknown("x")).hasToString("unknown (x)");
        assertThatThrownBy(() -> LossEstimate.exact(-1, "x")).hasMessageContaining("-1 bytes");
        assertThatThrownBy(() -> LossEstimate.observed(1, Duration.ofMillis(-1), "x"))
                .hasMessageContaining("PT-0.001S");
    }
}
