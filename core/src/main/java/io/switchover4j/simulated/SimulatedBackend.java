package io.switchover4j.simulated;

import static java.util.Objects.requireNonNull;

import io.switchover4j.Check;
import io.switchover4j.FailoverMode;
import io.switchover4j.Instance;
import io.switchover4j.LossEstimate;
import io.switchover4j.MaintenanceWindow;
import io.switchover4j.Node;
import io.switchover4j.Phase;
import io.switchover4j.Role;
import io.switchover4j.TimeSource;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.InterruptedSwitchover;
import io.switchover4j.spi.LeaseHeldException;
import io.switchover4j.spi.SwitchoverBackend;
import io.switchover4j.spi.SwitchoverJournal;
import io.switchover4j.spi.SwitchoverOptions;
import io.switchover4j.spi.SwitchoverPlan;
import io.switchover4j.spi.SwitchoverSession;
import io.switchover4j.spi.TrafficParticipant;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Instances that exist in memory, as one process of a coordinator reaches them. Everything that happens takes time on the
 * clock of the simulation alone; every call can be made to fail; everything is traced. Thread-safe.
 *
 * <pre>{@code
 * ManualTime time = ManualTime.at(Instant.parse("2026-03-01T21:00:00Z"));
 * SimulatedBackend backend = SimulatedBackend.builder().time(time).pair("orders").build();
 * backend.failNext(Call.PROMOTE, Fault.timeOut().afterEffect());
 * try (SwitchoverCoordinator coordinator = SwitchoverCoordinator.builder()
 *         .backend(backend)
 *         .timeSource(backend.timeSource())
 *         .build()) {
 *     SwitchoverReport report = coordinator.start(SwitchoverRequest.of("orders").build()).await();
 *     System.out.println(report.describe() + backend.describeTrace());
 * }
 * }</pre>
 *
 * <p>The nodes obey the contract of a careful product: a lease is kept on the nodes themselves, a promotion is made by its
 * holder alone, and a fence is taken back only while nothing was promoted. What goes wrong in a simulation is therefore the
 * doing of the faults, or of what is tested.
 *
 * <p>To let a whole process end ({@link Fault#crash()}), give its coordinator {@link #journal}, {@link #participant} and
 * {@link #timeSource()} of its backend, so that nothing it does afterwards takes effect; then make the next coordinator with
 * {@link #restarted()}.
 */
public final class SimulatedBackend implements SwitchoverBackend {

    /** Where a primary was when this process asked it last. */
    private record Seen(String nodeId, long position, long at) {}

    private final World world;
    private final CoordinatorProcess process;
    private final List<Check> checks;
    private final Map<String, Seen> lastSeen = new ConcurrentHashMap<>();

    private SimulatedBackend(World world, Map<Call, Duration> latencies, List<Check> checks) {
        this.world = world;
        this.process = new CoordinatorProcess(world, latencies);
        this.checks = checks;
    }

    public static Builder builder() {
        return new Builder();
    }

    @Override
    public String name() {
        return "simulated";
    }

    @Override
    public List<Instance> instances(Deadline deadline) {
        return process.call(
                Call.INSTANCES,
                "",
                deadline,
                () -> world.ids().stream().map(this::look).toList());
    }

    @Override
    public Instance describe(String instanceId, Deadline deadline) {
        return process.call(Call.DESCRIBE, instanceId, deadline, () -> look(instanceId));
    }

    private Instance look(String instanceId) {
        return world.with(instanceId, instance -> {
            instance.nodes.stream()
                    .filter(node -> node.silence().isEmpty() && !node.standby)
                    .forEach(node -> lastSeen.put(
                            instanceId,
                            new Seen(node.id, node.position, world.time().nanoTime())));
            return instance.describe(world.time().instant());
        });
    }

    @Override
    public boolean canFailOver() {
        return true;
    }

    @Override
    public LossEstimate estimateLoss(Instance instance, Node target, Deadline deadline) {
        return process.call(Call.ESTIMATE_LOSS, instance.id(), deadline, () -> {
            Seen seen = lastSeen.get(instance.id());
            if (seen == null) {
                return LossEstimate.unknown("no primary was ever observed");
            }
            return world.with(instance.id(), state -> {
                NodeState node = state.node(target.id());
                return node.silence()
                        .map(why -> LossEstimate.unknown("'%s': %s".formatted(target.id(), why)))
                        .orElseGet(() -> LossEstimate.observed(
                                Math.max(0, seen.position() - node.position),
                                Duration.ofNanos(world.time().nanoTime() - seen.at()),
                                "'%s' was at %X, '%s' is at %X"
                                        .formatted(seen.nodeId(), seen.position(), target.id(), node.position)));
            });
        });
    }

    @Override
    public List<Check> check(Instance instance, Node target, SwitchoverOptions options, Deadline deadline) {
        return process.call(Call.CHECK, instance.id(), deadline, () -> List.copyOf(checks));
    }

    @Override
    public SwitchoverPlan plan(Instance instance, Node target, SwitchoverOptions options, Deadline deadline) {
        return process.call(Call.PLAN, instance.id(), deadline, () -> {
            Duration lag = world.with(instance.id(), state -> state.node(target.id()).lag);
            Duration pause = process.latency(Call.FENCE)
                    .plus(process.latency(Call.CONFIRM_POSITION))
                    .plus(process.latency(Call.PROMOTE))
                    .plus(lag)
                    .plusMillis(1);
            return new SwitchoverPlan(
                    SimulatedSession.plan(primary(instance, target, options), target.id(), options.failover()),
                    pause,
                    List.of("%d ms lag".formatted(lag.toMillis())));
        });
    }

    @Override
    public Set<Capability> capabilities() {
        return EnumSet.allOf(Capability.class);
    }

    @Override
    public void modifyMaintenanceWindow(String instanceId, MaintenanceWindow window, Deadline deadline) {
        process.call(
                Call.MODIFY_MAINTENANCE_WINDOW,
                instanceId,
                deadline,
                () -> world.with(instanceId, instance -> {
                    instance.window = Optional.of(window);
                    return true;
                }));
    }

    /** Is kept and shown: the simulated product fails over only when a test asks for it. */
    @Override
    public void modifyFailoverMode(String instanceId, FailoverMode mode, Deadline deadline) {
        process.call(
                Call.MODIFY_FAILOVER_MODE,
                instanceId,
                deadline,
                () -> world.with(instanceId, instance -> {
                    instance.failoverMode = mode;
                    return true;
                }));
    }

    @Override
    public Optional<String> leaseHolder(String instanceId, Deadline deadline) {
        return process.call(Call.LEASE_HOLDER, instanceId, deadline, () -> leaseHolder(instanceId));
    }

    @Override
    public SwitchoverSession open(
            Instance instance,
            Node target,
            SwitchoverOptions options,
            String operationId,
            String audit,
            Deadline deadline) {
        String id = instance.id();
        String oldPrimary = primary(instance, target, options);
        Lease lease = new Lease(process.name(), operationId, audit, world.time().instant(), Phase.CHECKING);
        SimulatedSession session =
                new SimulatedSession(process, id, oldPrimary, target.id(), lease, options.failover());
        try {
            return process.call(Call.OPEN, id, deadline, () -> {
                take(id, lease, leased(id, oldPrimary, target.id(), options.failover()));
                return session;
            });
        } catch (RuntimeException | Error e) {
            session.close();
            throw e;
        }
    }

    @Override
    public SwitchoverSession resume(InterruptedSwitchover interrupted, Deadline deadline) {
        String id = interrupted.instance().id();
        String oldPrimary = interrupted.oldPrimary();
        String target = interrupted.target();
        Lease lease = new Lease(
                process.name(),
                interrupted.operationId(),
                interrupted.audit(),
                world.time().instant(),
                Phase.RESOLVING);
        SimulatedSession session = new SimulatedSession(
                process, id, oldPrimary, target, lease, interrupted.options().failover());
        try {
            return process.call(Call.RESUME, id, deadline, () -> {
                boolean answers = world.with(
                        id, instance -> instance.node(oldPrimary).silence().isEmpty());
                take(id, lease, answers ? List.of(oldPrimary, target) : List.of(target));
                return session;
            });
        } catch (RuntimeException | Error e) {
            session.close();
            throw e;
        }
    }

    private void take(String instanceId, Lease lease, List<String> nodeIds) {
        world.with(instanceId, instance -> {
            List<NodeState> nodes = nodeIds.stream().map(instance::node).toList();
            nodes.forEach(SilentNode::require);
            for (NodeState node : nodes) {
                if (node.lease != null) {
                    throw new LeaseHeldException(instanceId, node.lease.holder());
                }
            }
            nodes.forEach(node -> node.lease = lease);
            return true;
        });
    }

    /** A primary that is gone cannot keep a lease: in a failover the target's is enough. */
    private List<String> leased(String instanceId, String oldPrimary, String target, boolean failover) {
        boolean alone = failover
                && world.with(
                        instanceId,
                        instance -> instance.node(oldPrimary).silence().isPresent());
        return alone ? List.of(target) : List.of(oldPrimary, target);
    }

    /** In a failover, where nobody may say that he is primary, the node that does not answer is taken for it. */
    private static String primary(Instance instance, Node target, SwitchoverOptions options) {
        Optional<Node> primary = instance.primary();
        if (primary.isEmpty() && options.failover()) {
            List<Node> others = instance.nodes().stream()
                    .filter(node -> !node.id().equals(target.id()))
                    .toList();
            primary = others.stream()
                    .filter(node -> node.role() == Role.UNKNOWN)
                    .findFirst()
                    .or(() -> others.stream().findFirst());
        }
        return primary.map(Node::id)
                .orElseThrow(() -> new BackendException("'%s' has no primary".formatted(instance.id())));
    }

    /** Does nothing: there is nothing to free. */
    @Override
    public void close() {}

    /** The clock as this process reads it, for its coordinator. */
    public TimeSource timeSource() {
        return process.time();
    }

    /** A journal that this process writes: its appends may go wrong, and end with the process. */
    public SwitchoverJournal journal(SwitchoverJournal journal) {
        return new ProcessJournal(process, requireNonNull(journal, "journal"));
    }

    /** A participant that this process reaches: the calls to it may go wrong, and end with the process. */
    public TrafficParticipant participant(TrafficParticipant participant) {
        return new ProcessTraffic(process, requireNonNull(participant, "participant"));
    }

    /** Another process that reaches the same nodes, with no faults of its own yet. */
    public SimulatedBackend another() {
        return new SimulatedBackend(world, process.latencies(), checks);
    }

    /** Ends this process, if it has not ended yet, and gives the one that is started in its place. */
    public SimulatedBackend restarted() {
        crash();
        return another();
    }

    /** Ends this process as {@link Fault#crash()} does. Idempotent. */
    public void crash() {
        process.end();
    }

    /** Whether this process has ended. */
    public boolean isCrashed() {
        return process.isEnded();
    }

    /** Lets the next call of a kind go wrong. */
    public SimulatedBackend failNext(Call call, Fault fault) {
        return failNth(call, 1, fault);
    }

    /**
     * Lets a call of a kind go wrong, counted from now on.
     *
     * @throws IllegalArgumentException if {@code nth} is less than 1
     */
    public SimulatedBackend failNth(Call call, int nth, Fault fault) {
        process.faults().nth(requireNonNull(call, "call"), nth, requireNonNull(fault, "fault"));
        return this;
    }

    /** Lets every call of a kind go wrong, until {@link #heal()}. */
    public SimulatedBackend failAlways(Call call, Fault fault) {
        process.faults().always(requireNonNull(call, "call"), requireNonNull(fault, "fault"));
        return this;
    }

    /** Has every call that is not scripted decided by a plan, for example {@link Faults#random}. */
    public SimulatedBackend faults(Faults faults) {
        process.faults().plan(requireNonNull(faults, "faults"));
        return this;
    }

    /** Lets nothing go wrong any more. */
    public SimulatedBackend heal() {
        process.faults().clear();
        return this;
    }

    /** Adds the answer to a question that this backend's {@link #check} asks, for all processes. */
    public SimulatedBackend addCheck(Check check) {
        checks.add(requireNonNull(check, "check"));
        return this;
    }

    /**
     * One node, to be disturbed and written on.
     *
     * @throws io.switchover4j.UnknownInstanceException if there is no such instance
     * @throws BackendException if it has no such node
     */
    public SimulatedNode node(String instanceId, String nodeId) {
        return new SimulatedNode(world, instanceId, nodeId);
    }

    /** The nodes that take writes now; two of them are what must never be. */
    public List<String> writableNodes(String instanceId) {
        return world.with(
                instanceId,
                instance -> instance.nodes.stream()
                        .filter(NodeState::takesWrites)
                        .map(node -> node.id)
                        .toList());
    }

    /** The positions of writes that were acknowledged and that the newest primary does not have. */
    public List<String> lostWrites(String instanceId) {
        return world.with(instanceId, InstanceState::lostWrites);
    }

    /** Who holds the lease on any node of an instance, since when and in which phase; empty if nobody does. */
    public Optional<String> leaseHolder(String instanceId) {
        return world.with(
                instanceId,
                instance -> instance.nodes.stream()
                        .flatMap(node -> Optional.ofNullable(node.lease).stream())
                        .map(Lease::holder)
                        .findFirst());
    }

    /** Everything that has happened, oldest first: calls, and what became of nodes. The first 100,000 events are kept. */
    public List<SimulatedEvent> trace() {
        return world.trace();
    }

    /** {@link #trace()} as a text, a line per event. */
    public String describeTrace() {
        return world.trace().stream().map(event -> event + "\n").collect(Collectors.joining());
    }

    /** Is told each event right after it happened, on the thread on which it happened, also of other processes. */
    public void observe(Consumer<SimulatedEvent> observer) {
        world.observe(requireNonNull(observer, "observer"));
    }

    @Override
    public String toString() {
        return "simulated %s, %s".formatted(world.ids(), process.name());
    }

    /** Collects the parts of a {@link SimulatedBackend}. Not thread-safe. */
    public static final class Builder {

        private final Map<String, InstanceBuilder> instances = new LinkedHashMap<>();
        private final Map<Call, Duration> latencies = new EnumMap<>(Map.of(
                Call.DESCRIBE, Duration.ofMillis(2),
                Call.CHECK, Duration.ofMillis(5),
                Call.OPEN, Duration.ofMillis(5),
                Call.VERIFY_LEASE, Duration.ofMillis(1),
                Call.RESOLVE, Duration.ofMillis(5),
                Call.FENCE, Duration.ofMillis(40),
                Call.CONFIRM_POSITION, Duration.ofMillis(5),
                Call.PROMOTE, Duration.ofMillis(60),
                Call.REJOIN, Duration.ofMillis(300),
                Call.UNDO_FENCE, Duration.ofMillis(80)));

        private TimeSource time = ManualTime.at(Instant.parse("2026-01-01T00:00:00Z"));

        private Builder() {}

        /** The clock on which everything takes its time. Default: a {@link ManualTime} of its own. */
        public Builder time(TimeSource time) {
            this.time = requireNonNull(time, "time");
            return this;
        }

        /**
         * Adds an instance with the nodes {@code a}, the primary, and {@code b} in another zone.
         *
         * @throws IllegalArgumentException if there is an instance of that id already
         */
        public Builder pair(String instanceId) {
            return instance(instanceId, instance -> instance.node("a", "z1").node("b", "z2"));
        }

        /**
         * Adds an instance.
         *
         * @throws IllegalArgumentException if there is an instance of that id already
         */
        public Builder instance(String instanceId, Consumer<InstanceBuilder> description) {
            InstanceBuilder instance = new InstanceBuilder(requireNonNull(instanceId, "instanceId"));
            if (instances.containsKey(instanceId)) {
                throw new IllegalArgumentException(
                        "The simulation has an instance '%s' already; give this one another id".formatted(instanceId));
            }
            description.accept(instance);
            instances.put(instanceId, instance);
            return this;
        }

        /**
         * How long a kind of call takes when nothing goes wrong.
         *
         * @throws IllegalArgumentException if the duration is negative
         */
        public Builder latency(Call call, Duration duration) {
            if (duration.isNegative()) {
                throw new IllegalArgumentException(
                        "The latency of %s is %s; it must not be negative".formatted(call, duration));
            }
            latencies.put(requireNonNull(call, "call"), duration);
            return this;
        }

        /**
         * The backend with its instances as they were described.
         *
         * @throws IllegalStateException if there is no instance, or one without a node
         */
        public SimulatedBackend build() {
            if (instances.isEmpty()) {
                throw new IllegalStateException(
                        "A simulation needs an instance; add one with pair(...) or instance(...)");
            }
            long now = time.nanoTime();
            int[] port = {5001};
            List<InstanceState> states = instances.values().stream()
                    .map(instance -> {
                        InstanceState state = instance.build(port[0], now);
                        port[0] += state.nodes.size();
                        return state;
                    })
                    .toList();
            return new SimulatedBackend(new World(time, states), Map.copyOf(latencies), new CopyOnWriteArrayList<>());
        }
    }
}
