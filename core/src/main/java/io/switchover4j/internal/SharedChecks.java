package io.switchover4j.internal;

import static io.switchover4j.internal.Text.bytes;
import static io.switchover4j.internal.Text.quoted;

import io.switchover4j.Check;
import io.switchover4j.Instance;
import io.switchover4j.LossEstimate;
import io.switchover4j.LossLimit;
import io.switchover4j.Node;
import io.switchover4j.Replication;
import io.switchover4j.Role;
import io.switchover4j.SwitchoverRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The questions that are the same for every product, and the choice of the target. Pure. */
final class SharedChecks {

    /** An observation older than this says little about what was written since. */
    private static final Duration FRESH = Duration.ofSeconds(10);

    /**
     * @param checks every question that could be asked, in order; a question that an earlier answer makes pointless is left
     *     out
     * @param target the node to promote; empty if there is none
     */
    record Result(List<Check> checks, Optional<Node> target) {}

    private final Instance instance;
    private final SwitchoverRequest request;
    private final List<Check> checks = new ArrayList<>();

    private SharedChecks(Instance instance, SwitchoverRequest request) {
        this.instance = instance;
        this.request = request;
    }

    /**
     * @param wanted the node to promote; empty for the healthiest standby
     */
    static Result of(Instance instance, Optional<String> wanted, SwitchoverRequest request) {
        SharedChecks shared = new SharedChecks(instance, request);
        Optional<Node> target = shared.run(wanted);
        return new Result(List.copyOf(shared.checks), target);
    }

    private Optional<Node> run(Optional<String> wanted) {
        if (!edition()) {
            return Optional.empty();
        }
        Optional<Node> primary = request.isFailover() ? lostPrimary() : primary();
        Optional<Node> target = wanted.isPresent() ? named(wanted.get(), primary) : healthiest(primary);
        target.ifPresent(node -> {
            if (request.isFailover()) {
                disconnectedReplication(node);
            } else {
                replication(node);
            }
            zone();
        });
        return target;
    }

    /** Whether there is anything to switch to, healthy or not. */
    static boolean hasStandby(Instance instance) {
        return instance.edition().hasStandby() && instance.nodes().size() > 1;
    }

    static List<Check> blockers(List<Check> checks) {
        return checks.stream()
                .filter(check -> check.verdict() == Check.Verdict.BLOCK)
                .toList();
    }

    static boolean isBlocked(List<Check> checks) {
        return !blockers(checks).isEmpty();
    }

    private boolean edition() {
        if (instance.edition().hasStandby() && !hasStandby(instance)) {
            checks.add(Check.block(
                    "edition",
                    "%s edition of %s, but there is one node alone and no standby"
                            .formatted(instance.edition(), instance.engine()),
                    "Add a standby, and wait until it streams."));
            return false;
        }
        if (hasStandby(instance)) {
            checks.add(Check.pass("edition", instance.edition() + " of " + instance.engine()));
            return true;
        }
        checks.add(Check.block(
                "edition",
                "%s edition of %s has no standby".formatted(instance.edition(), instance.engine()),
                "Upgrade the instance to an edition with a standby."));
        return false;
    }

    private Optional<Node> primary() {
        Optional<Node> primary = instance.primary();
        if (primary.isPresent()) {
            checks.add(Check.pass("primary", primary.get().toString()));
            expected(primary.get());
            return primary;
        }
        List<Node> primaries = instance.nodes().stream()
                .filter(node -> node.role() == Role.PRIMARY)
                .toList();
        if (primaries.isEmpty()) {
            checks.add(Check.block(
                    "primary",
                    "no node says that it is primary: " + roles(instance.nodes()),
                    "Find out why the primary does not answer; a planned switchover needs it alive. If it is lost, ask for a"
                            + " failover."));
        } else {
            blockTwo(primaries);
        }
        return Optional.empty();
    }

    private void expected(Node primary) {
        request.expectedPrimary()
                .filter(expected -> !expected.equals(primary.id()))
                .ifPresent(expected -> checks.add(Check.block(
                        "expected primary",
                        "%s is primary, not %s".formatted(quoted(primary.id()), quoted(expected)),
                        "Find out what was switched since this was asked for, then ask again.")));
    }

