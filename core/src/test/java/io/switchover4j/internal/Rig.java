package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverListener;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.TimeSource;
import io.switchover4j.internal.CoordinatorSettings.Registration;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.SwitchoverJournal;
import io.switchover4j.spi.TrafficParticipant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A coordinator over a {@link FakePair}, with time-outs short enough for tests. */
final class Rig implements AutoCloseable {

    static final Limits SHORT = new Limits(
            Duration.ofSeconds(2),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            Duration.ofMillis(300),
            Duration.ofSeconds(1),
            Duration.ofMillis(300),
            Duration.ofMillis(300),
            Duration.ofMillis(400),
            Duration.ofMillis(1),
            Duration.ofMillis(400),
            Duration.ofMillis(100),
            Duration.ofMillis(500),
            Duration.ofMillis(400),
            Duration.ofSeconds(2));

    final FakePair pair;
    final RecordingListener listener = new RecordingListener();
    final DefaultCoordinator coordinator;

    Rig(FakePair pair, SwitchoverJournal journal, TrafficParticipant... participants) {
        this(pair, journal, List.of(), participants);
    }

    Rig(FakePair pair, SwitchoverJournal journal, List<SwitchoverListener> first, TrafficParticipant... participants) {
        this.pair = pair;
        List<SwitchoverListener> listeners = new ArrayList<>(first);
        listeners.add(listener);
        coordinator = DefaultCoordinator.start(
                new CoordinatorSettings(
                        pair,
                        journal,
                        Arrays.stream(participants)
                                .map(p -> new Registration(Optional.empty(), p))
                                .toList(),
                        listeners,
                        TimeSource.system(),
                        null),
                SHORT);
    }

    /** Time-outs that nothing healthy meets. */
    static SwitchoverRequest.Builder request() {
        return SwitchoverRequest.of(FakePair.ID)
                .catchUpTimeout(Duration.ofSeconds(10))
                .drainTimeout(Duration.ofSeconds(5))
                .pauseBudget(Duration.ofSeconds(10))
                .rejoinTimeout(Duration.ofSeconds(10))
                .requestedBy("alice", "kernel update");
    }

    /** Time-outs that a test waits for. */
    static SwitchoverRequest.Builder hasty() {
        return request()
                .catchUpTimeout(Duration.ofMillis(300))
                .drainTimeout(Duration.ofMillis(150))
                .pauseBudget(Duration.ofMillis(400))
                .rejoinTimeout(Duration.ofMillis(300));
    }

    SwitchoverReport run() throws Exception {
        return run(request().build());
    }

    SwitchoverReport run(SwitchoverRequest request) throws Exception {
        return coordinator.start(request).await(Duration.ofSeconds(20));
    }

    /** What holds at the end of every switchover, whatever happened to it. */
    void assertSafe(SwitchoverReport report, ScriptedJournal journal, FakeTraffic... traffic) throws Exception {
        assertThat(pair.violations).isEmpty();
        assertThat(pair.isLeased()).as("lease given back").isFalse();
        for (FakeTraffic participant : traffic) {
            assertThat(participant.awaitReleased()).as("traffic released").isTrue();
        }
        boolean primaryKnown =
                report.failover().isEmpty() || report.newPrimary().isPresent();
        if (report.outcome() != Phase.NEEDS_OPERATOR && primaryKnown) {
            assertThat(pair.writable()).contains(report.isSwitched() ? "b" : "a");
        }
        report.newPrimary().ifPresent(node -> assertThat(pair.writable()).contains(node));
        assertThat(report.message())
                .startsWith("%s of 'orders'".formatted(report.failover().isPresent() ? "Failover" : "Switchover"))
                .endsWith(".")
                .doesNotContain("null");
        assertThat(intendedButNotJournaled(journal)).isEmpty();

        assertThat(listener.awaitEnd()).isTrue();
        assertThat(listener.ends).containsExactly(report);
        assertThat(listener.phases()).endsWith(report.outcome());
        assertThat(coordinator.running(FakePair.ID)).isEmpty();
    }

    /** Steps before the point of no return that were applied although the journal knows of no intent. */
    private List<String> intendedButNotJournaled(ScriptedJournal journal) {
        return pair.calls.stream()
                .filter(call -> call.startsWith("apply "))
                .map(call -> call.substring("apply ".length()))
                .filter(step -> !step.equals("first write") && !step.startsWith("rejoin"))
                .filter(step -> journal.records.stream()
                        .noneMatch(r -> r.kind() == JournalRecord.Kind.INTENT
                                && r.subject().equals(step)))
                .toList();
    }

    @Override
    public void close() {
        coordinator.close();
    }
}
