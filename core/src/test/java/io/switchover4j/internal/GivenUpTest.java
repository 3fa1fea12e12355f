package io.switchover4j.internal;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.HistoryEntry;
import io.switchover4j.Phase;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.simulated.Call;
import io.switchover4j.simulated.DirectThreads;
import io.switchover4j.simulated.Fault;
import io.switchover4j.simulated.SimulatedBackend;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is told of a switchover that was given up before the fence is what is seen then, not what was seen at its begin. */
class GivenUpTest {

    private final SimulatedBackend backend =
            SimulatedBackend.builder().pair("orders").build();
    private final AtomicReference<SwitchoverCoordinator> coordinator = new AtomicReference<>();

    private static SwitchoverCoordinator start(SimulatedBackend backend, SwitchoverJournal journal) {
        return SwitchoverCoordinator.builder()
                .backend(backend)
                .journal(journal)
                .participant(backend.participant(new FakeTraffic("shop")))
                .timeSource(backend.timeSource())
                .threadFactory(new DirectThreads())
                .build();
    }

    private SwitchoverReport run() throws Exception {
        try (SwitchoverCoordinator started = start(backend, SwitchoverJournal.inMemory())) {
            coordinator.set(started);
            return started.start(SwitchoverRequest.of("orders").build()).await();
        }
    }

    private void crashPrimary() {
        backend.node("orders", "a").crash();
    }

    @ParameterizedTest
    @EnumSource(
            value = Call.class,
            names = {"DESCRIBE", "OPEN", "CHECK", "CATCH_UP", "HOLD", "VERIFY_LEASE"})
    void ofADeadPrimaryItTellsThatNobodyTakesWrites(Call call) throws Exception {
        backend.failNth(call, call == Call.DESCRIBE ? 2 : 1, Fault.run(() -> {
            crashPrimary();
            throw new BackendException("connection to 'a' lost");
        }));

        SwitchoverReport report = run();

        assertThat(report.outcome()).isEqualTo(Phase.ABORTED);
        assertThat(report.newPrimary()).isEmpty();
        assertThat(report.message())
                .contains("which node takes writes now is not known: 'a' does not answer at ")
                .contains("Look at every node; if 'a' does not come back, ask for a failover.")
                .doesNotContain("'a' is the primary");
    }

    @Test
    void cancelledMeanwhileItTellsThatNobodyTakesWrites() throws Exception {
        backend.failNext(Call.CATCH_UP, Fault.run(() -> {
            crashPrimary();
            requireNonNull(coordinator.get()).cancel("orders");
        }));

        SwitchoverReport report = run();

        assertThat(report.outcome()).isEqualTo(Phase.CANCELLED);
        assertThat(report.newPrimary()).isEmpty();
        assertThat(report.message()).contains("which node takes writes now is not known: 'a' does not answer at ");
    }

    @Test
    void ofALivingPrimaryItTellsThatItsWritesWereNotStopped() throws Exception {
        backend.failNext(Call.CATCH_UP, Fault.error("checkpoint failed"));

        SwitchoverReport report = run();

        assertThat(report.outcome()).isEqualTo(Phase.ABORTED);
        assertThat(report.newPrimary()).contains("a");
        assertThat(report.message()).contains("'a' is the primary; its writes were not stopped.");
    }

    @ParameterizedTest
    @EnumSource(
            value = Call.class,
            names = {"OPEN", "CHECK"})
    void takenUpAfterSomebodyElseSwitchedItTellsThatAnotherNodeIsPrimary(Call call) throws Exception {
        SwitchoverJournal journal = SwitchoverJournal.inMemory();
        backend.failNext(call, Fault.crash());
        start(backend, backend.journal(journal))
                .start(SwitchoverRequest.of("orders").build());
        SimulatedBackend other = backend.another();
        other.heal();
        other.timeSource().sleep(Duration.ofMinutes(2));
        try (SwitchoverCoordinator elsewhere = start(other, SwitchoverJournal.inMemory())) {
            assertThat(elsewhere
                            .start(SwitchoverRequest.of("orders").build())
                            .await()
                            .outcome())
                    .isEqualTo(Phase.COMPLETED);
        }

        SimulatedBackend restarted = backend.restarted();
        try (SwitchoverCoordinator next = start(restarted, restarted.journal(journal))) {
            HistoryEntry end = next.history("orders").get(0);

            assertThat(end.phase()).isEqualTo(Phase.ABORTED);
            assertThat(end.newPrimary()).isEqualTo(Optional.of("b"));
            assertThat(end.message())
                    .contains("'b' is the primary now, not 'a': that was not done by this switchover.");
        }
    }
}
