package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.HistoryEntry;
import io.switchover4j.Instance;
import io.switchover4j.LossLimit;
import io.switchover4j.Node;
import io.switchover4j.OnDrainTimeout;
import io.switchover4j.Phase;
import io.switchover4j.Replication;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverEvent;
import io.switchover4j.SwitchoverInProgressException;
import io.switchover4j.SwitchoverListener;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverReport.PhaseTiming;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.simulated.Call;
import io.switchover4j.simulated.DirectThreads;
import io.switchover4j.simulated.Fault;
import io.switchover4j.simulated.ManualTime;
import io.switchover4j.simulated.SimulatedBackend;
import io.switchover4j.simulated.SimulatedEvent;
import io.switchover4j.simulated.SimulatedNode;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.SwitchoverBackend;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * One random run, decided by its seed alone: requests, cancels, faults, crashes of nodes and of the coordinator's process,
 * moves of the clock. Everything happens on one thread: what would be concurrent happens inside of a call, so that the same
 * seed gives the same run. After every event the invariants are checked.
 */
final class SimulatedRun {

    static final String ID = "orders";

    /** Whether a coordinator takes up what a process that ended had begun; until it does, no process ends in a run. */
    static final boolean RECOVERS = Arrays.stream(SwitchoverBackend.class.getMethods())
            .anyMatch(method -> method.getName().equals("resume"));

    /** How rough a run is; the smooth ones show that success is reached, the rough ones that nothing breaks. */
    private record Weather(double faults, double crashes, double nodes, double interference, double failovers) {}

    private static final List<Weather> WEATHER = List.of(
            new Weather(0, 0, 0, 0, 0),
            new Weather(0, 0, 0, 0.1, 0),
            new Weather(0.03, 0, 0, 0.02, 0),
            new Weather(0.1, 0, 0, 0.05, 0),
            new Weather(0.3, 0, 0.01, 0.02, 0),
            new Weather(0, 0.02, 0, 0.02, 0),
            new Weather(0, 0.05, 0, 0, 0),
            new Weather(0.03, 0.02, 0, 0.02, 0),
            new Weather(0, 0, 0.03, 0.02, 0),
            new Weather(0.05, 0.01, 0.02, 0.05, 0),
            new Weather(0, 0, 0.05, 0, 0.5),
            new Weather(0.05, 0.01, 0.05, 0.02, 0.4));

    private final long seed;
    private final SplittableRandom random;
    private final Weather weather;
    private final ManualTime time = ManualTime.at(Instant.parse("2026-03-01T21:00:00Z"));
    private final SwitchoverJournal memory = SwitchoverJournal.inMemory();
    private final SimulatedBackend nodes;
    private final ClockedTraffic traffic;
    private final List<SwitchoverReport> reports = new ArrayList<>();
    private final List<String> ends = new ArrayList<>();
    private final Map<Phase, Integer> outcomes;

    /** Of some runs alone: what waits for its time makes a run long. */
    private final Optional<SimulatedCalendar> calendar;

    private SimulatedBackend process;
    private SwitchoverCoordinator coordinator;

    /** Counts what makes the words of a report uncertain: disturbances of nodes, and switches of other processes. */
    private int disturbances;

    private int journalFaults;
    private int releaseFaults;
    private int faults;
    private int depth;
    private boolean recovering;
    private boolean calm;

    /** Asked for by force: what the target had not received may be lost. */
    private boolean forced;

    /** Promoted by force while the old primary could not be fenced: it may take writes until it rejoins. */
    private boolean unfenced;

    private boolean fencedSince;

    /** The first promise that was broken in the middle of a call, where the coordinator takes it for a failure of the call. */
    private Optional<AssertionError> broken = Optional.empty();

    SimulatedRun(long seed, Map<Phase, Integer> outcomes) {
        this.seed = seed;
        this.outcomes = outcomes;
        this.random = new SplittableRandom(seed);
        this.weather = WEATHER.get(random.nextInt(WEATHER.size()));
        Duration lag = Duration.ofMillis(random.nextInt(3) == 0 ? random.nextInt(300) : 0);
        long load = random.nextInt(3) == 0 ? 1 + random.nextInt(1 << 20) : 0;
        boolean three = random.nextInt(4) == 0;
        this.nodes = SimulatedBackend.builder()
                .time(time)
                .instance(ID, instance -> {
                    instance.lag(lag).load(load).node("a", "z1").node("b", "z2");
                    if (three) {
                        instance.node("c", "z3");
                    }
                })
                .build();
        this.traffic = new ClockedTraffic(nodes, time);
        this.process = nodes.another();
        this.calendar = random.nextInt(3) == 0
                ? Optional.of(new SimulatedCalendar(random, time, nodes, memory))
                : Optional.empty();
        nodes.observe(this::check);
        this.coordinator = coordinate();
    }

