package io.switchover4j.jdbc.internal;

import static io.switchover4j.jdbc.internal.Verdict.NOT_APPLIED;
import static io.switchover4j.jdbc.internal.Verdict.PASS;
import static io.switchover4j.jdbc.internal.Verdict.RUN_AGAIN;
import static io.switchover4j.jdbc.internal.Verdict.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.jdbc.internal.Verdict.InFlight;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of what is promised, row by row; and what must hold in every cell of it. */
final class VerdictTest {

    @ParameterizedTest(
            name = "{0}: {1} in a transaction={2}, after others={3}, may commit={4}, cannot write={5} -> {6}")
    @CsvSource({
        "CONNECTION_LOST, PREPARE, false, false, false, false, RUN_AGAIN",
        "CONNECTION_LOST, PREPARE, true,  false, false, false, RUN_AGAIN",
        "CONNECTION_LOST, PREPARE, true,  true,  false, false, NOT_APPLIED",
        "CONNECTION_LOST, PREPARE, true,  true,  true,  false, UNKNOWN",
        "CONNECTION_LOST, QUERY,   false, false, false, true,  RUN_AGAIN",
        "CONNECTION_LOST, QUERY,   false, false, false, false, UNKNOWN",
        "CONNECTION_LOST, UPDATE,  false, false, false, false, UNKNOWN",
        "CONNECTION_LOST, BATCH,   false, false, false, false, UNKNOWN",
        "CONNECTION_LOST, EXECUTE, false, false, true,  false, UNKNOWN",
        "CONNECTION_LOST, UPDATE,  true,  false, false, false, NOT_APPLIED",
        "CONNECTION_LOST, UPDATE,  true,  true,  false, false, NOT_APPLIED",
        "CONNECTION_LOST, QUERY,   true,  true,  false, true,  NOT_APPLIED",
        "CONNECTION_LOST, EXECUTE, true,  true,  true,  false, UNKNOWN",
        "CONNECTION_LOST, FETCH,   true,  true,  false, false, NOT_APPLIED",
        "CONNECTION_LOST, FETCH,   false, true,  false, true,  NOT_APPLIED",
        "CONNECTION_LOST, FETCH,   false, true,  false, false, UNKNOWN",
        "CONNECTION_LOST, COMMIT,  true,  true,  false, false, UNKNOWN",
        "CONNECTION_LOST, COMMIT,  true,  false, false, false, RUN_AGAIN",
        "CONNECTION_LOST, ROLLBACK, true, true,  false, false, NOT_APPLIED",
        "CONNECTION_LOST, OTHER,   true,  true,  false, false, NOT_APPLIED",
        "CONNECTION_LOST, OTHER,   false, false, false, false, RUN_AGAIN",
        "NOT_READY,       UPDATE,  false, false, false, false, UNKNOWN",
        "NOT_READY,       COMMIT,  true,  true,  false, false, UNKNOWN",
        "REFUSED_CLOSED,  UPDATE,  false, false, false, false, RUN_AGAIN",
        "REFUSED_CLOSED,  UPDATE,  true,  false, false, false, RUN_AGAIN",
        "REFUSED_CLOSED,  UPDATE,  true,  true,  false, false, NOT_APPLIED",
        "REFUSED_CLOSED,  COMMIT,  true,  true,  false, false, NOT_APPLIED",
        "REFUSED_CLOSED,  COMMIT,  true,  true,  true,  false, UNKNOWN",
        "READ_ONLY,       UPDATE,  false, false, false, false, RUN_AGAIN",
        "READ_ONLY,       UPDATE,  true,  true,  false, false, NOT_APPLIED",
        "READ_ONLY,       UPDATE,  true,  true,  true,  false, UNKNOWN",
        "ROLLED_BACK,     COMMIT,  true,  true,  false, false, PASS",
        "APPLICATION,     UPDATE,  false, false, false, false, PASS",
    })
    void isAsPromised(
            ErrorClass error,
            Call call,
            boolean transaction,
            boolean sentBefore,
            boolean mayCommit,
            boolean cannotWrite,
            Verdict verdict) {
        assertThat(Verdict.of(
                        error,
                        new InFlight(call, StatementKind.PLAIN, transaction, sentBefore, mayCommit, cannotWrite, true)))
                .isEqualTo(verdict);
    }

    @Test
    void aBatchThatWasRefusedInPartPassesThrough() {
        assertThat(Verdict.of(
                        ErrorClass.READ_ONLY,
                        new InFlight(Call.BATCH, StatementKind.PLAIN, false, false, false, false, false)))
                .isEqualTo(PASS);
    }

    @Test
    void whatWasSentAndMayHaveBeenAppliedIsNeverRunAgainAndNeverCalledNotApplied() {
        for (InFlight unit : everyUnit()) {
            boolean handedOver = unit.call() != Call.PREPARE && unit.call() != Call.OTHER;
            boolean mayBeApplied = unit.transaction()
                    ? unit.mayCommit() || unit.call() == Call.COMMIT
                    : !unit.cannotWrite()
                            && unit.kind() != StatementKind.BEGIN
                            && unit.kind() != StatementKind.SETTING
                            && unit.call() != Call.ROLLBACK;
            for (ErrorClass lost : List.of(ErrorClass.CONNECTION_LOST, ErrorClass.NOT_READY)) {
                Verdict verdict = Verdict.of(lost, unit);
                assertThat(verdict).as(unit.toString()).isNotEqualTo(PASS);
                boolean emptyCommit = unit.call() == Call.COMMIT && !unit.sentBefore();
                if (handedOver && mayBeApplied && !emptyCommit) {
                    assertThat(verdict).as(unit.toString()).isEqualTo(UNKNOWN);
                }
                if (unit.transaction() && unit.sentBefore()) {
                    assertThat(verdict).as("half a transaction: " + unit).isNotEqualTo(RUN_AGAIN);
                }
            }
            for (ErrorClass own : List.of(ErrorClass.APPLICATION, ErrorClass.ROLLED_BACK)) {
                assertThat(Verdict.of(own, unit)).isEqualTo(PASS);
            }
            if (unit.transaction() && unit.sentBefore() && !unit.mayCommit()) {
                assertThat(Verdict.of(ErrorClass.REFUSED_CLOSED, unit)).isEqualTo(NOT_APPLIED);
            }
        }
    }

    private static List<InFlight> everyUnit() {
        List<InFlight> all = new ArrayList<>();
        for (Call call : Call.values()) {
            for (StatementKind kind : StatementKind.values()) {
                for (int bits = 0; bits < 32; bits++) {
                    all.add(new InFlight(
                            call,
                            kind,
                            (bits & 1) != 0,
                            (bits & 2) != 0,
                            (bits & 4) != 0,
                            (bits & 8) != 0,
                            (bits & 16) != 0));
                }
            }
        }
        return all;
    }
}
