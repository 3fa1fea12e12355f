package io.switchover4j.postgresql.internal;

import io.switchover4j.Check;
import io.switchover4j.Instance;
import io.switchover4j.LossEstimate;
import io.switchover4j.Node;
import io.switchover4j.Phase;
import io.switchover4j.UnknownInstanceException;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.InterruptedSwitchover;
import io.switchover4j.spi.SwitchoverBackend;
import io.switchover4j.spi.SwitchoverOptions;
import io.switchover4j.spi.SwitchoverPlan;
import io.switchover4j.spi.SwitchoverSession;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What {@code PostgresBackend} does. Thread-safe. */
public final class PgBackend implements SwitchoverBackend {

    private static final String NAME = "postgresql";

    private final Map<String, InstanceConfig> instances = new LinkedHashMap<>();
    private final Connector connector;
    private final Observer observer;
    private final PrimaryMemory memory;

    public PgBackend(Collection<InstanceConfig> instances, PgSettings settings) {
        instances.forEach(instance -> this.instances.put(instance.id(), instance));
        this.connector = new Connector(settings);
        this.observer = new Observer(connector);
        this.memory = new PrimaryMemory(settings.time());
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public List<Instance> instances(Deadline deadline) {
        long askedAt = connector.settings().time().nanoTime();
        List<Observation> all = observer.observe(instances.values(), deadline);
        all.forEach(observation -> memory.saw(observation, askedAt));
        return all.stream().map(Observation::toInstance).toList();
    }

    @Override
    public Instance describe(String instanceId, Deadline deadline) {
        return observe(config(instanceId), deadline).toInstance();
    }

    private Observation observe(InstanceConfig instance, Deadline deadline) {
        long askedAt = connector.settings().time().nanoTime();
        Observation observation = observer.observe(instance, deadline);
        memory.saw(observation, askedAt);
        return observation;
    }

    @Override
    public boolean canFailOver() {
        return true;
    }

    @Override
    public LossEstimate estimateLoss(Instance instance, Node target, Deadline deadline) {
        return new FailoverExam(connector, observer, memory, config(instance.id()), target.id()).estimate(deadline);
    }

    @Override
    public List<Check> check(Instance instance, Node target, SwitchoverOptions options, Deadline deadline) {
        InstanceConfig config = config(instance.id());
        if (options.failover()) {
            String oldId = config.peerOf(config.node(target.id())).id();
            Optional<String> presumed = instance.primary()
                    .filter(node -> node.id().equals(oldId))
                    .map(Node::detail)
                    .filter(why -> !why.isEmpty());
            return new FailoverExam(connector, observer, memory, config, target.id()).check(presumed, deadline);
        }
        NodeConfig next = config.node(target.id());
        List<FactsOrSilence> facts = facts(config.peerOf(next), next, deadline);
        List<Check> silent = new ArrayList<>();
        for (FactsOrSilence one : facts) {
            if (one.facts().isEmpty()) {
                silent.add(Check.block(
                        "answers of " + one.node().id(),
                        one.silence(),
                        "make '%s' answer, then try again".formatted(one.node().id())));
            }
        }
        if (!silent.isEmpty()) {
            return silent;
        }
        return Checks.of(
                connector,
                facts.get(0).facts().orElseThrow(),
                facts.get(1).facts().orElseThrow(),
                options,
                deadline);
    }

    @Override
    public SwitchoverPlan plan(Instance instance, Node target, SwitchoverOptions options, Deadline deadline) {
        InstanceConfig config = config(instance.id());
        if (options.failover()) {
            return new FailoverExam(connector, observer, memory, config, target.id()).plan(deadline);
        }
        NodeConfig next = config.node(target.id());
        NodeConfig old = config.peerOf(next);
        List<FactsOrSilence> facts = facts(old, next, deadline);
        for (FactsOrSilence one : facts) {
            if (one.facts().isEmpty()) {
                throw new BackendException("Nothing can be predicted: %s: %s".formatted(one.node(), one.silence()));
            }
        }
        PausePrediction prediction = PausePrediction.of(
                facts.get(0).facts().orElseThrow(), facts.get(1).facts().orElseThrow());
        return new SwitchoverPlan(Steps.describe(old, next), prediction.pause(), prediction.reasons());
    }

    @Override
    public SwitchoverSession open(
            Instance instance,
            Node target,
            SwitchoverOptions options,
            String operationId,
            String audit,
            Deadline deadline) {
        InstanceConfig config = config(instance.id());
        NodeConfig next = config.node(target.id());
        NodeConfig old = config.peerOf(next);
        if (options.failover()) {
            return openByForce(instance, config, old, next, operationId, audit, deadline);
        }
        Lease lease = Lease.acquire(connector, config, old, next, operationId, audit, deadline);
        try {
            int timeline = NodeAnswer.ask(lease.primary(), deadline).timeline();
            return new PgSwitchoverSession(
                    new Operation(operationId, config, old, next, connector, lease, timeline, false, true));
        } catch (RuntimeException e) {
            lease.close();
            throw e;
        }
    }

    private SwitchoverSession openByForce(
            Instance instance,
            InstanceConfig config,
            NodeConfig old,
            NodeConfig next,
            String operationId,
            String audit,
            Deadline deadline) {
        boolean answers =
                instance.primary().filter(node -> node.id().equals(old.id())).isPresent();
        Lease lease = Lease.acquireByForce(connector, config, old, next, answers, operationId, audit, deadline);
        try {
            int timeline = Math.max(
                    Follower.ask(lease.target(), deadline).timeline(),
                    memory.of(config).map(PrimaryMemory.Sighting::timeline).orElse(0));
            return new PgSwitchoverSession(
                    new Operation(operationId, config, old, next, connector, lease, timeline, true, answers));
        } catch (RuntimeException e) {
            lease.close();
            throw e;
        }
    }

    @Override
    public Optional<String> leaseHolder(String instanceId, Deadline deadline) {
        Deadline bound = connector.probeDeadline(deadline);
        return observer.onEach(config(instanceId).nodes(), node -> leaseHolder(node, bound), bound).stream()
                .flatMap(Optional::stream)
                // Each node was told of the phase when it was last asked something.
                .max(Comparator.comparing(holder -> holder.phase().orElse(Phase.SCHEDULED)))
                .map(Lease.Holder::who);
    }

    private Optional<Lease.Holder> leaseHolder(NodeConfig node, Deadline deadline) {
        try (PgSession session = connector.open(node, "switchover4j", deadline)) {
            return Lease.holder(session, deadline);
        } catch (BackendException e) {
            // Who does not answer says nothing; the lease itself decides.
            return Optional.empty();
        }
    }

    @Override
    public SwitchoverSession resume(InterruptedSwitchover interrupted, Deadline deadline) {
        InstanceConfig config = config(interrupted.instance().id());
        NodeConfig next = known(config, interrupted.target());
        NodeConfig old = known(config, interrupted.oldPrimary());
        Lease lease =
                Lease.resume(connector, config, old, next, interrupted.operationId(), interrupted.audit(), deadline);
        try {
            return new PgSwitchoverSession(Resumption.of(interrupted, config, old, next, connector, lease, deadline));
        } catch (RuntimeException e) {
            lease.close();
            throw e;
        }
    }

    private static NodeConfig known(InstanceConfig config, String nodeId) {
        try {
            return config.node(nodeId);
        } catch (IllegalArgumentException e) {
            throw new BackendException(String.valueOf(e.getMessage()), e);
        }
    }

    /** What one node is like, or why it does not answer. */
    private record FactsOrSilence(NodeConfig node, Optional<NodeFacts> facts, String silence) {}

    private List<FactsOrSilence> facts(NodeConfig old, NodeConfig next, Deadline deadline) {
        Deadline bound = connector.probeDeadline(deadline);
        return observer.onEach(List.of(old, next), node -> facts(node, bound), bound);
    }

    private FactsOrSilence facts(NodeConfig node, Deadline deadline) {
        try (PgSession session = connector.open(node, "switchover4j", deadline)) {
            return new FactsOrSilence(node, Optional.of(NodeFacts.ask(session, deadline)), "");
        } catch (PgFailure e) {
            return new FactsOrSilence(node, Optional.empty(), e.reasonAndRemedy());
        } catch (BackendException e) {
            return new FactsOrSilence(node, Optional.empty(), String.valueOf(e.getMessage()));
        }
    }

    private InstanceConfig config(String instanceId) {
        InstanceConfig config = instances.get(instanceId);
        if (config == null) {
            throw new UnknownInstanceException(instanceId, instances.keySet());
        }
        return config;
    }

    @Override
    public void close() {
        connector.close();
    }
}
