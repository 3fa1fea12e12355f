package io.switchover4j.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.Edition;
import io.switchover4j.Endpoint;
import io.switchover4j.Instance;
import io.switchover4j.Role;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.NodeControl;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class PostgresBackendBuilderTest {

    @Test
    void whatIsMissingIsNamed() {
        refuses(builder -> builder.build(), "There are no credentials; call credentials(user, password)");
        refuses(builder -> builder.credentials("u", "p").build(), "There is no instance; call instance(id, ...)");
        refuses(
                builder -> builder.instance("orders", i -> i.node("a", a -> a.control(control("a")))),
                "Node 'a' of instance 'orders' has no endpoint; call endpoint(host, port)");
        refuses(
                builder -> builder.instance("orders", i -> i.node("a", a -> a.endpoint("h", 1))),
                "Node 'a' of instance 'orders' has no control; call control(NodeControl)");
    }

    @Test
    void whatCannotBeIsRefused() {
        refuses(builder -> builder.instance(" ", i -> {}), "The instance id is ' '; it must not be blank");
        refuses(
                builder -> builder.instance("a\nb", i -> {}),
                "The instance id 'a\\u000ab' contains the control character U+000A at index 1; write it without");
        refuses(builder -> builder.credentials("", "p"), "The user of the credentials is ''; it must not be blank");
        refuses(builder -> builder.probeTimeout(Duration.ZERO), "probeTimeout is PT0S; it must be positive");
        refuses(
                builder -> builder.instance("orders", i -> node(node(i, "a", 1), "a", 2)),
                "Instance 'orders' has two nodes 'a'");
        refuses(
                builder -> builder.instance("orders", i -> node(i, "a", 1)).instance("orders", i -> node(i, "a", 1)),
                "There are two instances 'orders'");
        refuses(
                builder -> builder.instance("orders", i -> node(node(i, "a", 1), "b", 1)),
                "Both nodes of instance 'orders' have the endpoint h:1");
        refuses(
                builder -> builder.instance("orders", i -> node(node(node(i, "a", 1), "b", 2), "c", 3)),
                "Instance 'orders' has 3 nodes and edition HIGH_AVAILABILITY; this backend switches pairs: 2 nodes, or 1 for BASIC");
        refuses(
                builder -> builder.instance(
                        "orders", i -> i.node("a", a -> a.endpoint("h", 1).control(control("b")))),
                "Node 'a' of instance 'orders' was given the control of node 'b'");
    }

    @Test
    @SuppressWarnings("NullAway")
    void whatIsNullIsNamed() {
        PostgresBackend.Builder builder = PostgresBackend.builder();
        assertThatThrownBy(() -> builder.instance("orders", null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("instance");
        assertThatThrownBy(() -> builder.instance("orders", i -> i.node("a", null)))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("node");
        assertThatThrownBy(() -> builder.probeTimeout(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("probeTimeout");
    }

    @Test
    void whatNoNodeCouldBeShownWithIsRefused() {
        refuses(
                builder -> builder.credentials("po\rst", "p"),
                "The user of the credentials 'po\\u000dst' contains the control character U+000D at index 2; write it without");
        refuses(
                builder -> builder.instance("orders", i -> i.node("a\ud800", node -> {})),
                "The node id 'a\\ud800' contains half of a character, U+D800 at index 1; write it without");
    }

    @Test
    void secretsAreNotShown() {
        Credentials credentials = new Credentials("postgres", "secret");

        assertThat(credentials).hasToString("user 'postgres'");
        assertThatThrownBy(() -> new Credentials("", "secret")).hasMessageNotContaining("secret");
    }

    @Test
    void aSingleNodeIsOfTheBasicEditionAndDescribedWithoutAServer() {
        try (PostgresBackend backend = PostgresBackend.builder()
                .credentials("postgres", "secret")
                .instance(
                        "alone",
                        i -> i.region("eu")
                                .node(
                                        "a",
                                        a -> a.zone("z1")
                                                .endpoint(new Endpoint("127.0.0.1", 1))
                                                .control(control("a"))))
                .build()) {
            Instance instance = backend.describe("alone", Backends.in(5));

            assertThat(instance.edition()).isEqualTo(Edition.BASIC);
            assertThat(instance.engine()).hasToString("PostgreSQL unknown");
            assertThat(instance.nodes()).singleElement().satisfies(node -> {
                assertThat(node.role()).isEqualTo(Role.UNKNOWN);
                assertThat(node.detail()).isEqualTo("connection refused");
                assertThat(node.zone()).hasToString("eu/z1");
            });
        }
    }

    @Test
    void aSupplierThatFailsIsTheNodesReasonAndItsMessageIsNotShown() {
        try (PostgresBackend backend = PostgresBackend.builder()
                .credentials(() -> {
                    throw new IllegalStateException("vault says: secret");
                })
                .instance("alone", i -> node(i, "a", 1))
                .build()) {
            assertThat(backend.describe("alone", Backends.in(5)).nodes())
                    .singleElement()
                    .satisfies(node -> assertThat(node.detail())
                            .isEqualTo("The supplier of credentials failed: java.lang.IllegalStateException"));
        }
    }

    @Test
    void aClosedBackendSaysSo() {
        PostgresBackend backend = PostgresBackend.builder()
                .credentials("postgres", "secret")
                .instance("alone", i -> node(i, "a", 1))
                .build();
        backend.close();
        backend.close();

        assertThatThrownBy(() -> backend.describe("alone", Backends.in(5)))
                .isInstanceOf(BackendException.class)
                .hasMessage("The backend is closed");
    }

    private static void refuses(Consumer<PostgresBackend.Builder> call, String message) {
        assertThatThrownBy(() -> call.accept(PostgresBackend.builder()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    private static InstanceBuilder node(InstanceBuilder instance, String id, int port) {
        return instance.node(id, node -> node.endpoint("h", port).control(control(id)));
    }

    private static NodeControl control(String id) {
        return new LocalProcessControl(id, Path.of("/nowhere"), List.of("true"), Map.of(), Path.of("/dev/null"));
    }
}
