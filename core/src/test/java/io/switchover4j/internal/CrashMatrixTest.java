package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.HistoryEntry;
import io.switchover4j.LossLimit;
import io.switchover4j.Phase;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.TimeSource;
import io.switchover4j.internal.CoordinatorSettings.Registration;
import io.switchover4j.internal.MortalProcess.Point;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.SwitchoverJournal;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The process dies after every record of the journal and after every effect, and another one takes the switchover up. */
class CrashMatrixTest {

    /** What would have become of the switchover. */
    enum Story {
        COMPLETES(Rig.request(), pair -> {}),
        ROLLS_BACK(Rig.request(), pair -> pair.before("apply confirm position", FakePair.failing("short of records"))),
        LOSES_THE_ANSWER_OF_THE_PROMOTION(Rig.request(), Story::loseTheAnswer),
        CANNOT_REJOIN_AT_ONCE(Rig.request(), Story::failTheFirstRejoin),
        FAILS_OVER_A_DEAD_PRIMARY(byForce(), FakePair::losePrimary),
        FAILS_OVER_A_PRIMARY_THAT_ANSWERS(byForce().evenIfPrimaryAnswers(), pair -> {});

        private final SwitchoverRequest request;
        private final Consumer<FakePair> script;

        Story(SwitchoverRequest.Builder request, Consumer<FakePair> script) {
            this.request = request.build();
            this.script = script;
        }

        private static SwitchoverRequest.Builder byForce() {
            return Rig.request().failover().acceptLoss(LossLimit.unlimited());
        }

        /** Where the page shows it; a story that meets no other points than the rest has no place there. */
        Optional<CrashMatrix.Table> table() {
            return switch (this) {
                case CANNOT_REJOIN_AT_ONCE -> Optional.empty();
                case FAILS_OVER_A_DEAD_PRIMARY -> Optional.of(CrashMatrix.Table.DEAD_PRIMARY);
                case FAILS_OVER_A_PRIMARY_THAT_ANSWERS -> Optional.of(CrashMatrix.Table.PRIMARY_THAT_ANSWERS);
                default -> Optional.of(CrashMatrix.Table.SWITCHOVER);
            };
        }

        /** Whether no node takes writes unless the target is promoted. */
        boolean hasNoPrimary() {
            return this == FAILS_OVER_A_DEAD_PRIMARY;
        }

        FakePair pair() {
            FakePair pair = new FakePair();
            script.accept(pair);
            return pair;
        }

        private static void loseTheAnswer(FakePair pair) {
            pair.after("apply promote b", FakePair.failing("connection reset"));
        }

        private static void failTheFirstRejoin(FakePair pair) {
            AtomicBoolean failed = new AtomicBoolean();
            pair.before("apply rejoin a", deadline -> {
                if (failed.compareAndSet(false, true)) {
                    throw new BackendException("the server is starting up");
                }
            });
        }
    }

    /** Thousands of lives end in pauses between attempts, of which nothing here depends on the length. */
    private static final TimeSource RESTLESS = new TimeSource() {

        @Override
        public Instant instant() {
            return Instant.now();
        }

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public void sleep(Duration duration) throws InterruptedException {
            TimeSource.system().sleep(duration.dividedBy(20));
        }
    };

    /** A life of the coordinator's process. */
    static final class Life {

        final MortalProcess process;
        final FakeTraffic traffic = new FakeTraffic("shop");
        final RecordingListener listener = new RecordingListener();

        Life(FakePair pair, SwitchoverJournal journal, int diesAt) {
            this.process = new MortalProcess(pair, journal, diesAt);
        }

        private DefaultCoordinator coordinator() {
            return DefaultCoordinator.start(
                    new CoordinatorSettings(
                            process.backend(),
                            process.journal(),
                            List.of(new Registration(Optional.empty(), process.traffic(traffic))),
                            List.of(listener),
                            RESTLESS,
                            null),
                    Rig.SHORT);
        }

