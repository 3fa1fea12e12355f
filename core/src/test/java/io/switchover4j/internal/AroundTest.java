package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.HistoryEntry;
import io.switchover4j.Phase;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverEvent;
import io.switchover4j.SwitchoverListener;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverReport.PhaseTiming;
import io.switchover4j.TimeSource;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is around a switchover: listeners, threads, history. */
class AroundTest {

    private final ScriptedJournal journal = new ScriptedJournal();
    private final FakeTraffic traffic = new FakeTraffic("shop");

    @Test
    void listenersAreToldEveryTransitionInOrderAndTheEndLast() throws Exception {
        try (Rig rig = new Rig(new FakePair(), journal)) {
            SwitchoverReport report = rig.run();

            assertThat(rig.listener.awaitEnd()).isTrue();
            assertThat(rig.listener.phases())
                    .containsExactly(
                            Phase.SCHEDULED,
                            Phase.CHECKING,
                            Phase.CATCHING_UP,
                            Phase.DRAINING,
                            Phase.FENCING,
                            Phase.CONFIRMING_POSITION,
                            Phase.PROMOTING,
                            Phase.RELEASING,
                            Phase.REJOINING,
                            Phase.COMPLETED);
            SwitchoverEvent first = rig.listener.events.get(0);
            assertThat(first.from()).isEqualTo(Phase.SCHEDULED);
            assertThat(first.message()).isEqualTo("requested by alice");
            assertThat(rig.listener.events)
                    .allSatisfy(event -> assertThat(event.operationId()).isEqualTo(report.operationId()));
            assertThat(rig.listener.events).extracting(SwitchoverEvent::at).isSorted();
        }
    }