    private void blockTwo(List<Node> primaries) {
        checks.add(Check.block(
                "primary",
                "%d nodes say that they are primary: %s".formatted(primaries.size(), roles(primaries)),
                "Stop all but the one that applications write to, before anything else."));
    }

    /** A failover is for a primary that does not answer. */
    private Optional<Node> lostPrimary() {
        List<Node> primaries = instance.nodes().stream()
                .filter(node -> node.role() == Role.PRIMARY)
                .toList();
        if (primaries.isEmpty()) {
            checks.add(noPrimary());
            return Optional.empty();
        }
        if (primaries.size() > 1) {
            blockTwo(primaries);
            return Optional.empty();
        }
        Node primary = primaries.get(0);
        if (request.isEvenIfPrimaryAnswers()) {
            checks.add(Check.warn(
                    "primary", answers(primary), "What it writes until it is fenced is lost beyond the estimate."));
        } else {
            checks.add(Check.block(
                    "primary",
                    answers(primary),
                    "Ask for a planned switchover, which loses nothing; or insist with evenIfPrimaryAnswers()."));
        }
        return Optional.of(primary);
    }

    private static String answers(Node primary) {
        return primary.detail().isEmpty()
                ? "%s answers".formatted(primary)
                : "%s answers (%s)".formatted(primary, primary.detail());
    }

    /** The old primary must be known, or another node would be fenced in its place. */
    private Check noPrimary() {
        List<Node> silent = instance.nodes().stream()
                .filter(node -> node.role() == Role.UNKNOWN)
                .toList();
        if (silent.size() > 1 && instance.nodes().size() > 2) {
            return Check.block(
                    "primary",
                    "no node answers as the primary, and any of %d may be it: %s"
                            .formatted(silent.size(), roles(silent)),
                    "Bring all of them but the lost primary back, so that it is certain which one to fence.");
        }
        return Check.pass("primary", "no node answers as the primary: " + roles(instance.nodes()));
    }

    /**
     * Who is taken for the primary where nobody says so: the node that does not answer, or, if all do, the first that is not
     * the target.
     */
    static Optional<Node> lostPrimary(Instance instance, Node target) {
        List<Node> others = instance.nodes().stream()
                .filter(node -> !node.id().equals(target.id()))
                .toList();
        return others.stream()
                .filter(node -> node.role() == Role.UNKNOWN)
                .findFirst()
                .or(() -> others.stream().findFirst());
    }

    /** Nothing can flow from a primary that is gone; what the target lacks is asked as the estimated loss. */
    private void disconnectedReplication(Node target) {
        Replication.State state = target.replication().map(Replication::state).orElse(Replication.State.UNKNOWN);
        checks.add(Check.pass("replication", "%s: %s%s".formatted(quoted(target.id()), state, detail(target))));
    }

    /** Whether the caller has accepted what the failover would lose. */
    static Check loss(SwitchoverRequest request, LossEstimate estimate) {
        String name = "estimated loss";
        Optional<LossLimit> accepted = request.acceptedLoss();
        String figure = "%s, accepted: %s"
                .formatted(
                        estimate.describe(),
                        accepted.map(SharedChecks::accepted).orElse("nothing yet"));
        if (accepted.filter(limit -> limit.covers(estimate)).isPresent()) {
            boolean fresh = estimate.isKnown()
                    && estimate.age().map(age -> age.compareTo(FRESH) <= 0).orElse(true);
            return fresh
                    ? Check.pass(name, figure)
                    : Check.warn(
                            name, figure, "What the old primary wrote after it was last observed is lost beyond that.");
        }
        if (!estimate.isKnown()) {
            return Check.block(
                    name,
                    figure,
                    "Accept what nobody knows with acceptLoss(LossLimit.unlimited()), or bring the primary back.");
        }
        return Check.block(
                name,
                figure,
                "Accept it with acceptLoss(%d) or more, or bring the primary back."
                        .formatted(estimate.bytes().getAsLong()));
    }

    private static String accepted(LossLimit limit) {
        return limit.isUnlimited() ? "any loss" : limit + " bytes";
    }

