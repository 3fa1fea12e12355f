package io.switchover4j.internal;

import static io.switchover4j.internal.Timetable.NIGHT;
import static io.switchover4j.internal.Timetable.assertWaits;
import static io.switchover4j.internal.Timetable.at;
import static io.switchover4j.internal.Timetable.end;
import static io.switchover4j.internal.Timetable.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.switchover4j.Check;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A switchover that waits for its time may switch back what another one has switched before. */
class OneThatWaitsTest {

    @Test
    void whoStartsBeforeItIsToldOfIt() throws Exception {
        try (Timetable table = new Timetable()) {
            Switchover waiting = table.coordinator.start(at(NIGHT));
            String told = "a switchover waits: 'alice' asked for it at 2026-03-01T21:00:00Z, it starts at"
                    + " 2026-03-01T22:00:00Z (switchover " + waiting.operationId() + ")";

            assertThat(checks(table, request().build()))
                    .containsExactly(Check.warn(
                            "other switchover",
                            told,
                            "It stays, and may switch the instance back then: cancel it, or ask with replace()."));

            SwitchoverReport report = end(table.coordinator.start(request().build()));

            assertThat(table.awaitEvent(told).message()).isEqualTo("requested by alice; " + told);
            assertThat(report.notes()).containsEntry("other switchover", told);
            assertWaits(waiting, NIGHT);
        }
    }

    @Test
    void theDryRunTellsWhatBecomesOfItAndOfTheRequest() {
        try (Timetable table = new Timetable()) {
            assertThat(checks(table, request().build())).isEmpty();
            table.coordinator.start(at(NIGHT));

            assertThat(checks(table, request().replace().build()))
                    .extracting(Check::verdict, Check::advice)
                    .containsExactly(tuple(Check.Verdict.WARN, "It is cancelled, because this one replaces it."));
            assertThat(checks(table, at(NIGHT.plusSeconds(1))))
                    .extracting(Check::verdict, Check::advice)
                    .containsExactly(tuple(
                            Check.Verdict.WARN,
                            "This one is refused while it waits: cancel it, or ask with replace()."));
        }
    }

    private static List<Check> checks(Timetable table, SwitchoverRequest request) {
        return table.coordinator.preflight(request).checks().stream()
                .filter(check -> check.name().equals("other switchover"))
                .toList();
    }
}