        /** Asks for a switchover and sees it end, or dies. */
        void switchOver() throws Exception {
            switchOver(Rig.request().build());
        }

        /** Asks for what the request says and sees it end, or dies. */
        void switchOver(SwitchoverRequest request) throws Exception {
            try (DefaultCoordinator coordinator = coordinator()) {
                await(coordinator.start(request));
            } catch (Error dead) {
                assertThat(process.isDead()).isTrue();
            }
        }

        /** Takes up what was left, if anything was. */
        void restart() throws Exception {
            try (DefaultCoordinator coordinator = coordinator()) {
                Optional<Switchover> left = coordinator.running(FakePair.ID);
                if (left.isPresent()) {
                    await(left.get());
                }
            } catch (Error dead) {
                assertThat(process.isDead()).isTrue();
            }
        }

        private void await(Switchover switchover) throws Exception {
            try {
                switchover.await(Duration.ofSeconds(20));
            } catch (IllegalStateException e) {
                assertThat(process.isDead()).as(e.toString()).isTrue();
            }
        }
    }

    private static int pointsOf(Story story) throws Exception {
        Life life = new Life(story.pair(), SwitchoverJournal.inMemory(), -1);
        life.switchOver(story.request);
        return life.process.points.size();
    }

    /** What must hold whatever was interrupted where; the entry is the switchover as its last process left it. */
    private static HistoryEntry assertResolved(String where, Story story, FakePair pair, SwitchoverJournal journal) {
        List<JournalRecord> records = journal.read(FakePair.ID);
        List<HistoryEntry> history = Histories.of(records);
        assertThat(history).as(where).hasSize(1);
        HistoryEntry entry = history.get(0);
        assertThat(entry.endedAt()).as(where).isPresent();
        assertThat(journal.unfinished()).as(where).isEmpty();
        assertThat(entry.phase()).as(where + ": " + entry.message()).isNotEqualTo(Phase.NEEDS_OPERATOR);
        assertThat(records.stream().map(JournalRecord::sequence))
                .as(where)
                .containsExactlyElementsOf(java.util.stream.LongStream.range(0, records.size())
                        .boxed()
                        .toList());

        assertThat(pair.violations).as(where).isEmpty();
        assertThat(pair.isLeased()).as(where).isFalse();
        boolean switched = entry.phase() == Phase.COMPLETED || entry.phase() == Phase.COMPLETED_DEGRADED;
        boolean fenced = records.stream()
                .anyMatch(record -> record.kind() == JournalRecord.Kind.INTENT && record.phase() == Phase.FENCING);
        if (fenced && !switched && !story.hasNoPrimary()) {
            assertThat(entry.phase()).as(where).isEqualTo(Phase.ROLLED_BACK);
        }
        if (!switched && story.hasNoPrimary()) {
            assertThat(pair.writable()).as(where).isEmpty();
        } else {
            assertThat(pair.writable()).as(where).contains(switched ? "b" : "a");
        }
        entry.newPrimary()
                .ifPresent(node -> assertThat(pair.writable()).as(where).contains(node));
        assertThat(entry.message())
                .as(where)
                .matches("(?s)(Switchover|Failover) of 'orders'.*")
                .doesNotContain("null");
        return entry;
    }

    private static void assertNothingIsLeftToDo(String where, FakePair pair, SwitchoverJournal journal)
            throws Exception {
        List<String> calls = effects(pair);
        List<JournalRecord> records = journal.read(FakePair.ID);
        Life again = new Life(pair, journal, -1);

        again.restart();

        assertThat(effects(pair)).as(where).isEqualTo(calls);
        assertThat(journal.read(FakePair.ID)).as(where).isEqualTo(records);
        assertThat(again.traffic.calls).as(where).isEmpty();
        assertThat(again.listener.events).as(where).isEmpty();
    }

    /** Everything but looking. */
    private static List<String> effects(FakePair pair) {
        return pair.calls.stream().filter(call -> !call.equals("describe")).toList();
    }