    private Optional<Node> named(String wanted, Optional<Node> primary) {
        Optional<Node> node = instance.node(wanted);
        if (node.isEmpty()) {
            checks.add(Check.block(
                    "target",
                    "there is no node %s; known are %s"
                            .formatted(
                                    quoted(wanted),
                                    instance.nodes().stream()
                                            .map(n -> quoted(n.id()))
                                            .collect(Collectors.joining(", "))),
                    "Name one of the known nodes, or none."));
            return Optional.empty();
        }
        if (primary.isPresent() && primary.get().id().equals(wanted)) {
            checks.add(Check.block(
                    "target", "%s is the primary already".formatted(quoted(wanted)), "Name a standby, or none."));
            return Optional.empty();
        }
        if (node.get().role() != Role.STANDBY) {
            checks.add(Check.block(
                    "target",
                    "%s is no standby: %s".formatted(quoted(wanted), role(node.get())),
                    "Repair the node, or name another standby."));
            return Optional.empty();
        }
        checks.add(Check.pass("target", node.get().toString()));
        return node;
    }

    private Optional<Node> healthiest(Optional<Node> primary) {
        Optional<Node> best = instance.standbys().stream()
                .min(Comparator.comparing(SharedChecks::isStreaming)
                        .reversed()
                        .thenComparingLong(SharedChecks::lag)
                        .thenComparing(node -> primary.filter(p -> p.zone().equals(node.zone()))
                                .isPresent()));
        if (best.isEmpty()) {
            checks.add(Check.block(
                    "target",
                    "no node answers as a standby: " + roles(instance.nodes()),
                    "Repair or add a standby, and wait until it streams."));
        } else {
            checks.add(Check.pass("target", best.get().toString()));
        }
        return best;
    }

    private void replication(Node target) {
        Replication.State state = target.replication().map(Replication::state).orElse(Replication.State.UNKNOWN);
        if (state == Replication.State.STREAMING) {
            checks.add(Check.pass("replication", quoted(target.id()) + " is streaming"));
        } else {
            checks.add(Check.block(
                    "replication",
                    "%s is not streaming: %s%s".formatted(quoted(target.id()), state, detail(target)),
                    state == Replication.State.CATCHING_UP
                            ? "Wait until it has caught up."
                            : "Repair replication to this node first."));
        }
        lag(target, state);
    }

    private void lag(Node target, Replication.State state) {
        long lag = lag(target);
        long maximumLagBytes = request.maximumLagBytes();
        String limit = bytes(maximumLagBytes);
        if (lag == Long.MAX_VALUE) {
            if (state == Replication.State.STREAMING) {
                checks.add(Check.block(
                        "replication lag",
                        "could not be found out for %s, limit %s".formatted(quoted(target.id()), limit),
                        "Make sure that the backend may read the replication statistics."));
            }
        } else if (lag > maximumLagBytes) {
            checks.add(Check.block(
                    "replication lag",
                    "%s, limit %s".formatted(bytes(lag), limit),
                    "Wait for the standby to catch up, or raise maximumLagBytes."));
        } else {
            checks.add(Check.pass("replication lag", "%s, limit %s".formatted(bytes(lag), limit)));
        }
    }

    private void zone() {
        String zones = instance.nodes().stream()
                .map(node -> node.zone().toString())
                .distinct()
                .collect(Collectors.joining(", "));
        if (instance.isZoneTolerant()) {
            checks.add(Check.pass("zone", zones));
        } else {
            checks.add(Check.warn(
                    "zone",
                    "all nodes are in %s: no rack tolerance".formatted(zones),
                    "Move a node to another zone, so that the instance outlives the loss of one."));
        }
    }

    private static boolean isStreaming(Node node) {
        return node.replication()
                .filter(r -> r.state() == Replication.State.STREAMING)
                .isPresent();
    }

    private static long lag(Node node) {
        return node.replication().map(r -> r.lagBytes().orElse(Long.MAX_VALUE)).orElse(Long.MAX_VALUE);
    }

    static String roles(List<Node> nodes) {
        return nodes.stream().map(node -> quoted(node.id()) + ' ' + role(node)).collect(Collectors.joining(", "));
    }

    private static String role(Node node) {
        return switch (node.role()) {
            case PRIMARY -> "is primary at " + node.endpoint();
            case STANDBY -> "is a standby";
            case UNKNOWN -> "does not answer at " + node.endpoint() + detail(node);
        };
    }

    private static String detail(Node node) {
        return node.detail().isEmpty() ? "" : " (" + node.detail() + ")";
    }
}
