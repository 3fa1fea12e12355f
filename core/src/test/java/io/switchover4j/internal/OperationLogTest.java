package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.Phase;
import io.switchover4j.simulated.Call;
import io.switchover4j.simulated.Fault;
import io.switchover4j.simulated.SimulatedBackend;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.JournalRecord.Kind;
import io.switchover4j.spi.SwitchoverJournal;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** An append whose answer is lost must not cost the records that follow. */
class OperationLogTest {

    private final SimulatedBackend backend =
            SimulatedBackend.builder().pair("orders").build();
    private final SwitchoverJournal kept = SwitchoverJournal.inMemory();
    private final OperationLog log = new OperationLog(backend.journal(kept), backend.timeSource(), "orders", "op1");

    @Test
    void aRecordThatWasKeptThoughItsAppendFailedIsFollowedByTheNextOne() {
        log.require(Kind.REQUESTED, Phase.SCHEDULED, "", Map.of());
        backend.failNext(Call.APPEND, Fault.error("connection reset").afterEffect());
        assertThatThrownBy(() -> log.require(Kind.PHASE, Phase.CHECKING, "", Map.of()))
                .isInstanceOf(JournalException.class)
                .hasMessage("The journal could not keep the record PHASE of CHECKING: connection reset");

        log.note(Kind.ENDED, Phase.ABORTED, "", Map.of());

        assertThat(kinds()).containsExactly(Kind.REQUESTED, Kind.PHASE, Kind.ENDED);
        assertThat(kept.read("orders")).extracting(JournalRecord::sequence).containsExactly(0L, 1L, 2L);
        assertThat(kept.unfinished()).isEmpty();
    }

    @Test
    void aRecordThatWasNotKeptIsKeptBeforeTheNextOne() {
        log.require(Kind.REQUESTED, Phase.SCHEDULED, "", Map.of());
        backend.failNext(Call.APPEND, Fault.error("disk is full"));
        log.note(Kind.PHASE, Phase.CHECKING, "", Map.of());

        log.note(Kind.ENDED, Phase.ABORTED, "", Map.of());

        assertThat(kinds()).containsExactly(Kind.REQUESTED, Kind.PHASE, Kind.ENDED);
        assertThat(kept.read("orders")).extracting(JournalRecord::sequence).containsExactly(0L, 1L, 2L);
    }

    @Test
    void aRecordOfSomebodyElseIsNotTakenForOurs() {
        log.require(Kind.REQUESTED, Phase.SCHEDULED, "", Map.of());
        OperationLog other = new OperationLog(kept, backend.timeSource(), "orders", "op1", 1);
        other.note(Kind.PHASE, Phase.RESOLVING, "", Map.of());
        log.note(Kind.PHASE, Phase.CHECKING, "", Map.of());

        log.note(Kind.ENDED, Phase.ABORTED, "", Map.of());

        assertThat(kinds()).containsExactly(Kind.REQUESTED, Kind.PHASE);
        assertThat(log.trouble()).contains("The journal is not complete: this end is left to whoever else works on it");
    }

    @Test
    void aNoteWhoseAppendAnswersNothingIsNotKeptTwice() {
        log.require(Kind.REQUESTED, Phase.SCHEDULED, "", Map.of());
        backend.failNth(Call.APPEND, 1, Fault.timeOut().afterEffect());
        backend.failNth(Call.APPEND, 2, Fault.timeOut().afterEffect());
        log.note(Kind.PHASE, Phase.CHECKING, "", Map.of());
        log.note(Kind.PHASE, Phase.CATCHING_UP, "", Map.of());

        log.note(Kind.ENDED, Phase.ABORTED, "", Map.of());

        assertThat(kinds()).containsExactly(Kind.REQUESTED, Kind.PHASE, Kind.PHASE, Kind.ENDED);
    }

    private List<Kind> kinds() {
        return kept.read("orders").stream().map(JournalRecord::kind).toList();
    }
}
