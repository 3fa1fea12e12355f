package io.switchover4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.simulated.SimulatedBackend;
import io.switchover4j.spi.JournalRecord;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Values that mean nothing are refused where they are made, by the name of what they should have been. */
class RefusedValuesTest {

    private static final Zone ZONE = new Zone("local", "z1");
    private static final Endpoint ENDPOINT = new Endpoint("db1", 5432);

    @SuppressWarnings("NullAway")
    static Stream<Arguments> everyMissingValue() {
        return Stream.of(
                missing("request", c -> c.start(null)),
                missing("request", c -> c.preflight(null)),
                missing("region", c -> c.instances(null)),
                missing("instanceId", c -> c.instance(null)),
                missing("instanceId", c -> c.cancel(null)),
                missing("instanceId", c -> c.history(null)),
                missing("instanceId", c -> c.running(null)),
                missing("instanceId", c -> c.waiting(null)),
                missing("instanceId", c -> c.modifyFailoverMode(null, FailoverMode.automatic())),
                missing("instanceId", c -> c.modifyMaintenanceWindow(null, MaintenanceWindow.parse("22:00Z-02:00Z"))),
                missing("why", c -> SwitchoverRequest.of("orders").requestedBy("alice", null)),
                missing("text", c -> LossLimit.parse(null)),
                missing(
                        "day",
                        c -> MaintenanceWindow.weekly(LocalTime.NOON, Duration.ofHours(1), ZoneOffset.UTC, null)),
                missing("more", c -> weekly((DayOfWeek[]) null)),
                missing("a day", c -> weekly(DayOfWeek.TUESDAY, null)),
                missing("days", c -> new MaintenanceWindow(LocalTime.NOON, Duration.ofHours(1), ZoneOffset.UTC, null)));
    }

    private static void weekly(DayOfWeek... more) {
        MaintenanceWindow.weekly(LocalTime.NOON, Duration.ofHours(1), ZoneOffset.UTC, DayOfWeek.MONDAY, more);
    }

    private static Arguments missing(String name, Consumer<SwitchoverCoordinator> call) {
        return Arguments.of(name, call);
    }

    @ParameterizedTest(name = "{index} {0}")
    @MethodSource("everyMissingValue")
    void whatIsMissingIsNamed(String name, Consumer<SwitchoverCoordinator> call) {
        SimulatedBackend backend = SimulatedBackend.builder().pair("orders").build();
        try (SwitchoverCoordinator coordinator =
                SwitchoverCoordinator.builder().backend(backend).build()) {
            assertThatThrownBy(() -> call.accept(coordinator))
                    .isInstanceOf(NullPointerException.class)
                    .hasMessage(name);
        }
    }

    @SuppressWarnings("NullAway")
    static Stream<Arguments> everyMissingValueOfAReport() {
        return Stream.of(
                Arguments.of("oldPrimary", (Runnable) () -> report(null, "alice")),
                Arguments.of("requestedBy", (Runnable) () -> report(Optional.empty(), null)));
    }

    private static void report(Optional<String> oldPrimary, String requestedBy) {
        assertThat(new SwitchoverReport(
                        "orders",
                        "op1",
                        Phase.COMPLETED,
                        "done",
                        oldPrimary,
                        Optional.empty(),
                        Optional.empty(),
                        Instant.EPOCH,
                        List.of(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        List.of(),
                        Map.of(),
                        Optional.empty(),
                        requestedBy,
                        ""))
                .isNotNull();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("everyMissingValueOfAReport")
    void whatIsMissingInAReportIsNamed(String name, Runnable making) {
        assertThatThrownBy(making::run).isInstanceOf(NullPointerException.class).hasMessage(name);
    }

    static Stream<Arguments> everyBadValue() {
        return Stream.of(
                bad("node id is ''", () -> node("")),
                bad("node id 'a\\u000ab' contains the control character U+000A at index 1", () -> node("a\nb")),
                bad("region is ' '", () -> new Zone(" ", "z1")),
                bad("zone id is ''", () -> new Zone("local", "")),
                bad("zone id 'z\\u001b' contains the control character U+001B", () -> new Zone("local", "z\u001b")),
                bad("host of an endpoint 'a\\u000d' contains the control character", () -> new Endpoint("a\r", 1)),
                bad("lag is -5 bytes; it must be 0 or more", () -> lag(-5)),
                bad("instance id is ''", () -> record("", "op1", 0)),
                bad("operation id is ' '", () -> record("orders", " ", 0)),
                bad("instance id 'a\\u000ab' contains the control character U+000A", () -> record("a\nb", "op1", 0)),
                bad("instance id 'a\\ud800' contains half of a character, U+D800", () -> record("a\ud800", "op1", 0)),
                bad("sequence of a record of switchover op1 is -1", () -> record("orders", "op1", -1)),
                bad(
                        "instance id 'or\\ud800ders' contains half of a character, U+D800 at index 2",
                        () -> SwitchoverRequest.of("or\ud800ders")),
                bad(
                        "requestedBy 'x\\udc00' contains half of a character, U+DC00 at index 1",
                        () -> SwitchoverRequest.of("orders").requestedBy("x\udc00", "")));
    }

    private static Arguments bad(String message, Runnable making) {
        return Arguments.of(message, making);
    }

    private static void node(String id) {
        assertThat(new Node(id, ZONE, Role.PRIMARY, ENDPOINT, Optional.empty(), ""))
                .isNotNull();
    }

    private static void lag(long bytes) {
        assertThat(new Replication(Replication.State.STREAMING, false, OptionalLong.of(bytes)))
                .isNotNull();
    }

    private static void record(String instanceId, String operationId, long sequence) {
        assertThat(new JournalRecord(
                        instanceId,
                        operationId,
                        sequence,
                        Instant.EPOCH,
                        JournalRecord.Kind.PHASE,
                        Phase.CHECKING,
                        "",
                        Map.of()))
                .isNotNull();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("everyBadValue")
    void whatMeansNothingIsNamed(String message, Runnable making) {
        assertThatThrownBy(making::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void charactersBeyondTheFirstPlaneAreNames() {
        assertThat(SwitchoverRequest.of("orders \ud83d\ude80").build().instanceId())
                .isEqualTo("orders \ud83d\ude80");
    }

    @Test
    void aUserNameOfTheMachineThatIsNoNameIsMadeOne() {
        String before = System.getProperty("user.name");
        try {
            System.setProperty("user.name", "a\nb\u001b[2J");
            assertThat(SwitchoverRequest.of("orders").build().requestedBy()).isEqualTo("a\\u000ab\\u001b[2J");
            System.setProperty("user.name", " ");
            assertThat(SwitchoverRequest.of("orders").build().requestedBy()).isEqualTo("unknown");
        } finally {
            System.setProperty("user.name", before);
        }
    }
}
