package io.switchover4j.postgresql.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Edition;
import io.switchover4j.Endpoint;
import io.switchover4j.LossEstimate;
import io.switchover4j.TimeSource;
import io.switchover4j.Zone;
import io.switchover4j.postgresql.internal.Observation.NodeReply;
import io.switchover4j.postgresql.internal.PgControl.State;
import io.switchover4j.spi.NodeControl;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is estimated from what was seen, and when nothing can be. */
class LossTest {

    private static final NodeConfig A = node("a");
    private static final NodeConfig B = node("b");
    private static final InstanceConfig INSTANCE =
            new InstanceConfig("orders", "eu", Edition.HIGH_AVAILABILITY, List.of(A, B));

    private long now = 1_000_000;

    private final PrimaryMemory memory = new PrimaryMemory(new TimeSource() {
        @Override
        public long nanoTime() {
            return now;
        }

        @Override
        public Instant instant() {
            return Instant.EPOCH;
        }
    });

    private static NodeConfig node(String id) {
        Endpoint endpoint = new Endpoint("127.0.0.1", 5432);
        NodeControl none = new NodeControl() {
            @Override
            public String nodeId() {
                return id;
            }

            @Override
            public void requestStop(StopMode mode) {}

            @Override
            public boolean isRunning() {
                return false;
            }

            @Override
            public void start() {}

            @Override
            public byte[] read(String name) {
                return new byte[0];
            }

            @Override
            public void write(String name, byte[] content) {}

            @Override
            public void delete(String name) {}
        };
        return new NodeConfig(id, new Zone("eu", "z"), endpoint, endpoint, id, none);
    }

    private void saw(NodeConfig primary, int timeline, String position, String syncState) {
        NodeConfig standby = primary == A ? B : A;
        NodeAnswer.Sender sender = new NodeAnswer.Sender(1, standby.id(), "streaming", syncState, "");
        NodeReply said = new NodeReply(
                primary,
                Optional.of(
                        new NodeAnswer(false, "18", timeline, Lsn.parse(position), List.of(sender), Optional.empty())),
                "",
                false);
        NodeReply follows = new NodeReply(
                standby,
                Optional.of(new NodeAnswer(true, "18", timeline, Lsn.parse(position), List.of(), Optional.empty())),
                "",
                false);
        memory.saw(new Observation(INSTANCE, List.of(said, follows), Optional.empty(), Instant.EPOCH), now);
    }

    private static Follower follower(int timeline, String received) {
        return new Follower(timeline, Lsn.parse(received), Lsn.parse(received), Optional.empty(), true);
    }

    private LossEstimate estimate(Follower follower, Optional<PgControl> control) {
        return Loss.estimate(A, B, follower, memory.of(INSTANCE), control, memory);
    }

    private LossEstimate estimate(Follower follower) {
        return estimate(follower, Optional.empty());
    }

    @Test
    void whatWasNeverSeenIsUnknown() {
        assertThat(estimate(follower(1, "0/5000")))
                .hasToString("unknown ('a' was not observed since this backend was made,"
                        + " 'b' has received up to 0/5000)");
    }

    @Test
    void theLastSightOfThePrimaryCountsWithItsAge() {
        saw(A, 1, "0/5000", "async");
        now += Duration.ofSeconds(1).toNanos();
        saw(A, 1, "0/6000", "async");
        now += Duration.ofSeconds(3).toNanos();

        assertThat(estimate(follower(1, "0/5000")))
                .hasToString("4096 bytes as observed 3000 ms ago ('a' had written up to 0/6000,"
                        + " 'b' has received up to 0/5000)");
        assertThat(estimate(follower(1, "0/7000")).bytes()).hasValue(0);
    }

    @Test
    void aSynchronousStandbyIsSaidToBeOne() {
        saw(A, 1, "0/5000", "sync");

        assertThat(estimate(follower(1, "0/5000")).basis()).contains("it was its synchronous standby then");
    }

    @Test
    void whatThePrimaryToldItsStandbyLaterCountsMore() {
        saw(A, 1, "0/5000", "async");
        now += Duration.ofSeconds(9).toNanos();
        Follower told = new Follower(
                1,
                Lsn.parse("0/5000"),
                Lsn.parse("0/5000"),
                Optional.of(new Follower.Heard(Lsn.parse("0/5100"), Duration.ofSeconds(2))),
                true);

        assertThat(estimate(told))
                .hasToString("256 bytes as observed 2000 ms ago ('a' had told 'b' that it had written up to 0/5100,"
                        + " 'b' has received up to 0/5000)");
    }

    @Test
    void aSightOnAnotherTimelineSaysNothing() {
        saw(A, 1, "0/5000", "async");

        assertThat(estimate(follower(2, "0/5000")).isKnown()).isFalse();
    }

    @Test
    void theTargetsOwnTimeAsPrimarySaysNothing() {
        saw(B, 2, "0/5000", "async");

        assertThat(estimate(follower(2, "0/4000")).isKnown()).isFalse();
    }

    @Test
    void anOlderTimelineNeverHidesANewerOne() {
        saw(A, 2, "0/5000", "async");
        now += 1_000;
        saw(B, 1, "0/9000", "async");

        assertThat(memory.of(INSTANCE).orElseThrow().timeline()).isEqualTo(2);
    }

    @Test
    void aCleanStopIsExact() {
        saw(A, 1, "0/9000", "async");
        PgControl stopped = new PgControl(7, 1800, State.SHUT_DOWN, Lsn.parse("0/6000"), 1);

        assertThat(estimate(follower(1, "0/6078"), Optional.of(stopped)))
                .isEqualTo(LossEstimate.exact(0, "'a' was shut down cleanly at 0/6000, 'b' has received up to 0/6078"));
        assertThat(estimate(follower(1, "0/5000"), Optional.of(stopped)).bytes())
                .hasValue(4096);
    }

    @Test
    void aCrashIsNoCleanStop() {
        PgControl crashed = new PgControl(7, 1800, State.IN_PRODUCTION, Lsn.parse("0/6000"), 1);

        assertThat(estimate(follower(1, "0/6078"), Optional.of(crashed)).isKnown())
                .isFalse();
    }
}
