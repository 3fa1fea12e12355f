package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.HistoryEntry;
import io.switchover4j.Phase;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.simulated.Call;
import io.switchover4j.simulated.DirectThreads;
import io.switchover4j.simulated.Fault;
import io.switchover4j.simulated.ManualTime;
import io.switchover4j.simulated.SimulatedBackend;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every call of a switchover goes wrong in every way, once: one node takes writes in the end, and everything is given back. */
class EverySingleFaultTest {

    private record Point(Call call, int nth) {

        @Override
        public String toString() {
            return call + " " + nth;
        }
    }

    private final ManualTime time = ManualTime.at(Instant.parse("2026-03-01T21:00:00Z"));
    private final SimulatedBackend nodes =
            SimulatedBackend.builder().time(time).pair(SimulatedRun.ID).build();
    private final SwitchoverJournal journal = SwitchoverJournal.inMemory();
    private final ClockedTraffic traffic = new ClockedTraffic(nodes, time);

    static Stream<Arguments> everyPointAndFault() {
        List<Fault> before = List.of(
                Fault.error("simulated failure"), Fault.timeOut(), Fault.slow(Duration.ofSeconds(20)), Fault.crash());
        return everyPoint().stream()
                .flatMap(point -> before.stream()
                        .limit(SimulatedRun.RECOVERS ? before.size() : before.size() - 1)
                        .flatMap(fault -> Stream.of(fault, fault.afterEffect()))
                        .map(fault -> Arguments.of(point, fault)));
    }

    private static List<Point> everyPoint() {
        List<Point> points = new ArrayList<>();
        EverySingleFaultTest healthy = new EverySingleFaultTest();
        SimulatedBackend process = healthy.nodes.another().faults((call, nth) -> {
            points.add(new Point(call, nth));
            return Optional.empty();
        });
        try (SwitchoverCoordinator coordinator = healthy.coordinator(process)) {
            coordinator.start(SwitchoverRequest.of(SimulatedRun.ID).build());
        }
        return points;
    }

    private SwitchoverCoordinator coordinator(SimulatedBackend process) {
        return SwitchoverCoordinator.builder()
                .backend(process)
                .journal(process.journal(journal))
                .participant(process.participant(traffic))
                .timeSource(process.timeSource())
                .threadFactory(new DirectThreads())
                .build();
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("everyPointAndFault")
    void endsWithOnePrimaryAndNothingHeld(Point point, Fault fault) {
        SimulatedBackend process = nodes.another().failNth(point.call(), point.nth(), fault);
        nodes.node(SimulatedRun.ID, "a").write();
        nodes.observe(event -> assertThat(nodes.writableNodes(SimulatedRun.ID)).hasSizeLessThan(2));
        SwitchoverCoordinator coordinator = coordinator(process);
        try {
            coordinator.start(SwitchoverRequest.of(SimulatedRun.ID).build());
        } catch (BackendException e) {
            assertThat(point).isEqualTo(new Point(Call.DESCRIBE, 1));
        } catch (Error crash) {
            assertThat(process.isCrashed()).as("%s", crash).isTrue();
        }
        if (process.isCrashed() || (!journal.unfinished().isEmpty() && SimulatedRun.RECOVERS)) {
            // Where only its end is not in the journal, the next process writes it.
            coordinator = coordinator(process.restarted());
        }

        List<HistoryEntry> history = coordinator.history(SimulatedRun.ID);
        assertThat(journal.unfinished())
                .as(nodes.describeTrace())
                .matches(left -> left.isEmpty() || !SimulatedRun.RECOVERS);
        assertThat(history)
                .extracting(HistoryEntry::phase)
                .as(nodes.describeTrace())
                .doesNotContain(Phase.NEEDS_OPERATOR)
                .allMatch(phase -> phase.isEnd() || !SimulatedRun.RECOVERS);
        assertThat(nodes.lostWrites(SimulatedRun.ID)).isEmpty();
        assertThat(nodes.leaseHolder(SimulatedRun.ID)).isEmpty();
        String primary = history.stream()
                .flatMap(entry -> entry.newPrimary().stream())
                .reduce((one, later) -> later)
                .orElse(nodes.writableNodes(SimulatedRun.ID).get(0));
        assertThat(nodes.writableNodes(SimulatedRun.ID))
                .as(nodes.describeTrace())
                .containsExactly(primary);
        if (point.call() != Call.RELEASE) {
            assertThat(traffic.isHeld()).isFalse();
        }
        time.advance(Duration.ofMinutes(10));
        assertThat(traffic.isHeld()).isFalse();
        coordinator.close();
    }
}
