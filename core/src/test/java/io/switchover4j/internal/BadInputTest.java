package io.switchover4j.internal;

import static io.switchover4j.internal.Timetable.NIGHT;
import static io.switchover4j.internal.Timetable.NIGHTLY;
import static io.switchover4j.internal.Timetable.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.FailoverMode;
import io.switchover4j.LossLimit;
import io.switchover4j.MaintenanceWindow;
import io.switchover4j.NoMaintenanceWindowException;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.Timing;
import io.switchover4j.UnknownInstanceException;
import io.switchover4j.UnsupportedFailoverModeException;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What somebody types that cannot be: each is named with its value and with what is accepted, and nothing is half done. More of
 * windows: {@code MaintenanceWindowTest}; of journals in the wrong place, full or of a newer version: {@code FileJournalTest},
 * {@code FullDiskTest}, {@code DamageTest}.
 */
class BadInputTest {

    static Stream<Arguments> everythingThatCannotBe() {
        return Stream.of(
                bad(
                        "a malformed window",
                        c -> c.modifyMaintenanceWindow(FakePair.ID, MaintenanceWindow.parse("22:00-02:00")),
                        IllegalArgumentException.class,
                        "The maintenance window '22:00-02:00' cannot be read",
                        "Accepted forms: 22:00Z-02:00Z"),
                bad(
                        "an unknown zone",
                        c -> c.modifyMaintenanceWindow(
                                FakePair.ID, MaintenanceWindow.parse("daily 22:00 for 4h Mars/Olympus")),
                        IllegalArgumentException.class,
                        "'Mars/Olympus' is no known time zone",
                        "write an IANA name such as Europe/Berlin"),
                bad(
                        "a window that is too short",
                        c -> {
                            c.modifyMaintenanceWindow(FakePair.ID, MaintenanceWindow.parse("22:00Z-22:01Z"));
                            c.start(Timetable.inWindow());
                        },
                        IllegalArgumentException.class,
                        "'22:00Z-22:01Z' of 'orders' is open for PT1M, but the switchover may need PT1M2S",
                        "choose a longer window"),
                bad(
                        "a window that is not there",
                        c -> c.start(Timetable.inWindow()),
                        NoMaintenanceWindowException.class,
                        "orders",
                        "modifyMaintenanceWindow"),
                bad(
                        "an instant in the past",
                        c -> c.start(Timetable.at(Instant.parse("2020-01-01T00:00:00Z"))),
                        IllegalArgumentException.class,
                        "The time 2020-01-01T00:00:00Z of the switchover of 'orders' is in the past: it is 2026-03-01T21:00:00Z now",
                        "name a later one"),
                bad(
                        "an instant that no calendar has",
                        c -> c.start(request().timing(Timing.at(Instant.MAX)).build()),
                        IllegalArgumentException.class,
                        "+1000000000-12-31",
                        "is after 9999-12-31"),
                bad(
                        "a negative duration",
                        c -> c.start(
                                request().drainTimeout(Duration.ofSeconds(-1)).build()),
                        IllegalArgumentException.class,
                        "drainTimeout is PT-1S",
                        "it must be positive"),
                bad(
                        "a negative duration to start within",
                        c -> c.start(request()
                                .timing(Timing.at(NIGHT).startWithin(Duration.ofSeconds(-1)))
                                .build()),
                        IllegalArgumentException.class,
                        "startWithin is PT-1S",
                        "it must be positive"),
                bad(
                        "a negative lag",
                        c -> c.start(request().maximumLagBytes(-1).build()),
                        IllegalArgumentException.class,
                        "maximumLagBytes is -1",
                        "must"),
                bad(
                        "a negative loss",
                        c -> c.start(request()
                                .failover()
                                .acceptLoss(LossLimit.of(-1))
                                .build()),
                        IllegalArgumentException.class,
                        "The accepted loss is -1 bytes",
                        "it must be 0 or more, or unlimited"),
                bad(
                        "an empty id",
                        c -> c.start(SwitchoverRequest.of("").build()),
                        IllegalArgumentException.class,
                        "The instance id is ''",
                        "it must not be blank"),
                bad(
                        "an id with control characters",
                        c -> c.start(SwitchoverRequest.of("or\u0007ders").build()),
                        IllegalArgumentException.class,
                        "The instance id 'or\\u0007ders' contains the control character U+0007 at index 2",
                        "write it without"),
                bad(
                        "a reason with control characters",
                        c -> c.start(
                                request().requestedBy("alice", "x\u001b[2J").build()),
                        IllegalArgumentException.class,
                        "The reason 'x\\u001b[2J' contains the control character U+001B at index 1",
                        "write it without"),
                bad(
                        "an instance that is not there",
                        c -> c.start(SwitchoverRequest.of("nope").build()),
                        UnknownInstanceException.class,
                        "There is no instance 'nope'",
                        "known are [orders]"),
                bad(
                        "a failover mode that the product does not know",
                        c -> c.modifyFailoverMode(FakePair.ID, FailoverMode.automatic()),
                        UnsupportedFailoverModeException.class,
                        "orders",
                        "fake"));
    }

    private static Arguments bad(
            String what,
            Consumer<SwitchoverCoordinator> call,
            Class<? extends RuntimeException> type,
            String value,
            String accepted) {
        return Arguments.of(what, call, type, value, accepted);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("everythingThatCannotBe")
    void isNamedWithItsValueAndWhatIsAccepted(
            String what,
            Consumer<SwitchoverCoordinator> call,
            Class<? extends RuntimeException> type,
            String value,
            String accepted) {
        try (Timetable table = new Timetable()) {
            assertThatThrownBy(() -> call.accept(table.coordinator))
                    .isInstanceOf(type)
                    .hasMessageContaining(value)
                    .hasMessageContaining(accepted);

            table.assertUntouched();
            assertThat(table.coordinator.history(FakePair.ID)).isEmpty();
            assertThat(table.coordinator.waiting()).isEmpty();
            assertThat(table.coordinator.running(FakePair.ID)).isEmpty();
            // Nothing is in the way of what is right.
            table.coordinator.modifyMaintenanceWindow(FakePair.ID, NIGHTLY);
            Timetable.assertWaits(table.coordinator.start(Timetable.inWindow()), NIGHT);
        }
    }
}
