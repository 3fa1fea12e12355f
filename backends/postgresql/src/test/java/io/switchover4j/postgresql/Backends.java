package io.switchover4j.postgresql;

import io.switchover4j.Instance;
import io.switchover4j.Node;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.NodeControl;
import io.switchover4j.spi.SwitchoverOptions;
import io.switchover4j.spi.SwitchoverSession;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.time.Duration;

/** Backends for pairs of the testkit. */
final class Backends {

    static final String INSTANCE = "orders";

    static final SwitchoverOptions OPTIONS =
            new SwitchoverOptions(16L << 20, Duration.ofSeconds(2), Duration.ofSeconds(5));

    private Backends() {}

    static PostgresBackend of(PostgresPair pair) {
        return builder(pair).build();
    }

    static PostgresBackend.Builder builder(PostgresPair pair) {
        return builder(pair, INSTANCE);
    }

    static PostgresBackend.Builder builder(PostgresPair pair, String instanceId) {
        return PostgresBackend.builder()
                .credentials(pair.superuser().user(), pair.superuser().password())
                .instance(instanceId, instance -> {
                    for (PostgresNode node : pair.nodes()) {
                        instance.node(
                                node.id(),
                                builder -> builder.zone("zone-" + node.id())
                                        .endpoint(node.endpoint())
                                        .control(control(node)));
                    }
                });
    }

    static NodeControl control(PostgresNode node) {
        return new LocalProcessControl(
                node.id(), node.dataDirectory(), node.startCommand(), node.environment(), node.logFile());
    }

    static Deadline in(long seconds) {
        return Deadline.after(Duration.ofSeconds(seconds));
    }

    static Instance describe(PostgresBackend backend) {
        return backend.describe(INSTANCE, in(10));
    }

    static Node standby(Instance instance) {
        return instance.standbys().get(0);
    }

    static SwitchoverSession open(PostgresBackend backend, String operationId) {
        return open(backend, INSTANCE, operationId);
    }

    static SwitchoverSession open(PostgresBackend backend, String instanceId, String operationId) {
        Instance instance = backend.describe(instanceId, in(10));
        return backend.open(instance, standby(instance), OPTIONS, operationId, "test: why not", in(10));
    }
}
