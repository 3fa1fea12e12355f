package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.jdbc.LostCommits;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When acknowledged commits are said to be missing on a new primary, and when nobody can say so. */
final class LedgerTest {

    private static final Duration RETENTION = Duration.ofDays(1);

    private final List<LostCommits> alarms = new ArrayList<>();
    private final LedgerTable table = LedgerTable.parse("ledger");
    private final FakeTime time = new FakeTime();
    private final FakeLedger rows = new FakeLedger();
    private final Ledger ledger =
            new Ledger("orders", new LedgerOptions(table, 2, RETENTION, alarms::add), time, new LedgerCounters());
    private Connection physical;

    @BeforeEach
    void connect() throws SQLException {
        physical = new FakeNode("a").borrow();
    }

    private Slot lease(long epoch) throws SQLException {
        return ledger.lease(physical, rows, epoch, "node of epoch " + epoch);
    }

    private void commit(Slot slot) throws SQLException {
        rows.commit(physical, table, slot.id, slot.next(), Marking.IF_WRITTEN);
        slot.acknowledge();
    }

    @Test
    void whatTheNewPrimaryLacksIsAnAlarm() throws SQLException {
        Slot slot = lease(1);
        commit(slot);
        rows.rows.put(slot.id, 0L);

        lease(2);

        assertThat(alarms).containsExactly(new LostCommits("orders", "node of epoch 2", 1));
    }

    @Test
    void aSlotThatTheNewPrimaryHasNeverSeenIsAnAlarm() throws SQLException {
        Slot slot = lease(1);
        commit(slot);
        rows.rows.clear();

        lease(2);

        assertThat(alarms).containsExactly(new LostCommits("orders", "node of epoch 2", 1));
    }

    @Test
    void whatTheNewPrimaryHasIsNone() throws SQLException {
        commit(lease(1));

        lease(2);

        assertThat(alarms).isEmpty();
    }

    @Test
    void aSlotThatWeRemovedOurselvesIsNone() throws SQLException {
        useUpAllSlots();
        commit(lease(1));

        lease(2);

        assertThat(alarms).isEmpty();
    }

    @Test
    void aSlotThatWeMayHaveRemovedIsNone() throws SQLException {
        useUpAllSlots();
        rows.loseNextAnswer = true;
        assertThatThrownBy(() -> lease(1)).hasMessageContaining("I/O error");

        lease(2);

        assertThat(alarms).isEmpty();
    }

    @Test
    void aSlotThatWeMayHaveRemovedAndThatIsThereStillTells() throws SQLException {
        useUpAllSlots();
        Map<Long, Long> before = Map.copyOf(rows.rows);
        rows.loseNextAnswer = true;
        assertThatThrownBy(() -> lease(1)).hasMessageContaining("I/O error");
        rows.rows.putAll(before);
        rows.rows.replaceAll((slot, number) -> Math.min(number, 1));

        lease(2);

        assertThat(alarms).containsExactly(new LostCommits("orders", "node of epoch 2", 4));
    }

    @Test
    void aSlotThatIsOldEnoughForAnybodyToRemoveIsNone() throws SQLException {
        commit(lease(1));
        time.pass(RETENTION.toNanos());
        rows.rows.clear();

        lease(2);

        assertThat(alarms).isEmpty();
    }

    /** Two commits each; the next lease opens fresh ones and removes these. */
    private void useUpAllSlots() throws SQLException {
        List<Slot> slots = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Slot slot = lease(1);
            slots.add(slot);
            commit(slot);
            commit(slot);
        }
        slots.forEach(ledger::giveBack);
    }
}
