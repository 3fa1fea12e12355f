package io.switchover4j.internal;

import io.switchover4j.Check;
import io.switchover4j.Edition;
import io.switchover4j.Endpoint;
import io.switchover4j.Engine;
import io.switchover4j.FailoverMode;
import io.switchover4j.FenceResult;
import io.switchover4j.Instance;
import io.switchover4j.LossEstimate;
import io.switchover4j.MaintenanceWindow;
import io.switchover4j.Node;
import io.switchover4j.Phase;
import io.switchover4j.PlannedStep;
import io.switchover4j.Replication;
import io.switchover4j.Role;
import io.switchover4j.Timeline;
import io.switchover4j.UnknownInstanceException;
import io.switchover4j.Zone;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.InterruptedSwitchover;
import io.switchover4j.spi.LeaseHeldException;
import io.switchover4j.spi.Resolution;
import io.switchover4j.spi.StepContext;
import io.switchover4j.spi.SwitchoverBackend;
import io.switchover4j.spi.SwitchoverOptions;
import io.switchover4j.spi.SwitchoverPlan;
import io.switchover4j.spi.SwitchoverSession;
import io.switchover4j.spi.SwitchoverStep;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A pair of nodes a and b that exist in memory, with a script of faults. Keeps the one rule that matters: it throws an
 * {@link AssertionError} into {@link #violations} when both nodes would take writes.
 */
final class FakePair implements SwitchoverBackend {

    static final String ID = "orders";

    /** What happens at a named point, for example {@code apply stop a} or {@code describe}. */
    interface Fault {
        void at(Deadline deadline) throws InterruptedException;
    }

    final List<String> calls = new CopyOnWriteArrayList<>();
    final List<String> violations = new CopyOnWriteArrayList<>();

    private volatile Optional<Timeline> promotedOn = Optional.empty();
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Fault> before = new HashMap<>();
    private final Map<String, Fault> after = new HashMap<>();
    private String primary = "a";
    private boolean fenced;
    private boolean lost;
    private boolean stoppedByForce;
    private boolean following = true;
    private String leasedBy = "";

    private volatile Phase leasePhase = Phase.CHECKING;

    /** Is told of every call once it had its effect. */
    volatile java.util.function.Consumer<String> afterCall = call -> {};

    Edition edition = Edition.HIGH_AVAILABILITY;
    Replication.State replication = Replication.State.STREAMING;
    OptionalLong lagBytes = OptionalLong.of(0);
    String zoneOfB = "z2";
    Set<Capability> capabilities = Set.of();
    volatile Optional<MaintenanceWindow> window = Optional.empty();
    volatile FailoverMode failoverMode = FailoverMode.automatic();
    Duration predictedPause = Duration.ofMillis(120);
    boolean alone;
    boolean failsToSuspend;
    volatile Optional<String> leasedElsewhere = Optional.empty();
    boolean answersA = true;
    boolean answersB = true;
    List<Check> ownChecks = List.of(Check.pass("own check", "fine"));
    Optional<Resolution> resolution = Optional.empty();
    String leftBehind = "";
    /** What the fence reports: a figure that is not there is reported as null. */
    Map.Entry<String, Optional<String>> figure = Map.entry("", Optional.empty());

    /** The step that says null where it should say what must be known to undo it. */
    String nullIntent = "";

    boolean canFailOver = true;
    LossEstimate loss =
            LossEstimate.observed(4_096, Duration.ofSeconds(2), "a wrote up to 0/5000, b received up to 0/4000");
    FenceResult.Outcome fence = FenceResult.Outcome.FENCED;
    List<String> steps =
            List.of("CATCHING_UP", "FENCING", "CONFIRMING_POSITION", "PROMOTING", "RELEASING", "REJOINING");

    /** The promoted node says that it writes this timeline. */
    FakePair promotedOn(Timeline timeline) {
        promotedOn = Optional.of(timeline);
        return this;
    }

    FakePair before(String point, Fault fault) {
        lock.lock();
        try {
            before.put(point, fault);
            return this;
        } finally {
            lock.unlock();
        }
    }

    FakePair after(String point, Fault fault) {
        lock.lock();
        try {
            after.put(point, fault);
            return this;
        } finally {
            lock.unlock();
        }
    }

    static Fault failing(String message) {
        return deadline -> {
            throw new BackendException(message);
        };
    }

    /** Blocks until the deadline, or an interrupt, as the SPI asks for. */
    static Fault hanging() {
        return deadline -> {
            while (!deadline.isExpired()) {
                Thread.sleep(deadline.remainingMillis());
            }
            throw new BackendException("the node did not answer in time");
        };
    }

    /** The primary is gone, and answers nobody. */
    FakePair losePrimary() {
        lock.lock();
        try {
            lost = true;
            return this;
        } finally {
            lock.unlock();
        }
    }

    /** As a person does it, past everybody. */
    void promoteByHand(String target) {
        lock.lock();
        try {
            promote(target);
        } finally {
            lock.unlock();
        }
    }

    /** The node that takes writes. */
    Optional<String> writable() {
        lock.lock();
        try {
            return fenced || lost ? Optional.empty() : Optional.of(primary);
        } finally {
            lock.unlock();
        }
    }

    boolean isFollowing() {
        lock.lock();
        try {
            return following;
        } finally {
            lock.unlock();
        }
    }

    boolean isLeased() {
        lock.lock();
        try {
            return !leasedBy.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    private void at(Map<String, Fault> faults, String point, Deadline deadline) {
        Fault fault;
        lock.lock();
        try {
            fault = faults.get(point);
        } finally {
            lock.unlock();
        }
        if (fault == null) {
            return;
        }
        try {
            fault.at(deadline);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackendException("interrupted while waiting for a node", e);
        }
    }

    private <T> T call(String point, Deadline deadline, java.util.function.Supplier<T> effect) {
        calls.add(point);
        at(before, point, deadline);
        T result;
        lock.lock();
        try {
            result = effect.get();
        } finally {
            lock.unlock();
        }
        afterCall.accept(point);
        at(after, point, deadline);
        return result;
    }

    @Override
    public String name() {
        return "fake";
    }

    @Override
    public List<Instance> instances(Deadline deadline) {
        return List.of(describe(ID, deadline));
    }

    @Override
    public Instance describe(String instanceId, Deadline deadline) {
        if (!instanceId.equals(ID)) {
            throw new UnknownInstanceException(instanceId, List.of(ID));
        }
        return call(
                "describe",
                deadline,
                () -> new Instance(
                                ID,
                                "local",
                                new Engine("FakeSQL", "1.0"),
                                edition,
                                edition == Edition.BASIC || alone ? List.of(node("a")) : List.of(node("a"), node("b")),
                                Instant.EPOCH)
                        .withMaintenanceWindow(window)
                        .withFailoverMode(
                                capabilities.contains(Capability.FAILOVER_MODE)
                                        ? Optional.of(failoverMode)
                                        : Optional.empty()));
    }

    private Node node(String id) {
        boolean answers = id.equals("a") ? answersA : answersB;
        Role role = !answers
                ? Role.UNKNOWN
                : id.equals(primary) ? (fenced || lost ? Role.UNKNOWN : Role.PRIMARY) : Role.STANDBY;
        return new Node(
                id,
                new Zone("local", id.equals("a") ? "z1" : zoneOfB),
                role,
                new Endpoint("127.0.0.1", id.equals("a") ? 5001 : 5002),
                role == Role.STANDBY
                        ? Optional.of(new Replication(
                                following ? replication : Replication.State.DISCONNECTED, false, lagBytes))
                        : Optional.empty(),
                role == Role.UNKNOWN ? "connection refused" : "");
    }

    @Override
    public Set<Capability> capabilities() {
        return capabilities;
    }

    @Override
    public void modifyMaintenanceWindow(String instanceId, MaintenanceWindow window, Deadline deadline) {
        call("modify window", deadline, () -> this.window = Optional.of(window));
    }

    @Override
    public void modifyFailoverMode(String instanceId, FailoverMode mode, Deadline deadline) {
        if (failsToSuspend && mode.isSuspended(Instant.EPOCH)) {
            throw new BackendException("forbidden");
        }
        call("failover mode " + mode, deadline, () -> failoverMode = mode);
    }

    @Override
    public Optional<String> leaseHolder(String instanceId, Deadline deadline) {
        return leasedElsewhere;
    }

    @Override
    public List<Check> check(Instance instance, Node target, SwitchoverOptions options, Deadline deadline) {
        return call("check", deadline, () -> ownChecks);
    }

    @Override
    public SwitchoverPlan plan(Instance instance, Node target, SwitchoverOptions options, Deadline deadline) {
        return call(
                "plan",
                deadline,
                () -> new SwitchoverPlan(
                        plan(target.id(), options.failover()).stream()
                                .map(SwitchoverStep::describe)
                                .toList(),
                        predictedPause,
                        List.of("70 MiB dirty buffers")));
    }

    @Override
    public SwitchoverSession open(
            Instance instance,
            Node target,
            SwitchoverOptions options,
            String operationId,
            String audit,
            Deadline deadline) {
        return call("open", deadline, () -> {
            lease(operationId);
            return new Session(plan(target.id(), options.failover()), primary);
        });
    }

    @Override
    public SwitchoverSession resume(InterruptedSwitchover interrupted, Deadline deadline) {
        return call("resume", deadline, () -> {
            lease(interrupted.operationId());
            return new Session(plan(interrupted.target(), interrupted.options().failover()), interrupted.oldPrimary());
        });
    }

    private void lease(String operationId) {
        if (!leasedBy.isEmpty()) {
            throw new LeaseHeldException(ID, "'%s' since 10:00, now %s".formatted(leasedBy, leasePhase));
        }
        leasedBy = operationId;
        leasePhase = Phase.CHECKING;
    }

    /** As a server does when it sees that a client is gone, or when somebody else comes first. */
    void leaseTo(String operationId) {
        lock.lock();
        try {
            leasedBy = operationId;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        calls.add("close backend");
    }

    @Override
    public boolean canFailOver() {
        return canFailOver;
    }

    @Override
    public LossEstimate estimateLoss(Instance instance, Node target, Deadline deadline) {
        return call("estimate loss", deadline, () -> loss);
    }

    private List<SwitchoverStep> plan(String target, boolean failover) {
        List<SwitchoverStep> plan = new ArrayList<>();
        for (String name : steps) {
            Phase phase = Phase.valueOf(name);
            if (!failover) {
                plan.add(step(phase, target));
            } else if (phase == Phase.FENCING) {
                plan.add(fenceByForce(target.equals("a") ? "b" : "a"));
            } else if (phase != Phase.CATCHING_UP && phase != Phase.CONFIRMING_POSITION) {
                plan.add(step(phase, target));
            }
        }
        return plan;
    }

    private SwitchoverStep fenceByForce(String old) {
        return new Step(
                Phase.FENCING,
                "fence " + old,
                c -> {
                    if (fence == FenceResult.Outcome.FENCED) {
                        stoppedByForce |= !lost;
                        fenced = true;
                    }
                    c.fenceResult(new FenceResult(fence, "asked its host"));
                },
                () -> fenced &= !stoppedByForce);
    }

    private SwitchoverStep step(Phase phase, String target) {
        String old = target.equals("a") ? "b" : "a";
        return switch (phase) {
            case CATCHING_UP -> new Step(phase, "catch up", c -> c.note("dirty buffers", "70 MiB"), () -> {});
            case FENCING ->
                new Step(phase, "stop " + old, c -> fence(c), () -> {
                    if (primary.equals(old)) {
                        fenced = false;
                    } else {
                        violations.add("the old primary was made writable again after the promotion");
                    }
                });
            case CONFIRMING_POSITION -> new Step(phase, "confirm position", c -> c.fencedPosition("0/5000"), () -> {});
            case PROMOTING ->
                new Step(
                        phase,
                        "promote " + target,
                        c -> {
                            promote(target);
                            c.promotedPosition("0/5100");
                            promotedOn.ifPresent(c::promotedTimeline);
                        },
                        () -> {});
            case RELEASING -> new Step(phase, "first write", c -> {}, () -> {});
            case REJOINING -> new Step(phase, "rejoin " + old, c -> following = true, () -> {});
            default -> new Step(phase, "odd step", c -> {}, () -> {});
        };
    }

    @SuppressWarnings("NullAway")
    private void fence(StepContext context) {
        fenced = true;
        if (!figure.getKey().isEmpty()) {
            context.note(figure.getKey(), figure.getValue().orElse(null));
        }
    }

    private void promote(String target) {
        // A failover that cannot fence promotes nevertheless, and says so.
        boolean forced = fence != FenceResult.Outcome.FENCED;
        if (steps.contains("FENCING") && !fenced && !lost && !forced && !primary.equals(target)) {
            violations.add("promoted while the old primary took writes");
        }
        primary = target;
        fenced = false;
        lost = false;
        following = false;
    }

    private final class Step implements SwitchoverStep {

        private final PlannedStep description;
        private final java.util.function.Consumer<StepContext> apply;
        private final Runnable undo;

        Step(Phase phase, String name, java.util.function.Consumer<StepContext> apply, Runnable undo) {
            this.description = new PlannedStep(phase, name, "does: " + name);
            this.apply = apply;
            this.undo = undo;
        }

        @Override
        public PlannedStep describe() {
            return description;
        }

        @Override
        @SuppressWarnings("NullAway")
        public Map<String, String> intent(Deadline deadline) {
            return description.name().equals(nullIntent) ? null : Map.of();
        }

        @Override
        public void apply(StepContext context) {
            call("apply " + description.name(), context.deadline(), () -> {
                apply.accept(context);
                return true;
            });
        }

        @Override
        public void undo(StepContext context) {
            call("undo " + description.name(), context.deadline(), () -> {
                undo.run();
                if (description.phase() == Phase.CATCHING_UP && !leftBehind.isEmpty()) {
                    context.leftBehind("b", leftBehind);
                }
                return true;
            });
        }
    }

    private final class Session implements SwitchoverSession {

        private final List<SwitchoverStep> steps;
        private final String before;

        Session(List<SwitchoverStep> steps, String before) {
            this.before = before;
            this.steps = steps;
        }

        @Override
        public List<SwitchoverStep> steps() {
            return steps;
        }

        @Override
        public void announce(Phase phase) {
            FakePair.this.at(FakePair.this.before, "announce " + phase, Deadline.after(Duration.ofSeconds(1)));
            leasePhase = phase;
        }

        @Override
        public void verifyLease(Deadline deadline) {
            call("verify lease", deadline, () -> leasedBy);
        }

        @Override
        public Resolution resolve(Deadline deadline) {
            return call(
                    "resolve",
                    deadline,
                    () -> resolution.orElseGet(() -> primary.equals(before)
                            ? new Resolution(Resolution.Verdict.NOT_PROMOTED, "the target is in recovery")
                            : new Resolution(Resolution.Verdict.PROMOTED, "the target is on timeline 2")));
        }

        @Override
        public void close() {
            calls.add("close session");
            lock.lock();
            try {
                leasedBy = "";
            } finally {
                lock.unlock();
            }
            afterCall.accept("close session");
        }
    }
}
