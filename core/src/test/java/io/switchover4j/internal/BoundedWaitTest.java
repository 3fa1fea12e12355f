package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.FailoverMode;
import io.switchover4j.Instance;
import io.switchover4j.InstanceStatus;
import io.switchover4j.MaintenanceWindow;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.TimeSource;
import io.switchover4j.Timing;
import io.switchover4j.simulated.Call;
import io.switchover4j.simulated.DirectThreads;
import io.switchover4j.simulated.Fault;
import io.switchover4j.simulated.SimulatedBackend;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.SwitchoverBackend;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** How long callers wait for a backend that does not answer: for as long as the coordinator's documentation says. */
@Timeout(60)
class BoundedWaitTest {

    private static final int PAIRS = 20;
    private static final Duration LOOK = Duration.ofSeconds(10);
    private static final Duration DRY_RUN = Duration.ofSeconds(40);

    private final SimulatedBackend backend = pairs();

    private static SimulatedBackend pairs() {
        SimulatedBackend.Builder builder = SimulatedBackend.builder();
        IntStream.range(0, PAIRS).forEach(i -> builder.pair("orders" + i));
        return builder.build();
    }

    private SwitchoverCoordinator.Builder coordinator() {
        return SwitchoverCoordinator.builder().backend(backend).timeSource(backend.timeSource());
    }

    static Stream<Arguments> everyCall() {
        TimeSource time = pairs().timeSource();
        SwitchoverRequest request = SwitchoverRequest.of("orders1").build();
        SwitchoverRequest later = SwitchoverRequest.of("orders1")
                .timing(Timing.at(time.instant().plusSeconds(3_600)))
                .build();
        MaintenanceWindow window = MaintenanceWindow.parse("22:00Z-02:00Z");
        return Stream.of(
                call("regions", LOOK, SwitchoverCoordinator::regions),
                call("instances", LOOK, SwitchoverCoordinator::instances),
                call("instances of a region", LOOK, c -> c.instances("local")),
                call("instance", LOOK, c -> c.instance("orders1")),
                call("running", LOOK, c -> c.running("orders1")),
                call("waiting", LOOK, c -> c.waiting("orders1")),
                call("history", LOOK, c -> c.history("orders1")),
                call("cancel", LOOK, c -> c.cancel("orders1")),
                call("start for later", LOOK, c -> c.start(later)),
                call("modifyMaintenanceWindow", LOOK, c -> c.modifyMaintenanceWindow("orders1", window)),
                call("modifyFailoverMode", LOOK, c -> c.modifyFailoverMode("orders1", FailoverMode.automatic())),
                call("preflight", DRY_RUN, c -> c.preflight(request)));
    }

    private static Arguments call(String name, Duration limit, Consumer<SwitchoverCoordinator> call) {
        return Arguments.of(name, limit, call);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("everyCall")
    void noCallWaitsLongerThanItsLimitHoweverSlowTheBackend(
            String name, Duration limit, Consumer<SwitchoverCoordinator> call) {
        for (Duration slow : List.of(Duration.ofMillis(4_000), Duration.ofMillis(9_900), Duration.ofMinutes(1))) {
            backend.heal();
            try (SwitchoverCoordinator coordinator =
                    coordinator().threadFactory(new DirectThreads()).build()) {
                Stream.of(Call.values()).forEach(kind -> backend.failAlways(kind, Fault.slow(slow)));

                assertThat(elapsed(() -> call.accept(coordinator)))
                        .as("%s, each call slower by %s", name, slow)
                        .isLessThanOrEqualTo(limit);
            }
        }
    }

    private Duration elapsed(Runnable call) {
        long before = backend.timeSource().nanoTime();
        try {
            call.run();
        } catch (RuntimeException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
        return Duration.ofNanos(backend.timeSource().nanoTime() - before);
    }

    @Test
    void instancesWhoseLeaseCannotBeFoundOutAreShownAsTheirNodesSay() {
        backend.failAlways(Call.LEASE_HOLDER, Fault.timeOut());
        try (SwitchoverCoordinator coordinator =
                coordinator().threadFactory(new DirectThreads()).build()) {
            long before = backend.timeSource().nanoTime();

            assertThat(coordinator.instances())
                    .hasSize(PAIRS)
                    .extracting(Instance::status)
                    .containsOnly(InstanceStatus.RUNNING);
            assertThat(Duration.ofNanos(backend.timeSource().nanoTime() - before))
                    .isLessThanOrEqualTo(LOOK);
        }
    }

    @Test
    void instancesAreAskedForTheirLeasesSideBySide() {
        CountDownLatch both = new CountDownLatch(2);
        SwitchoverBackend meeting = withLeaseHolder(id -> {
            both.countDown();
            return await(both) && id.equals("orders0") ? Optional.of("bob") : Optional.empty();
        });
        try (SwitchoverCoordinator coordinator =
                SwitchoverCoordinator.builder().backend(meeting).build()) {
            assertThat(coordinator.instances())
                    .filteredOn(instance -> instance.status() == InstanceStatus.SWITCHING)
                    .extracting(Instance::id)
                    .containsExactly("orders0");
        }
    }

    private static boolean await(CountDownLatch both) {
        try {
            return both.await(3, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Test
    void aCallerWhoIsInterruptedIsToldSo() {
        Thread caller = Thread.currentThread();
        CountDownLatch asked = new CountDownLatch(1);
        SwitchoverBackend interrupting = withLeaseHolder(id -> {
            if (Thread.currentThread() != caller) {
                asked.countDown();
                caller.interrupt();
                await(new CountDownLatch(1));
            }
            await(asked);
            return Optional.empty();
        });
        try (SwitchoverCoordinator coordinator =
                SwitchoverCoordinator.builder().backend(interrupting).build()) {
            assertThatThrownBy(coordinator::instances)
                    .isInstanceOf(BackendException.class)
                    .hasMessageContainingAll("Interrupted", "Nothing was changed");
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    private SwitchoverBackend withLeaseHolder(Function<String, Optional<String>> holder) {
        return (SwitchoverBackend) Proxy.newProxyInstance(
                SwitchoverBackend.class.getClassLoader(),
                new Class<?>[] {SwitchoverBackend.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("leaseHolder")) {
                        return holder.apply((String) arguments[0]);
                    }
                    try {
                        return method.invoke(backend, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Test
    void aChangeForWhichNoTimeIsLeftIsNotBegun() {
        backend.failAlways(Call.LEASE_HOLDER, Fault.run(() -> sleep(LOOK)));
        try (SwitchoverCoordinator coordinator = coordinator().build()) {
            MaintenanceWindow window = MaintenanceWindow.parse("22:00Z-02:00Z");

            assertThatThrownBy(() -> coordinator.modifyMaintenanceWindow("orders1", window))
                    .isInstanceOf(BackendException.class)
                    .hasMessageContainingAll("'orders1'", "10 s", "Nothing was changed");
            assertThat(coordinator.instance("orders1").maintenanceWindow()).isEmpty();
        }
    }

    private void sleep(Duration duration) {
        try {
            backend.timeSource().sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
