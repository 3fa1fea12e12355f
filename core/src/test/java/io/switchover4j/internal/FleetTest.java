package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Check;
import io.switchover4j.Edition;
import io.switchover4j.Endpoint;
import io.switchover4j.Engine;
import io.switchover4j.FileJournal;
import io.switchover4j.Instance;
import io.switchover4j.Node;
import io.switchover4j.Replication;
import io.switchover4j.Role;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.TimeSource;
import io.switchover4j.Timing;
import io.switchover4j.Zone;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.InterruptedSwitchover;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.SwitchoverBackend;
import io.switchover4j.spi.SwitchoverJournal;
import io.switchover4j.spi.SwitchoverOptions;
import io.switchover4j.spi.SwitchoverPlan;
import io.switchover4j.spi.SwitchoverSession;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ten thousand switchovers that wait in one coordinator. */
class FleetTest {

    private static final int MANY = 10_000;
    private static final Instant NOW = Instant.parse("2026-03-01T21:00:00Z");
    private static final Instant NIGHT = Instant.parse("2026-03-01T22:00:00Z");

    /** Stands still, and counts the alarms that are set. */
    private static final class Clock implements TimeSource {

        private final AtomicInteger alarms = new AtomicInteger();
        private final AtomicInteger most = new AtomicInteger();

        @Override
        public Instant instant() {
            return NOW;
        }

        @Override
        public long nanoTime() {
            return 0;
        }

        @Override
        public Alarm setAlarm(Instant at, Runnable task) {
            most.accumulateAndGet(alarms.incrementAndGet(), Math::max);
            return alarms::decrementAndGet;
        }
    }

    /** Keeps nothing: what the coordinator needs is to be measured, not what a journal keeps. */
    private static final class ForgetfulJournal implements SwitchoverJournal {

        @Override
        public void append(JournalRecord record) {}

        @Override
        public List<JournalRecord> read(String instanceId) {
            return List.of();
        }

        @Override
        public List<List<JournalRecord>> unfinished() {
            return List.of();
        }

        @Override
        public boolean isDurable() {
            return true;
        }

        @Override
        public void close() {}
    }

    /** A pair of every name. */
    private static final class Fleet implements SwitchoverBackend {

        private final Map<String, Instance> instances = new ConcurrentHashMap<>();
        private final AtomicInteger described = new AtomicInteger();

        @Override
        public String name() {
            return "fleet";
        }

        @Override
        public List<Instance> instances(Deadline deadline) {
            return List.copyOf(instances.values());
        }

        @Override
        public Instance describe(String instanceId, Deadline deadline) {
            described.incrementAndGet();
            return instances.computeIfAbsent(instanceId, Fleet::pair);
        }

        private static Instance pair(String id) {
            Replication streaming = new Replication(Replication.State.STREAMING, false, OptionalLong.of(0));
            return new Instance(
                    id,
                    "local",
                    new Engine("FakeSQL", "1.0"),
                    Edition.HIGH_AVAILABILITY,
                    List.of(node("a", Role.PRIMARY, Optional.empty()), node("b", Role.STANDBY, Optional.of(streaming))),
                    NOW);
        }

        private static Node node(String id, Role role, Optional<Replication> replication) {
            return new Node(id, new Zone("local", id), role, new Endpoint("127.0.0.1", 5001), replication, "");
        }

        @Override
        public List<Check> check(Instance instance, Node target, SwitchoverOptions options, Deadline deadline) {
            return List.of();
        }

        @Override
        public SwitchoverPlan plan(Instance instance, Node target, SwitchoverOptions options, Deadline deadline) {
            return new SwitchoverPlan(List.of(), Duration.ZERO, List.of());
        }

        @Override
        public SwitchoverSession open(
                Instance instance,
                Node target,
                SwitchoverOptions options,
                String operationId,
                String audit,
                Deadline deadline) {
            throw new BackendException("nothing of this fleet is ever switched");
        }

        @Override
        public SwitchoverSession resume(InterruptedSwitchover interrupted, Deadline deadline) {
            throw new BackendException("nothing of this fleet is ever switched");
        }

        @Override
        public void close() {}
    }