    /**
     * @throws AssertionError if an invariant is broken; the message names the seed and holds the trace
     */
    void run() {
        try {
            int actions = 1 + random.nextInt(5);
            for (int i = 0; i < actions; i++) {
                act();
            }
            settle();
            if (broken.isPresent()) {
                throw broken.get();
            }
        } catch (RuntimeException | Error escaped) {
            Throwable e = broken.isPresent() ? broken.get() : escaped;
            throw new AssertionError(
                    "seed %d: %s%n%n%s%s"
                            .formatted(
                                    seed,
                                    e.getMessage(),
                                    nodes.describeTrace(),
                                    reports.isEmpty()
                                            ? ""
                                            : reports.get(reports.size() - 1).describe()),
                    e);
        }
    }

    /** For the test of the simulation itself. */
    String trace() {
        return nodes.describeTrace().replaceAll("_[0-9a-f]{8}", "");
    }

    private SwitchoverCoordinator coordinate() {
        process.faults(this::next);
        SimulatedBackend mine = process;
        return SwitchoverCoordinator.builder()
                .backend(mine)
                .journal(mine.journal(memory))
                .participant(mine.participant(traffic))
                .timeSource(mine.timeSource())
                .threadFactory(new DirectThreads())
                .listener(new SwitchoverListener() {
                    @Override
                    public void onTransition(SwitchoverEvent event) {
                        if (!mine.isCrashed()) {
                            calendar.ifPresent(entries -> noting(() -> entries.transition(event, disturbances == 0)));
                        }
                    }

                    @Override
                    public void onEnd(SwitchoverReport report) {
                        if (!mine.isCrashed()) {
                            ends.add(report.operationId());
                            if (report.outcome() == Phase.NEEDS_OPERATOR) {
                                // Nobody comes: what it left holds from then on.
                                disturbances++;
                            }
                        }
                    }
                })
                .build();
    }

    /** A listener's failure is only logged: a broken promise must not be lost with it. */
    private void noting(Runnable check) {
        boolean before = calm;
        calm = true;
        try {
            check.run();
        } catch (AssertionError e) {
            broken = broken.or(() -> Optional.of(e));
        } finally {
            calm = before;
        }
    }

    private void act() {
        if (calendar.isPresent() && random.nextBoolean()) {
            int faultsBefore = faults;
            calendar.get().act(coordinator, process, () -> faults > faultsBefore || disturbances > 0);
        } else {
            actAtOnce();
        }
        restartIfCrashed();
        if (faults == 0) {
            calendar.ifPresent(entries -> entries.requireSame(coordinator));
        }
    }

    private void actAtOnce() {
        switch (random.nextInt(10)) {
            case 0, 1, 2, 3, 4 -> request();
            case 5 -> time.advance(Duration.ofMillis(random.nextInt(100_000)));
            case 6 -> traffic.write();
            case 7 -> traffic.beginUnit(Duration.ofMillis(random.nextInt(4000)));
            case 8 -> disturb();
            default -> {
                if (weather.crashes() > 0 && RECOVERS) {
                    process.crash();
                }
            }
        }
    }