    @Test
    void whereverTheProcessDiesTheNextOneEndsTheSwitchover() throws Exception {
        CrashMatrix matrix = new CrashMatrix();
        for (Story story : Story.values()) {
            int points = pointsOf(story);
            assertThat(points).isGreaterThan(25);
            for (int diesAt = 0; diesAt < points; diesAt++) {
                FakePair pair = story.pair();
                SwitchoverJournal journal = SwitchoverJournal.inMemory();
                Life first = new Life(pair, journal, diesAt);
                first.switchOver(story.request);
                assertThat(first.process.awaitDeath()).isTrue();
                Point point = first.process.points.get(diesAt);
                String where = "%s, dies at %d: %s".formatted(story, diesAt, point);
                if (journal.read(FakePair.ID).isEmpty()) {
                    assertNothingIsLeftToDo(where, pair, journal);
                    continue;
                }
                boolean unfinished = !journal.unfinished().isEmpty();

                Life second = new Life(pair, journal, -1);
                second.restart();

                HistoryEntry entry = assertResolved(where, story, pair, journal);
                assertThat(second.listener.ends).as(where).hasSize(unfinished ? 1 : 0);
                boolean begun =
                        !new Recollection(journal.read(FakePair.ID)).intents().isEmpty();
                if (unfinished && begun) {
                    assertThat(second.traffic.calls).as(where).containsExactly("release");
                    assertThat(second.traffic.releasedTo.map(t -> t.primaryNodeId()))
                            .as(where)
                            .contains(pair.writable().orElse("a"));
                }
                assertNothingIsLeftToDo(where, pair, journal);
                story.table()
                        .ifPresent(
                                table -> matrix.add(table, point, entry.phase().name()));
            }
        }

        if ("write".equals(System.getProperty("switchover4j.docs"))) {
            Files.writeString(CrashMatrix.PAGE, matrix.markdown());
        }
        assertThat(CrashMatrix.PAGE)
                .as("rewrite it with -Dswitchover4j.docs=write")
                .hasContent(matrix.markdown());
    }

    @Test
    void everyPointOfThePageHasAnOutcomeInMemoryAndOnARealPair() throws IOException {
        assertThat(Files.readAllLines(CrashMatrix.PAGE))
                .filteredOn(line -> line.startsWith("|"))
                .hasSizeGreaterThan(60)
                .allSatisfy(line -> assertThat(line.split("\\|", -1)).hasSize(5))
                .allSatisfy(line ->
                        assertThat(List.of(line.split("\\|", -1)).subList(1, 4)).noneMatch(String::isBlank));
    }

    @ParameterizedTest
    @EnumSource
    void aRecoveryThatDiesIsRecoveredAgain(Story story) throws Exception {
        long seed = Long.getLong("switchover4j.seed", System.nanoTime());
        System.out.println("aRecoveryThatDiesIsRecoveredAgain: seed " + seed);
        Random random = new Random(seed);
        int points = pointsOf(story);
        List<String> seen = new ArrayList<>();
        for (int diesAt = 0; diesAt < points; diesAt++) {
            for (int diesAgainAt : new int[] {random.nextInt(6), 6 + random.nextInt(20)}) {
                FakePair pair = story.pair();
                SwitchoverJournal journal = SwitchoverJournal.inMemory();
                new Life(pair, journal, diesAt).switchOver(story.request);
                if (journal.read(FakePair.ID).isEmpty()) {
                    continue;
                }
                Life second = new Life(pair, journal, diesAgainAt);
                second.restart();
                if (!second.process.isDead()) {
                    continue;
                }
                String where = "%s, dies at %d, and again at %d: %s"
                        .formatted(story, diesAt, diesAgainAt, second.process.points.get(diesAgainAt));

                new Life(pair, journal, -1).restart();

                HistoryEntry entry = assertResolved(where, story, pair, journal);
                assertNothingIsLeftToDo(where, pair, journal);
                seen.add(entry.phase().name());
            }
        }
        assertThat(seen).hasSizeGreaterThan(points / 2);
    }
}
