package io.switchover4j.internal;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverEvent;
import io.switchover4j.SwitchoverListener;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.simulated.DirectThreads;
import io.switchover4j.simulated.SimulatedBackend;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What those who are told of a switchover may do at once. */
class EndTest {

    private final SimulatedBackend backend =
            SimulatedBackend.builder().pair("orders").build();
    private final AtomicReference<SwitchoverCoordinator> coordinator = new AtomicReference<>();
    private final List<SwitchoverReport> ends = new CopyOnWriteArrayList<>();

    private SwitchoverCoordinator start(SwitchoverListener listener) {
        SwitchoverCoordinator started = SwitchoverCoordinator.builder()
                .backend(backend)
                .listener(listener)
                .timeSource(backend.timeSource())
                .threadFactory(new DirectThreads())
                .build();
        coordinator.set(started);
        return started;
    }

    private Switchover ask() {
        return requireNonNull(coordinator.get())
                .start(SwitchoverRequest.of("orders").build());
    }

    @Test
    void whoIsToldOfTheEndMayAskForTheNextOne() {
        List<RuntimeException> refusals = new CopyOnWriteArrayList<>();
        SwitchoverListener listener = new SwitchoverListener() {
            @Override
            public void onEnd(SwitchoverReport report) {
                ends.add(report);
                if (ends.size() == 1) {
                    try {
                        ask();
                    } catch (RuntimeException e) {
                        refusals.add(e);
                    }
                }
            }
        };
        try (SwitchoverCoordinator started = start(listener)) {
            ask();

            assertThat(refusals).isEmpty();
            assertThat(ends)
                    .hasSize(2)
                    .allSatisfy(end -> assertThat(end.outcome()).isEqualTo(Phase.COMPLETED));
            assertThat(started.running("orders")).isEmpty();
        }
    }

    /** The thread that carries a switchover out waited for its end. */
    @Test
    @Timeout(value = 20, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void whoIsToldOnTheThreadThatCarriesItOutMayCloseTheCoordinator() throws Exception {
        SwitchoverListener listener = new SwitchoverListener() {
            @Override
            public void onTransition(SwitchoverEvent event) {
                if (event.to() == Phase.CATCHING_UP) {
                    requireNonNull(coordinator.get()).close();
                }
            }
        };
        start(listener);

        assertThat(ask().await().outcome()).isEqualTo(Phase.CANCELLED);
        assertThat(backend.writableNodes("orders")).containsExactly("a");
    }
}
