package io.switchover4j.jdbc.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is known of all nodes of one DataSource, and who was primary last. Immutable; deciding is a pure function of it.
 *
 * @param nodes one per pool, in the order of the pools
 * @param primary the index of the last primary; {@link PrimaryVerdict#NONE} if there was none yet
 * @param epoch counts the primaries
 * @param newestHistory the newest history on which a node was seen writable; an older one never counts again
 * @param lineage whose histories these are; empty until a node was seen writable
 * @param accepted what the last primary answered when it became it; null if there was none yet
 */
record TopologyView(
        List<NodeView> nodes,
        int primary,
        long epoch,
        long newestHistory,
        String lineage,
        @Nullable RoleAnswer accepted) {

    TopologyView {
        nodes = List.copyOf(nodes);
    }

    static TopologyView unknown(List<String> names) {
        return new TopologyView(names.stream().map(NodeView::unknown).toList(), PrimaryVerdict.NONE, 0, 0, "", null);
    }

    NodeView node(int index) {
        return nodes.get(index);
    }

    TopologyView with(int index, NodeView node) {
        List<NodeView> changed = new ArrayList<>(nodes);
        changed.set(index, node);
        return new TopologyView(changed, primary, epoch, newestHistory, lineage, accepted);
    }

    TopologyView answered(int index, RoleAnswer answer, long askedAt, long now) {
        TopologyView changed = with(index, node(index).answered(answer, askedAt, now, isSteady()));
        boolean outranks = answer.writable() && isOurs(answer) && answer.history() > newestHistory;
        return outranks
                ? new TopologyView(changed.nodes, primary, epoch, answer.history(), answer.lineage(), accepted)
                : changed;
    }

    /** Behind one endpoint the watch connects anew now and then, which takes its time on a busy server. */
    private boolean isSteady() {
        return nodes.size() > 1;
    }

    /** Whether histories of {@code answer} can be compared with the ones seen. A single endpoint may lead to another database. */
    private boolean isOurs(RoleAnswer answer) {
        return lineage.isEmpty() || lineage.equals(answer.lineage());
    }

    private boolean isStale(RoleAnswer answer) {
        return isOurs(answer) ? answer.history() < newestHistory : nodes.size() > 1;
    }

    /** Whether node {@code index} says it is writable on a history that is known to be abandoned. */
    boolean isStalePrimary(int index) {
        NodeView node = node(index);
        return node.claimsToBePrimary() && isStale(Objects.requireNonNull(node.answer()));
    }

    PrimaryVerdict decide(long now, WatchRules rules) {
        List<Integer> candidates = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            NodeView node = node(i);
            boolean counts = node.claimsToBePrimary()
                    && node.doubt() == null
                    && !node.isSuspected(now, rules.suspectAfterNanos())
                    && node.isFresh(now, rules.freshNanos())
                    && !isStalePrimary(i);
            if (counts) {
                candidates.add(i);
            }
        }
        if (candidates.size() > 1) {
            return PrimaryVerdict.none("%s are writable on the same history: at most one of them may be primary"
                    .formatted(candidates.stream().map(i -> node(i).name()).collect(Collectors.joining(" and "))));
        }
        if (candidates.isEmpty()) {
            return PrimaryVerdict.none(describe(now, rules));
        }
        int candidate = candidates.get(0);
        for (int i = 0; i < nodes.size(); i++) {
            if (i != candidate && mayOutrank(i, candidate, now, rules)) {
                return PrimaryVerdict.none("%s is writable, but %s"
                        .formatted(node(candidate).name(), node(i).describe(now, rules.suspectAfterNanos())));
            }
            if (i != candidate && rules.standbyRequired() && !isReachable(i, now, rules)) {
                return PrimaryVerdict.none("%s is writable, but %s, and a primary alone may not be used"
                        .formatted(node(candidate).name(), node(i).describe(now, rules.suspectAfterNanos())));
            }
        }
        return PrimaryVerdict.primary(candidate);
    }

    /** Whether a node that is just being asked, for the first time or again, could be the primary in {@code candidate}'s place. */
    private boolean mayOutrank(int index, int candidate, long now, WatchRules rules) {
        NodeView node = node(index);
        if (node.answer() == null && node.failure() == null) {
            // Else the faster of two nodes would win a restart, also if it is the one that was failed over from.
            return primary == PrimaryVerdict.NONE && node.silent() && !node.isSuspected(now, rules.suspectAfterNanos());
        }
        boolean candidateIsNewer =
                Objects.requireNonNull(node(candidate).answer()).history()
                        > (node.answer() == null ? 0 : node.answer().history());
        return node.doubt() != null
                && node.failure() == null
                && !node.isSuspected(now, rules.suspectAfterNanos())
                && !(node.claimsToBePrimary() && candidateIsNewer);
    }

    private boolean isReachable(int index, long now, WatchRules rules) {
        NodeView node = node(index);
        return node.failure() == null
                && !node.isSuspected(now, rules.suspectAfterNanos())
                && node.isFresh(now, rules.freshNanos());
    }

    /** Whether {@code index}, as the primary, is another one than the last: another node, history, or server behind one endpoint. */
    boolean isNewPrimary(int index) {
        RoleAnswer answer = Objects.requireNonNull(node(index).answer());
        return index != primary
                || accepted == null
                || accepted.history() != answer.history()
                || !accepted.lineage().equals(answer.lineage())
                || nodes.size() == 1 && !accepted.server().equals(answer.server());
    }

    TopologyView withPrimary(int index) {
        RoleAnswer answer = Objects.requireNonNull(node(index).answer());
        return new TopologyView(
                nodes, index, isNewPrimary(index) ? epoch + 1 : epoch, answer.history(), answer.lineage(), answer);
    }

    /** What a person should read about all nodes. */
    String describe(long now, WatchRules rules) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < nodes.size(); i++) {
            if (i > 0) {
                text.append("; ");
            }
            text.append(node(i).describe(now, rules.suspectAfterNanos()));
            if (isStalePrimary(i)) {
                text.append(
                        isOurs(Objects.requireNonNull(node(i).answer()))
                                ? ", older than history %d that was seen: a stale primary".formatted(newestHistory)
                                : ", but belongs to another database");
            }
        }
        return text.toString();
    }
}