    @Test
    void aListenerThatThrowsStopsNeitherTheSwitchoverNorTheOtherListeners() throws Exception {
        SwitchoverListener throwing = new SwitchoverListener() {
            @Override
            public void onTransition(SwitchoverEvent event) {
                throw new IllegalStateException("listener is broken");
            }

            @Override
            public void onEnd(SwitchoverReport report) {
                throw new NoClassDefFoundError("listener is broken");
            }
        };
        try (Rig rig = new Rig(new FakePair(), journal, List.of(throwing), traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(rig.listener.awaitEnd()).isTrue();
            assertThat(rig.listener.events).hasSize(10);
            rig.assertSafe(report, journal, traffic);
        }
    }

    @Test
    void aListenerThatBlocksDoesNotDelayTheSwitchover() throws Exception {
        CountDownLatch open = new CountDownLatch(1);
        SwitchoverListener blocking = new SwitchoverListener() {
            @Override
            public void onTransition(SwitchoverEvent event) {
                try {
                    open.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        try (Rig rig = new Rig(new FakePair(), journal, List.of(blocking))) {
            assertThat(rig.run().outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(rig.listener.events).isEmpty();
            open.countDown();
            assertThat(rig.listener.awaitEnd()).isTrue();
        }
    }

    @Test
    void anEventIsToldAfterItIsInTheJournal() throws Exception {
        List<String> early = new CopyOnWriteArrayList<>();
        SwitchoverListener checking = new SwitchoverListener() {
            @Override
            public void onTransition(SwitchoverEvent event) {
                boolean journaled = journal.records.stream().anyMatch(r -> r.phase() == event.to());
                if (!journaled) {
                    early.add(event.to().name());
                }
            }
        };
        try (Rig rig = new Rig(new FakePair(), journal, List.of(checking))) {
            rig.run();
            assertThat(rig.listener.awaitEnd()).isTrue();

            assertThat(early).isEmpty();
        }
    }

    @Test
    void aListenerMayCloseTheCoordinator() throws Exception {
        CompletableFuture<DefaultCoordinator> coordinator = new CompletableFuture<>();
        CountDownLatch closed = new CountDownLatch(1);
        SwitchoverListener closing = new SwitchoverListener() {
            @Override
            public void onEnd(SwitchoverReport report) {
                coordinator.join().close();
                closed.countDown();
            }
        };
        Rig rig = new Rig(new FakePair(), journal, List.of(closing));
        coordinator.complete(rig.coordinator);

        assertThat(rig.run().outcome()).isEqualTo(Phase.COMPLETED);

        assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"describe", "open", "apply catch up", "apply stop a", "apply promote b", "apply rejoin a"})
    void anInterruptFromOutsideEndsSafelyAndIsHandedOn(String point) throws Exception {
        AtomicReference<@Nullable Thread> runner = new AtomicReference<>();
        AtomicBoolean handedOn = new AtomicBoolean();
        CountDownLatch ended = new CountDownLatch(1);
        FakePair pair = new FakePair();
        DefaultCoordinator coordinator = DefaultCoordinator.start(
                new CoordinatorSettings(
                        pair,
                        journal,
                        List.of(new CoordinatorSettings.Registration(Optional.empty(), traffic)),
                        List.of(),
                        TimeSource.system(),
                        task -> new Thread(() -> {
                            task.run();
                            if (Thread.currentThread() == runner.get()) {
                                handedOn.set(Thread.currentThread().isInterrupted());
                                ended.countDown();
                            }
                        })),
                Rig.SHORT);
        pair.before(point, deadline -> {
            if (Thread.currentThread().getName().equals("switchover4j-orders-switchover")
                    && runner.compareAndSet(null, Thread.currentThread())) {
                Thread.currentThread().interrupt();
                Thread.sleep(1);
            }
        });
        try (coordinator) {
            SwitchoverReport report = coordinator.start(Rig.request().build()).await(Duration.ofSeconds(10));

            assertThat(report.outcome()).isIn(Phase.ABORTED, Phase.ROLLED_BACK, Phase.COMPLETED);
            assertThat(pair.writable()).contains(report.isSwitched() ? "b" : "a");
            assertThat(pair.violations).isEmpty();
            assertThat(traffic.held).isFalse();
            assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(handedOn.get())
                    .as("the flag is restored for the owner of the thread")
                    .isTrue();
        }
    }

    @Test
    void aThreadFactoryThatMakesNoThreadStartsNothing() {
        DefaultCoordinator coordinator = DefaultCoordinator.start(
                new CoordinatorSettings(new FakePair(), journal, List.of(), List.of(), TimeSource.system(), task -> {
                    throw new IllegalStateException("no more threads");
                }),
                Rig.SHORT);
        try (coordinator) {
            assertThatThrownBy(() -> coordinator.start(Rig.request().build()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("no more threads");
            assertThat(coordinator.running(FakePair.ID)).isEmpty();
        }
    }

    @Test
    void aDefectOfOursLeavesNothingHeldAndSaysThatEveryNodeMustBeLookedAt() throws Exception {
        TimeSource breaking = new TimeSource() {
            @Override
            public long nanoTime() {
                return System.nanoTime();
            }

            @Override
            public Instant instant() {
                if (traffic.held) {
                    throw new IllegalStateException("the clock is broken");
                }
                return Instant.now();
            }
        };
        FakePair pair = new FakePair();
        DefaultCoordinator coordinator = DefaultCoordinator.start(
                new CoordinatorSettings(
                        pair,
                        journal,
                        List.of(new CoordinatorSettings.Registration(Optional.empty(), traffic)),
                        List.of(),
                        breaking,
                        null),
                Rig.SHORT);
        try (coordinator) {
            Switchover switchover = coordinator.start(Rig.request().build());

            assertThatThrownBy(() -> switchover.await(Duration.ofSeconds(10)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("ended without a report")
                    .hasMessageContaining("the clock is broken")
                    .hasMessageContaining("Look at every node");
            assertThat(traffic.held).isFalse();
            assertThat(pair.isLeased()).isFalse();
            assertThat(coordinator.running(FakePair.ID)).isEmpty();
        }
    }

    @Test
    void historyTellsWhoWhyWhenWhichPhasesHowLongAndHowItEnded() throws Exception {
        SwitchoverJournal inMemory = SwitchoverJournal.inMemory();
        try (Rig rig = new Rig(new FakePair(), inMemory)) {
            SwitchoverReport first = rig.run();
            SwitchoverReport second = rig.run(Rig.request().target("b").build());

            List<HistoryEntry> history = rig.coordinator.history(FakePair.ID);
            assertThat(history)
                    .extracting(HistoryEntry::operationId)
                    .containsExactly(first.operationId(), second.operationId());
            HistoryEntry entry = history.get(0);
            assertThat(entry.requestedBy()).isEqualTo("alice");
            assertThat(entry.reason()).isEqualTo("kernel update");
            assertThat(entry.phase()).isEqualTo(Phase.COMPLETED);
            assertThat(entry.oldPrimary()).contains("a");
            assertThat(entry.newPrimary()).contains("b");
            assertThat(entry.target()).contains("b");
            assertThat(entry.writePause()).isEqualTo(first.writePause());
            assertThat(entry.message()).isEqualTo(first.message());
            assertThat(entry.endedAt()).isPresent();
            assertThat(entry.phases())
                    .extracting(PhaseTiming::phase)
                    .containsExactlyElementsOf(
                            first.phases().stream().map(PhaseTiming::phase).toList());
            assertThat(history.get(1).phase()).isEqualTo(Phase.REJECTED);
            assertThat(history.get(1).message()).contains("'b' is the primary already");
        }
    }

    @Test
    void historyShowsASwitchoverThatHasNotEnded() {
        ScriptedJournal torn = new ScriptedJournal();
        Instant at = Instant.parse("2026-03-01T12:00:00Z");
        torn.append(new JournalRecord(
                FakePair.ID,
                "op1",
                0,
                at,
                JournalRecord.Kind.REQUESTED,
                Phase.SCHEDULED,
                "",
                Facts.of(Rig.request().build())));
        torn.append(new JournalRecord(
                FakePair.ID, "op1", 1, at.plusSeconds(1), JournalRecord.Kind.PHASE, Phase.CHECKING, "", Map.of()));
        torn.append(new JournalRecord(
                FakePair.ID, "op1", 2, at.plusSeconds(3), JournalRecord.Kind.INTENT, Phase.CHECKING, "x", Map.of()));
        try (Rig rig = new Rig(new FakePair(), torn)) {
            HistoryEntry entry = rig.coordinator.history(FakePair.ID).get(0);

            assertThat(entry.endedAt()).isEmpty();
            assertThat(entry.phase()).isEqualTo(Phase.CHECKING);
            assertThat(entry.message()).isEmpty();
            assertThat(entry.phases())
                    .containsExactly(
                            new PhaseTiming(Phase.SCHEDULED, at, Duration.ofSeconds(1)),
                            new PhaseTiming(Phase.CHECKING, at.plusSeconds(1), Duration.ofSeconds(2)));
        }
    }

    @Test
    void theJournalHoldsTheRequestAndThePositions() throws Exception {
        try (Rig rig = new Rig(new FakePair(), journal)) {
            rig.run();

            assertThat(journal.records.get(0).facts())
                    .containsEntry("requestedBy", "alice")
                    .containsEntry("reason", "kernel update")
                    .containsEntry("pauseBudget", "PT10S")
                    .containsEntry("maximumLagBytes", "16777216");
            assertThat(journal.records)
                    .filteredOn(r -> r.kind() == JournalRecord.Kind.PHASE && r.phase() == Phase.PROMOTING)
                    .singleElement()
                    .satisfies(r -> assertThat(r.facts())
                            .containsEntry("fencedPosition", "0/5000")
                            .containsEntry("oldPrimary", "a")
                            .containsEntry("target", "b"));
        }
    }

    @Test
    void theReportReadsAsAText() throws Exception {
        try (Rig rig = new Rig(new FakePair(), journal, traffic)) {
            assertThat(rig.run().describe())
                    .startsWith("COMPLETED: Switchover of 'orders' from 'a' to 'b' completed, writes paused for ")
                    .contains(
                            "requested by    alice: kernel update\n",
                            "primary before  a\n",
                            "primary now     b\n",
                            "predicted       120 ms\n",
                            "fenced at       0/5000\n",
                            "promoted at     0/5100\n",
                            "dirty buffers   70 MiB\n",
                            "CONFIRMING_POSITION  20");
        }
    }
}
