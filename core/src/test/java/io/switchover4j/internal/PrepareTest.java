package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.Timeline;
import io.switchover4j.Topology;
import io.switchover4j.spi.DrainResult;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.spi.PrepareRequest;
import io.switchover4j.spi.TrafficParticipant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What participants are told before traffic is held, and what they are released with. */
class PrepareTest {

    private final ScriptedJournal journal = new ScriptedJournal();
    private final List<String> calls = new CopyOnWriteArrayList<>();

    @FunctionalInterface
    private interface Preparation {
        void run(PrepareRequest request) throws InterruptedException;
    }

    /** Writes down what it is told. */
    private final class Told implements TrafficParticipant {

        private final Preparation preparation;
        volatile @Nullable PrepareRequest prepared;
        volatile @Nullable Topology releasedTo;

        Told(Preparation preparation) {
            this.preparation = preparation;
        }

        @Override
        public String name() {
            return "told";
        }

        @Override
        public void prepare(PrepareRequest request) throws InterruptedException {
            calls.add("prepare");
            prepared = request;
            preparation.run(request);
        }

        @Override
        public DrainResult hold(HoldRequest request) {
            calls.add("hold");
            return DrainResult.drained();
        }

        @Override
        public int cut(String operationId) {
            return 0;
        }

        @Override
        public void release(String operationId, Topology topology) {
            calls.add("release");
            releasedTo = topology;
        }
    }

    @Test
    void participantsPrepareForTheTargetAfterItHasCaughtUpAndBeforeTheyAreHeld() throws Exception {
        Told told = new Told(request -> {});
        FakePair pair = new FakePair();
        pair.before("apply catch up", deadline -> calls.add("catch up"));
        try (Rig rig = new Rig(pair, journal, told)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(calls).containsExactly("catch up", "prepare", "hold", "release");
            PrepareRequest prepared = told.prepared;
            assertThat(prepared).isNotNull();
            assertThat(prepared.instanceId()).isEqualTo(FakePair.ID);
            assertThat(prepared.operationId()).isEqualTo(report.operationId());
            assertThat(prepared.targetNodeId()).isEqualTo("b");
        }
    }

    @Test
    void whoCannotGetReadyIsHeldAllTheSame() throws Exception {
        Told told = new Told(request -> {
            throw new IllegalStateException("no connection to the standby");
        });
        try (Rig rig = new Rig(new FakePair(), journal, told)) {
            assertThat(rig.run().outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(calls).containsExactly("prepare", "hold", "release");
        }
    }

    @Test
    void whoIsNotReadyInTimeIsInterruptedAndHeldAllTheSame() throws Exception {
        CountDownLatch interrupted = new CountDownLatch(1);
        Told told = new Told(request -> {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
            }
        });
        try (Rig rig = new Rig(new FakePair(), journal, told)) {
            assertThat(rig.run().outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(calls).containsExactly("prepare", "hold", "release");
            assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aCancelEndsThePreparation() throws Exception {
        CountDownLatch preparing = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        Told told = new Told(request -> {
            preparing.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
            }
        });
        try (Rig rig = new Rig(new FakePair(), journal, told)) {
            Switchover switchover = rig.coordinator.start(Rig.request().build());
            assertThat(preparing.await(10, TimeUnit.SECONDS)).isTrue();

            assertThat(switchover.cancel()).isTrue();

            assertThat(switchover.await().outcome()).isEqualTo(Phase.CANCELLED);
            assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(calls).containsExactly("prepare");
        }
    }

    @Test
    void aReleaseToThePromotedTargetCarriesTheTimelineThatWasSeenThere() throws Exception {
        Told told = new Told(request -> {});
        Timeline seen = new Timeline("7423", 5);
        FakePair pair = new FakePair().promotedOn(seen);
        try (Rig rig = new Rig(pair, journal, told)) {
            assertThat(rig.run().outcome()).isEqualTo(Phase.COMPLETED);

            assertThat(told.releasedTo)
                    .isEqualTo(new Topology(
                            FakePair.ID,
                            "b",
                            rig.coordinator
                                    .instance(FakePair.ID)
                                    .node("b")
                                    .orElseThrow()
                                    .endpoint(),
                            Optional.of(seen)));
        }
    }

    @Test
    void aReleaseToTheOldPrimaryCarriesNone() throws Exception {
        Told told = new Told(request -> {});
        FakePair pair = new FakePair().promotedOn(new Timeline("7423", 5));
        pair.before("apply confirm position", deadline -> {
            throw new IllegalStateException("a position that does not come");
        });
        try (Rig rig = new Rig(pair, journal, told)) {
            assertThat(rig.run().outcome()).isEqualTo(Phase.ROLLED_BACK);

            Topology released = told.releasedTo;
            assertThat(released).isNotNull();
            assertThat(released.primaryNodeId()).isEqualTo("a");
            assertThat(released.timeline()).isEmpty();
        }
    }
}
