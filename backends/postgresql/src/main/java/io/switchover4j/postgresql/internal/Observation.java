package io.switchover4j.postgresql.internal;

import static java.util.stream.Collectors.joining;

import io.switchover4j.Engine;
import io.switchover4j.Instance;
import io.switchover4j.Node;
import io.switchover4j.Replication;
import io.switchover4j.Role;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The answers of all nodes of an instance, taken together. Immutable.
 *
 * @param presumed who must be taken for the primary where no node says that it is
 */
record Observation(InstanceConfig config, List<NodeReply> replies, Optional<Presumed> presumed, Instant at) {

    static final String ENGINE = "PostgreSQL";

    /**
     * What one node answered.
     *
     * @param silence why it did not answer; empty if it did
     * @param refused whether it lives and did not want to answer us
     */
    record NodeReply(NodeConfig node, Optional<NodeAnswer> answer, String silence, boolean refused) {

        boolean isPrimary() {
            return answer.filter(said -> !said.standby()).isPresent();
        }

        boolean isStandby() {
            return answer.filter(NodeAnswer::standby).isPresent();
        }
    }

    /**
     * A node that lives, is not known to be a standby, and does not tell us that it is primary.
     *
     * @param why what shows that it lives
     */
    record Presumed(NodeConfig node, String why) {}

    NodeReply reply(NodeConfig node) {
        return replies.stream()
                .filter(reply -> reply.node().id().equals(node.id()))
                .findFirst()
                .orElseThrow();
    }

    /** The only node that takes writes. */
    Optional<NodeReply> primary() {
        List<NodeReply> primaries =
                replies.stream().filter(NodeReply::isPrimary).toList();
        return primaries.size() == 1 ? Optional.of(primaries.get(0)) : Optional.empty();
    }

    Instance toInstance() {
        String version = replies.stream()
                .flatMap(reply -> reply.answer().stream())
                .map(NodeAnswer::version)
                .findFirst()
                .orElse("unknown");
        return new Instance(
                config.id(),
                config.region(),
                new Engine(ENGINE, version),
                config.edition(),
                replies.stream().map(this::toNode).toList(),
                at);
    }

    private Node toNode(NodeReply reply) {
        NodeConfig node = reply.node();
        boolean primary = reply.isPrimary() || isPresumed(reply);
        Role role = primary ? Role.PRIMARY : reply.isStandby() ? Role.STANDBY : Role.UNKNOWN;
        return new Node(
                node.id(),
                node.zone(),
                role,
                node.endpoint(),
                reply.isStandby() ? Optional.of(replication(reply)) : Optional.empty(),
                detail(reply));
    }

    private boolean isPresumed(NodeReply reply) {
        return presumed.filter(one -> one.node() == reply.node()).isPresent();
    }

    private Replication replication(NodeReply standby) {
        NodeAnswer said = standby.answer().orElseThrow();
        Optional<NodeAnswer> primary = primary().flatMap(NodeReply::answer);
        if (primary.isEmpty()) {
            Replication.State state =
                    said.receiver().isPresent() ? Replication.State.UNKNOWN : Replication.State.DISCONNECTED;
            return new Replication(state, false, OptionalLong.empty());
        }
        Optional<NodeAnswer.Sender> sender = primary.get().senderTo(standby.node(), standby.answer());
        Replication.State state = sender.map(Observation::state).orElse(Replication.State.DISCONNECTED);
        // What lies between two histories is no distance.
        OptionalLong lag = state == Replication.State.DISCONNECTED
                        && said.timeline() != primary.get().timeline()
                ? OptionalLong.empty()
                : OptionalLong.of(primary.get().position().bytesAfter(said.position()));
        return new Replication(
                state, sender.filter(NodeAnswer.Sender::isSynchronous).isPresent(), lag);
    }

    /** A connection alone is none: to a standby whose history is another one it is kept, and nothing is sent. */
    private static Replication.State state(NodeAnswer.Sender sender) {
        return switch (sender.state()) {
            case "streaming" -> Replication.State.STREAMING;
            case "catchup" -> Replication.State.CATCHING_UP;
            case "" -> Replication.State.UNKNOWN;
            default -> Replication.State.DISCONNECTED;
        };
    }

    private String detail(NodeReply reply) {
        if (reply.answer().isEmpty()) {
            return isPresumed(reply) ? presumed.orElseThrow().why() : reply.silence();
        }
        if (reply.isStandby()) {
            return standbyDetail(reply, reply.answer().orElseThrow());
        }
        List<NodeReply> others = replies.stream()
                .filter(other -> other != reply && other.isPrimary())
                .toList();
        if (others.isEmpty()) {
            return "";
        }
        return "takes writes on timeline %d, and so does %s: stop the one that must not"
                .formatted(
                        reply.answer().orElseThrow().timeline(),
                        others.stream()
                                .map(other -> "'%s' on timeline %d"
                                        .formatted(
                                                other.node().id(),
                                                other.answer().orElseThrow().timeline()))
                                .collect(joining(", ")));
    }

    private String standbyDetail(NodeReply reply, NodeAnswer standby) {
        Optional<NodeReply> ahead = primary().filter(other -> {
            NodeAnswer said = other.answer().orElseThrow();
            return said.timeline() > standby.timeline()
                    && said.senderTo(reply.node(), reply.answer())
                            .filter(NodeAnswer.Sender::isFlowing)
                            .isEmpty();
        });
        if (ahead.isPresent()) {
            return "receives nothing: it is on timeline %d and '%s' on timeline %d; if that lasts, re-seed it from '%s'"
                    .formatted(
                            standby.timeline(),
                            ahead.get().node().id(),
                            ahead.get().answer().orElseThrow().timeline(),
                            ahead.get().node().id());
        }
        if (standby.receiver().filter(NodeAnswer.Receiver::isHidden).isPresent()) {
            return "streams, but does not show us from whom: grant pg_monitor to our user";
        }
        String from = standby.receiver()
                .map(receiver -> "streams from %s:%d".formatted(receiver.host(), receiver.port()))
                .orElse("streams from nobody");
        return from + presumed.map(one -> ", which does not answer us").orElse("");
    }
}
