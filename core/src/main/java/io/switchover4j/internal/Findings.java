package io.switchover4j.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.switchover4j.Check;
import io.switchover4j.FenceResult;
import io.switchover4j.Instance;
import io.switchover4j.LossEstimate;
import io.switchover4j.Node;
import io.switchover4j.Timeline;
import io.switchover4j.Topology;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What is known about one switchover: the stuff of its report. Confined to the runner's thread, except for what steps report,
 * which may come from any thread.
 */
final class Findings {

    private static final String LEFT_ON = "left on ";

    private final List<Cause> causes = new ArrayList<>();

    private @Nullable Instance instance;
    private @Nullable Node oldPrimary;
    private boolean hadPrimary;
    private @Nullable Node target;
    private @Nullable Node primaryNow;
    private List<Check> checks = List.of();
    private @Nullable LossEstimate estimatedLoss;
    private @Nullable Duration predictedPause;
    private @Nullable Duration writePause;
    private @Nullable Duration hold;
    private @Nullable String evidence;
    private @Nullable String waitsBeside;
    private Map<String, String> unreleased = Map.of();

    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<String, String> notes = new LinkedHashMap<>();

    @GuardedBy("lock")
    private final Map<String, String> leftBehind = new LinkedHashMap<>();

    @GuardedBy("lock")
    private @Nullable FenceResult fence;

    @GuardedBy("lock")
    private @Nullable String fencedPosition;

    @GuardedBy("lock")
    private @Nullable String promotedPosition;

    @GuardedBy("lock")
    private @Nullable Timeline promotedTimeline;

    void observed(Instance observed, List<Check> asked, Optional<Node> chosen) {
        instance = observed;
        oldPrimary = observed.primary().orElse(oldPrimary);
        hadPrimary = observed.primary().isPresent();
        primaryNow = observed.primary().orElse(null);
        target = chosen.orElse(target);
        checks = List.copyOf(asked);
    }

    /** Another switchover of the instance waits for its time, and is not replaced. */
    void waitsBeside(String other) {
        waitsBeside = other;
        note(Others.SUBJECT, other);
    }

    Optional<String> waitsBeside() {
        return Optional.ofNullable(waitsBeside);
    }

    /** Who is taken for the old primary of a failover where nobody says that it is primary. */
    void presumedOldPrimary(Node node) {
        if (oldPrimary == null) {
            oldPrimary = node;
        }
    }

    void estimatedLoss(LossEstimate estimate) {
        estimatedLoss = estimate;
    }

    Optional<LossEstimate> estimatedLoss() {
        return Optional.ofNullable(estimatedLoss);
    }

    void fence(FenceResult result) {
        lock.lock();
        try {
            fence = result;
        } finally {
            lock.unlock();
        }
    }

    Optional<FenceResult> fence() {
        lock.lock();
        try {
            return Optional.ofNullable(fence);
        } finally {
            lock.unlock();
        }
    }

    /** Begins with what the journal remembers, and with what is observed now where that is known. */
    void recall(Recollection past, Optional<Instance> observed) {
        instance = observed.orElse(null);
        hadPrimary = past.hadPrimary()
                .orElseGet(() -> observed.flatMap(Instance::primary).isPresent());
        oldPrimary =
                observed.flatMap(seen -> past.oldPrimary().flatMap(seen::node)).orElse(null);
        target = observed.flatMap(seen -> past.target().flatMap(seen::node)).orElse(null);
        primaryNow = observed.flatMap(Instance::primary).orElse(null);
        past.causes().forEach(this::cause);
        past.notes().forEach((name, value) -> {
            if (name.startsWith(LEFT_ON)) {
                leftBehind(name.substring(LEFT_ON.length()), value);
            } else {
                note(name, value);
            }
        });
        past.failover().ifPresent(failover -> {
            failover.estimatedLoss().ifPresent(this::estimatedLoss);
            failover.fence().ifPresent(this::fence);
        });
        past.fencedPosition().ifPresent(this::fencedPosition);
        past.promotedPosition().ifPresent(this::promotedPosition);
        past.writePause().ifPresent(this::writePause);
    }

    Instance instance() {
        return known(instance, "instance");
    }

    /** Whether a node answered as the primary before anything was begun. */
    boolean hadPrimary() {
        return hadPrimary;
    }