    private static DefaultCoordinator coordinator(SwitchoverBackend backend, SwitchoverJournal journal, Clock clock) {
        return DefaultCoordinator.start(
                new CoordinatorSettings(backend, journal, List.of(), List.of(), clock, null), Limits.STANDARD);
    }

    private static SwitchoverRequest request(int number) {
        return SwitchoverRequest.of("instance-" + number)
                .requestedBy("alice", "kernel update")
                .timing(Timing.at(NIGHT.plusSeconds(number % 3600)))
                .build();
    }

    private static long heap() throws InterruptedException {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            System.gc();
            // The collector's own threads finish.
            Thread.sleep(20);
            least = Math.min(
                    least,
                    Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
        }
        return least;
    }

    @Test
    void eachCostsLessThanOneKibibyteBeyondItsRequestAndAllShareOneAlarm() throws Exception {
        Fleet fleet = new Fleet();
        Clock clock = new Clock();
        List<SwitchoverRequest> requests = new ArrayList<>(MANY);
        for (int i = 0; i < MANY; i++) {
            requests.add(request(i));
            fleet.describe("instance-" + i, Deadline.after(Duration.ofSeconds(1)));
        }
        try (DefaultCoordinator coordinator = coordinator(fleet, new ForgetfulJournal(), clock)) {
            long before = heap();
            requests.forEach(coordinator::start);
            long after = heap();

            long each = (after - before) / MANY;
            System.out.printf("FleetTest: %d B of heap for each of %d waiting switchovers%n", each, MANY);
            assertThat(each).isLessThan(1024);
            assertThat(coordinator.waiting()).hasSize(MANY);
            assertThat(clock.alarms).as("alarms set").hasValue(1);
            assertThat(clock.most).as("most alarms at once").hasValueLessThanOrEqualTo(2);
            assertThat(requests).hasSize(MANY);
        }
    }

    @Test
    void allAreThereAgainAfterARestartWithoutAskingASingleInstance() {
        SwitchoverJournal memory = SwitchoverJournal.inMemory();
        SwitchoverJournal durable = durable(memory);
        try (DefaultCoordinator before = coordinator(new Fleet(), durable, new Clock())) {
            for (int i = 0; i < MANY; i++) {
                before.start(request(i));
            }
        }
        Fleet fleet = new Fleet();
        Clock clock = new Clock();

        long began = System.nanoTime();
        try (DefaultCoordinator after = coordinator(fleet, durable, clock)) {
            System.out.printf(
                    "FleetTest: %d waiting switchovers were there again after %d ms%n",
                    MANY, (System.nanoTime() - began) / 1_000_000);

            List<Switchover> waiting = after.waiting();
            assertThat(waiting).hasSize(MANY);
            assertThat(waiting.get(0).startsAt()).contains(NIGHT);
            assertThat(fleet.described).hasValue(0);
            assertThat(clock.most).hasValue(1);
        }
    }

    /** Prints how long it takes: journal and coordinator together, as a process does that starts again. */
    @Test
    @Tag("soak")
    void allAreThereAgainFromTheDisk(@TempDir Path folder) {
        try (FileJournal journal = FileJournal.in(folder);
                DefaultCoordinator before = coordinator(new Fleet(), journal, new Clock())) {
            for (int i = 0; i < MANY; i++) {
                before.start(request(i));
            }
        }
        for (int round = 0; round < 5; round++) {
            long began = System.nanoTime();
            try (FileJournal journal = FileJournal.in(folder);
                    DefaultCoordinator after = coordinator(new Fleet(), journal, new Clock())) {
                System.out.printf(
                        "FleetTest: %d waiting switchovers were there again from the disk after %d ms%n",
                        MANY, (System.nanoTime() - began) / 1_000_000);

                assertThat(after.waiting()).hasSize(MANY);
            }
        }
    }

    /** The same, for a process that ends: only what it says of itself differs. */
    private static SwitchoverJournal durable(SwitchoverJournal memory) {
        return (SwitchoverJournal) Proxy.newProxyInstance(
                SwitchoverJournal.class.getClassLoader(),
                new Class<?>[] {SwitchoverJournal.class},
                (proxy, method, arguments) ->
                        method.getName().equals("isDurable") ? true : method.invoke(memory, arguments));
    }
}
