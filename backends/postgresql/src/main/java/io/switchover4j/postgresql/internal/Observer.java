package io.switchover4j.postgresql.internal;

import io.switchover4j.postgresql.internal.Observation.NodeReply;
import io.switchover4j.postgresql.internal.Observation.Presumed;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** Asks all nodes at once, each for no longer than the probe time-out. Thread-safe. */
final class Observer {

    private final Connector connector;

    Observer(Connector connector) {
        this.connector = connector;
    }

    Observation observe(InstanceConfig instance, Deadline deadline) {
        return observe(List.of(instance), deadline).get(0);
    }

    /** All nodes of all instances at once: one instance that does not answer costs the others nothing. */
    List<Observation> observe(Collection<InstanceConfig> instances, Deadline deadline) {
        long askedAt = connector.settings().time().nanoTime();
        Deadline bound = connector.probeDeadline(deadline);
        List<NodeConfig> nodes = instances.stream()
                .flatMap(instance -> instance.nodes().stream())
                .toList();
        Iterator<NodeReply> replies =
                onEach(nodes, node -> reply(node, bound), bound).iterator();
        Instant at = connector.settings().time().instant();
        List<LifeSigns> told = instances.stream()
                .map(instance -> new LifeSigns(
                        connector,
                        instance,
                        instance.nodes().stream().map(node -> replies.next()).toList(),
                        askedAt))
                .toList();
        Deadline second = connector.probeDeadline(deadline);
        List<LifeSigns> missing =
                told.stream().filter(LifeSigns::isPrimaryMissing).toList();
        Iterator<Optional<Presumed>> presumed =
                onEach(missing, one -> one.presumed(second), second).iterator();
        return told.stream()
                .map(one -> new Observation(
                        one.instance(), one.replies(), one.isPrimaryMissing() ? presumed.next() : Optional.empty(), at))
                .toList();
    }

    NodeReply reply(NodeConfig node, Deadline deadline) {
        try (PgSession session = connector.open(node, "switchover4j", deadline)) {
            return new NodeReply(node, Optional.of(NodeAnswer.ask(session, deadline)), "", false);
        } catch (PgFailure e) {
            return new NodeReply(node, Optional.empty(), e.reasonAndRemedy(), e.isRefusal());
        } catch (BackendException e) {
            return new NodeReply(node, Optional.empty(), String.valueOf(e.getMessage()), false);
        }
    }

    /** Whether a node takes writes: it says so, or it lets nobody in and its control file says so. */
    boolean takesWrites(NodeConfig node, Deadline deadline) {
        NodeReply reply = reply(node, deadline);
        return reply.isPrimary()
                || (reply.refused() && LifeSigns.doing(connector, node, deadline) == LifeSigns.Doing.TAKES_WRITES);
    }

    /** Runs one task for each beside each other; each task must heed the deadline itself. */
    <K, T> List<T> onEach(List<K> nodes, Function<K, T> task, Deadline deadline) {
        Waiting.requireNotInterrupted();
        List<CompletableFuture<T>> running;
        try {
            running = nodes.stream()
                    .map(node -> CompletableFuture.supplyAsync(() -> task.apply(node), connector.threads()))
                    .toList();
        } catch (RejectedExecutionException e) {
            throw new BackendException("The backend is closed", e);
        }
        List<T> results = new ArrayList<>();
        for (CompletableFuture<T> one : running) {
            try {
                // The tasks end by themselves; the second is for their last steps.
                results.add(one.get(deadline.remainingMillis() + 1_000L, TimeUnit.MILLISECONDS));
            } catch (InterruptedException e) {
                throw Waiting.interrupted();
            } catch (TimeoutException e) {
                throw new BackendException("The nodes %s did not answer in time".formatted(nodes), e);
            } catch (ExecutionException e) {
                throw e.getCause() instanceof BackendException failure
                        ? failure
                        : new BackendException("Could not ask the nodes %s: %s".formatted(nodes, e.getCause()), e);
            }
        }
        return results;
    }
}