    Node target() {
        return known(target, "target");
    }

    Node oldPrimary() {
        return known(oldPrimary, "old primary");
    }

    Optional<Instance> instanceIfKnown() {
        return Optional.ofNullable(instance);
    }

    Optional<Node> targetIfKnown() {
        return Optional.ofNullable(target);
    }

    Optional<Node> oldPrimaryIfKnown() {
        return Optional.ofNullable(oldPrimary);
    }

    /** The node that is known to take writes now. */
    Optional<Node> primaryNow() {
        return Optional.ofNullable(primaryNow);
    }

    void primaryNow(Optional<Node> node) {
        primaryNow = node.orElse(null);
    }

    /** Where traffic is to go on: the last primary that was observed. */
    Topology topology() {
        Node primary = primaryNow == null ? oldPrimary() : primaryNow;
        boolean promoted = target != null && primary.id().equals(target.id());
        return new Topology(
                instance().id(),
                primary.id(),
                primary.endpoint(),
                promotedTimeline().filter(seen -> promoted));
    }

    Optional<Topology> topologyIfKnown() {
        return instance == null || (primaryNow == null && oldPrimary == null)
                ? Optional.empty()
                : Optional.of(topology());
    }

    List<Check> checks() {
        return checks;
    }

    void predictedPause(Optional<Duration> predicted) {
        predictedPause = predicted.orElse(null);
    }

    Optional<Duration> predictedPause() {
        return Optional.ofNullable(predictedPause);
    }

    void writePause(Duration measured) {
        writePause = measured;
    }

    Optional<Duration> writePause() {
        return Optional.ofNullable(writePause);
    }

    void hold(Duration measured) {
        hold = measured;
    }

    Optional<Duration> hold() {
        return Optional.ofNullable(hold);
    }

    void evidence(String seen) {
        evidence = Text.withoutStop(seen);
    }

    /** What was seen where a promotion was in doubt. */
    Optional<String> evidence() {
        return Optional.ofNullable(evidence);
    }

    void unreleased(Map<String, String> participants) {
        unreleased = new TreeMap<>(participants);
    }

    /** Whose traffic may still be held, and why. */
    Map<String, String> unreleased() {
        return unreleased;
    }

    void cause(Cause cause) {
        causes.add(cause);
    }

    /** What went wrong, first things first. */
    List<Cause> causes() {
        return causes;
    }

    void note(String name, String value) {
        lock.lock();
        try {
            notes.put(name, value);
        } finally {
            lock.unlock();
        }
    }

    Map<String, String> notes() {
        lock.lock();
        try {
            return new LinkedHashMap<>(notes);
        } finally {
            lock.unlock();
        }
    }

    void leftBehind(String where, String whatToDo) {
        note(LEFT_ON + where, whatToDo);
        lock.lock();
        try {
            leftBehind.put(where, whatToDo);
        } finally {
            lock.unlock();
        }
    }

    /** What could not be undone and does not matter for who is primary: where, and what to do there. */
    Map<String, String> leftBehind() {
        lock.lock();
        try {
            return new LinkedHashMap<>(leftBehind);
        } finally {
            lock.unlock();
        }
    }

    void fencedPosition(String position) {
        lock.lock();
        try {
            fencedPosition = position;
        } finally {
            lock.unlock();
        }
    }

    Optional<String> fencedPosition() {
        lock.lock();
        try {
            return Optional.ofNullable(fencedPosition);
        } finally {
            lock.unlock();
        }
    }

    void promotedPosition(String position) {
        lock.lock();
        try {
            promotedPosition = position;
        } finally {
            lock.unlock();
        }
    }

    void promotedTimeline(Timeline timeline) {
        lock.lock();
        try {
            promotedTimeline = timeline;
        } finally {
            lock.unlock();
        }
    }

    private Optional<Timeline> promotedTimeline() {
        lock.lock();
        try {
            return Optional.ofNullable(promotedTimeline);
        } finally {
            lock.unlock();
        }
    }

    Optional<String> promotedPosition() {
        lock.lock();
        try {
            return Optional.ofNullable(promotedPosition);
        } finally {
            lock.unlock();
        }
    }

    private static <T> T known(@Nullable T value, String what) {
        if (value == null) {
            throw new IllegalStateException("The %s is not known yet".formatted(what));
        }
        return value;
    }
}