    private void request() {
        traffic.write();
        int disturbancesBefore = disturbances;
        int journalFaultsBefore = journalFaults;
        int faultsBefore = faults;
        SwitchoverRequest request = anyRequest();
        Switchover switchover;
        try {
            switchover = coordinator.start(request);
        } catch (BackendException e) {
            assertThat(faults > faultsBefore || disturbances > 0)
                    .as("nothing went wrong, but: %s", e)
                    .isTrue();
            return;
        } catch (Error crash) {
            assertThat(process.isCrashed()).as("%s", crash).isTrue();
            return;
        }
        if (process.isCrashed()) {
            return;
        }
        assertThat(switchover.phase().isEnd()).as("ended: %s", switchover).isTrue();
        SwitchoverReport report;
        try {
            report = switchover.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        boolean calmNodes = disturbances == disturbancesBefore;
        boolean before = calm;
        calm = true;
        ended(report, calmNodes, journalFaults == journalFaultsBefore, faults == faultsBefore);
        calm = before;
    }

    private SwitchoverRequest anyRequest() {
        SwitchoverRequest.Builder request = SwitchoverRequest.of(ID).requestedBy("sim", "schedule");
        switch (random.nextInt(8)) {
            case 0 -> request.target("a");
            case 1 -> request.target("b");
            default -> {}
        }
        if (random.nextInt(3) == 0) {
            request.onDrainTimeout(OnDrainTimeout.CUT);
        }
        if (random.nextInt(4) == 0) {
            request.drainTimeout(Duration.ofMillis(20)).pauseBudget(Duration.ofMillis(50 + random.nextInt(300)));
        }
        if (random.nextInt(4) == 0) {
            request.catchUpTimeout(Duration.ofMillis(1 + random.nextInt(300)))
                    .rejoinTimeout(Duration.ofMillis(1 + random.nextInt(900)));
        }
        if (random.nextDouble() < weather.failovers()) {
            forced = true;
            request.failover().acceptLoss(LossLimit.unlimited());
            if (random.nextInt(4) == 0) {
                request.evenIfPrimaryAnswers();
            }
        }
        return request.build();
    }

    /** Asked before each call of the coordinator's process: what goes wrong, and what happens meanwhile. */
    private Optional<Fault> next(Call call, int nth) {
        if (calm) {
            return Optional.empty();
        }
        double dice = random.nextDouble();
        if (dice < weather.crashes() && RECOVERS) {
            return Optional.of(either(Fault.crash()));
        }
        dice -= weather.crashes();
        if (dice < weather.faults()) {
            faults++;
            if (call == Call.APPEND) {
                journalFaults++;
            }
            if (call == Call.RELEASE) {
                releaseFaults++;
            }
            return Optional.of(either(
                    switch (random.nextInt(4)) {
                        case 0, 1 -> Fault.error("simulated failure of " + call);
                        case 2 -> Fault.timeOut();
                        default -> Fault.slow(Duration.ofMillis(1 + random.nextInt(6000)));
                    }));
        }
        dice -= weather.faults();
        if (dice < weather.interference()) {
            return Optional.of(either(Fault.run(this::interfere)));
        }
        dice -= weather.interference();
        return dice < weather.nodes() ? Optional.of(either(Fault.run(this::disturb))) : Optional.empty();
    }

    private Fault either(Fault fault) {
        return random.nextBoolean() ? fault.afterEffect() : fault;
    }

    /** What users and other processes do at any moment. */
    private void interfere() {
        if (depth > 0) {
            return;
        }
        depth++;
        boolean before = calm;
        calm = true;
        try {
            switch (random.nextInt(recovering ? 2 : 0, 6)) {
                case 0 -> coordinator.running(ID).ifPresent(this::cancel);
                case 1 -> refusedWhileSwitching();
                case 2 -> otherProcess();
                case 3 -> time.advance(Duration.ofMillis(random.nextInt(3000)));
                case 4 -> traffic.beginUnit(Duration.ofMillis(random.nextInt(4000)));
                default -> traffic.write();
            }
        } catch (AssertionError e) {
            broken = broken.or(() -> Optional.of(e));
            throw e;
        } finally {
            calm = before;
            depth--;
        }
    }

    private void cancel(Switchover running) {
        boolean cancellable = running.phase().isCancellable();
        assertThat(running.cancel()).as("cancel in %s", running.phase()).isEqualTo(cancellable);
        faults++;
    }

    private void refusedWhileSwitching() {
        Optional<Switchover> running = coordinator.running(ID);
        if (running.isPresent()) {
            try {
                coordinator.start(SwitchoverRequest.of(ID).build());
                throw new AssertionError("a second switchover was started beside " + running.get());
            } catch (SwitchoverInProgressException expected) {
                assertThat(expected).hasMessageContaining(running.get().operationId());
            }
        }
    }

    /** Another coordinator on the same instance, without faults of its own. */
    private void otherProcess() {
        SimulatedBackend other = nodes.another();
        boolean leased = nodes.leaseHolder(ID).isPresent();
        try (SwitchoverCoordinator coordinatorOfOther = SwitchoverCoordinator.builder()
                .backend(other)
                .timeSource(other.timeSource())
                .participant(traffic)
                .threadFactory(new DirectThreads())
                .build()) {
            SwitchoverReport report =
                    coordinatorOfOther.start(SwitchoverRequest.of(ID).build()).await();
            if (leased && disturbances == 0) {
                assertThat(report.outcome()).as(report.message()).isEqualTo(Phase.REJECTED);
            } else {
                disturbances++;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (BackendException e) {
            assertThat(e).hasMessageContaining("interrupted");
        }
    }

    private void disturb() {
        if (weather.nodes() == 0) {
            return;
        }
        disturbances++;
        Instance instance = nodes.describe(ID, deadline());
        SimulatedNode node = nodes.node(
                ID,
                instance.nodes().get(random.nextInt(instance.nodes().size())).id());
        switch (random.nextInt(8)) {
            case 0 -> node.crash();
            case 1, 2 -> node.restart();
            case 3 -> node.freeze();
            case 4, 5 -> node.thaw();
            case 6 -> {
                if (random.nextBoolean()) {
                    node.isolate();
                } else {
                    node.reconnect();
                }
            }
            default -> {
                if (random.nextBoolean()) {
                    node.stopReplication();
                } else {
                    node.startReplication();
                }
            }
        }
    }

    private void restartIfCrashed() {
        for (int attempt = 0; process.isCrashed(); attempt++) {
            if (attempt == 3) {
                calm = true;
            }
            int disturbancesBefore = disturbances;
            int faultsBefore = faults;
            process = process.restarted();
            ends.clear();
            recovering = true;
            try {
                coordinator = coordinate();
            } finally {
                recovering = false;
            }
            if (!process.isCrashed()) {
                boolean before = calm;
                calm = true;
                recovered(disturbances == disturbancesBefore, faults == faultsBefore);
                calm = before;
            }
        }
    }

    /** What holds when a process that takes up what another one left has done so. */
    private void recovered(boolean calmNodes, boolean noFault) {
        assertThat(coordinator.running(ID)).isEmpty();
        if (noFault && calmNodes && disturbances == 0) {
            assertThat(SimulatedCalendar.interrupted(memory))
                    .as("not taken up")
                    .matches(left -> left.isEmpty() || !RECOVERS);
            assertThat(nodes.leaseHolder(ID)).as("the lease after a restart").isEmpty();
            if (faults == 0) {
                assertThat(nodes.writableNodes(ID)).as("after a restart").hasSize(1);
                assertThat(traffic.isHeld())
                        .as("traffic is held after a restart")
                        .isFalse();
                coordinator
                        .history(ID)
                        .forEach(entry ->
                                assertThat(entry.phase()).as(entry.message()).isNotEqualTo(Phase.NEEDS_OPERATOR));
            }
        }
    }

    /** What holds at every moment. */
    private void check(SimulatedEvent event) {
        try {
            requirePromises(event);
        } catch (AssertionError e) {
            broken = broken.or(() -> Optional.of(e));
            throw e;
        }
    }

    private void requirePromises(SimulatedEvent event) {
        switch (event.what()) {
            case "is fenced" -> fencedSince = true;
            case "takes writes again" -> fencedSince = false;
            case "is being promoted" -> {
                unfenced |= forced && !fencedSince;
                fencedSince = false;
            }
            default -> {}
        }
        List<String> writable = nodes.writableNodes(ID);
        if (writable.size() > 1 && !unfenced) {
            throw new AssertionError("two nodes take writes: " + writable);
        }
        List<String> lost = forced ? List.of() : nodes.lostWrites(ID);
        if (!lost.isEmpty()) {
            throw new AssertionError("acknowledged writes are lost: " + lost);
        }
        switch (event.what()) {
            case "is fenced" -> requireIntent(Phase.FENCING);
            case "is being promoted" -> requireIntent(Phase.PROMOTING);
            default -> {}
        }
    }

    private void requireIntent(Phase phase) {
        if (depth > 0) {
            return;
        }
        // Others may wait, or be refused, meanwhile; one alone is under way.
        boolean known = SimulatedCalendar.interrupted(memory).stream()
                .flatMap(List::stream)
                .anyMatch(record -> record.kind() == JournalRecord.Kind.INTENT && record.phase() == phase);
        if (!known) {
            throw new AssertionError("%s was begun, and the journal knows of no intent".formatted(phase));
        }
    }

    /** What holds at the end of every switchover. */
    private void ended(SwitchoverReport report, boolean calmNodes, boolean calmJournal, boolean noFault) {
        reports.add(report);
        if (releaseFaults == 0) {
            assertThat(traffic.isHeld())
                    .as("traffic is held after %s", report.message())
                    .isFalse();
        }
        assertThat(coordinator.running(ID)).isEmpty();
        if (unfenced) {
            return;
        }
        if (disturbances == 0) {
            assertThat(nodes.leaseHolder(ID))
                    .as("the lease after %s", report.message())
                    .isEmpty();
            report.newPrimary()
                    .filter(node -> report.outcome() != Phase.REJECTED)
                    .ifPresent(node -> assertThat(nodes.writableNodes(ID))
                            .as(report.message())
                            .containsExactly(node));
            // What was left to an operator before, or needs a failover, may be without a primary still.
            boolean hadPrimary =
                    report.oldPrimary().isPresent() && report.failover().isEmpty();
            if (report.outcome() != Phase.NEEDS_OPERATOR && hadPrimary) {
                assertThat(nodes.writableNodes(ID)).as(report.message()).hasSize(1);
            }
        }
        if (report.outcome() == Phase.COMPLETED && calmNodes) {
            assertThat(nodes.writableNodes(ID)).containsExactly(report.target().orElseThrow());
        }
        if (noFault && disturbances == 0 && weather.faults() == 0) {
            assertThat(report.outcome()).as(report.message()).isNotEqualTo(Phase.NEEDS_OPERATOR);
        }
        if (weather.equals(WEATHER.get(0))) {
            assertThat(report.outcome())
                    .as(report.message())
                    .isIn(Phase.COMPLETED, Phase.COMPLETED_DEGRADED, Phase.REJECTED, Phase.ABORTED, Phase.ROLLED_BACK);
        }
        sameStory(report, calmJournal);
    }

    private void sameStory(SwitchoverReport report, boolean calmJournal) {
        boolean complete = !report.message().contains("The journal is not complete");
        assertThat(complete || !calmJournal).as("the journal was never refused").isTrue();
        Optional<HistoryEntry> told = coordinator.history(ID).stream()
                .filter(entry -> entry.operationId().equals(report.operationId()))
                .findFirst();
        // Without its first record a switchover is none for the history.
        boolean begun = told.isPresent() || !report.message().contains("could not keep the record REQUESTED");
        boolean owed = report.message().contains("What it lacks is written once it works again");
        if (!owed && begun) {
            assertThat(told.map(HistoryEntry::phase))
                    .as("how %s ended is kept", report)
                    .contains(report.outcome());
        }
        assertThat(ends).endsWith(report.operationId()).doesNotHaveDuplicates();
        if (!complete) {
            return;
        }
        HistoryEntry entry = told.orElseThrow();
        assertThat(entry.message()).isEqualTo(report.message());
        assertThat(entry.newPrimary()).isEqualTo(report.newPrimary());
        assertThat(entry.phases().stream().map(PhaseTiming::phase).toList())
                .isEqualTo(report.phases().stream().map(PhaseTiming::phase).toList());
    }

    /** Everything heals, and a last restart is made: whatever is open comes to its end, and another restart changes nothing. */
    private void settle() {
        calm = true;
        for (String id :
                nodes.describe(ID, deadline()).nodes().stream().map(Node::id).toList()) {
            SimulatedNode node = nodes.node(ID, id);
            node.restart();
            node.thaw();
            node.reconnect();
            node.startReplication();
        }
        process.crash();
        restartIfCrashed();
        // Every window opens once in a week.
        time.advance(calendar.isPresent() ? Duration.ofDays(9) : Duration.ofMinutes(10));
        assertThat(coordinator.waiting()).as("still waiting").isEmpty();
        assertThat(SimulatedCalendar.open(memory))
                .as("left in the journal")
                .matches(left -> left.isEmpty() || !RECOVERS);
        assertThat(nodes.leaseHolder(ID)).as("a lease is left").isEmpty();
        assertThat(traffic.isHeld()).as("traffic is left held").isFalse();
        String before = picture();
        process.crash();
        restartIfCrashed();
        assertThat(picture()).as("another restart changes nothing").isEqualTo(before);
        coordinator.history(ID).stream()
                .filter(entry -> entry.phase().isEnd())
                .forEach(entry -> outcomes.merge(entry.phase(), 1, Integer::sum));
    }

    private String picture() {
        return nodes.describe(ID, deadline()).nodes().stream()
                        .map(node -> node.id()
                                + ' '
                                + node.role()
                                + ' '
                                + node.replication().map(Replication::state))
                        .toList()
                + " " + nodes.writableNodes(ID) + " " + memory.read(ID).size();
    }

    private Deadline deadline() {
        return Deadline.after(Duration.ofSeconds(10), time);
    }

    static Map<Phase, Integer> noOutcomes() {
        return new ConcurrentSkipListMap<>();
    }
}
