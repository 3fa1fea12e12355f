package io.switchover4j.postgresql.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Edition;
import io.switchover4j.Instance;
import io.switchover4j.Role;
import io.switchover4j.postgresql.PostgresBackend;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.NodeControl;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Instances whose servers take connections and say nothing. */
class ManySilentInstancesTest {

    private static final int MANY = 5;

    @Test
    @Timeout(20)
    void theyAreAskedSideBySide() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                PostgresBackend backend = backend(silent.getLocalPort())) {
            CompletableFuture<Void> everybodyHasCome = CompletableFuture.runAsync(() -> closeOnceAllAreHere(silent));

            List<Instance> instances = backend.instances(Deadline.after(Duration.ofMinutes(2)));

            assertThat(everybodyHasCome).isCompleted();
            assertThat(instances)
                    .hasSize(MANY)
                    .allSatisfy(instance ->
                            assertThat(instance.nodes().get(0).role()).isEqualTo(Role.UNKNOWN));
        }
    }

    private static void closeOnceAllAreHere(ServerSocket silent) {
        List<Socket> callers = new ArrayList<>();
        try {
            for (int i = 0; i < MANY; i++) {
                callers.add(silent.accept());
            }
            silent.close();
            for (Socket caller : callers) {
                caller.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static PostgresBackend backend(int port) {
        NodeControl unused = (NodeControl) Proxy.newProxyInstance(
                NodeControl.class.getClassLoader(), new Class<?>[] {NodeControl.class}, (proxy, method, arguments) -> {
                    return "a";
                });
        PostgresBackend.Builder builder =
                PostgresBackend.builder().credentials("postgres", "secret").probeTimeout(Duration.ofMinutes(1));
        for (int i = 0; i < MANY; i++) {
            builder.instance(
                    "orders" + i,
                    instance -> instance.region("local")
                            .edition(Edition.BASIC)
                            .node(
                                    "a",
                                    node -> node.zone("z1")
                                            .endpoint("127.0.0.1", port)
                                            .control(unused)));
        }
        return builder.build();
    }
}
