package io.switchover4j.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.Phase;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.JournalRecord.Kind;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What every {@link SwitchoverJournal} does. */
@DisplayName("A switchover journal")
public abstract class SwitchoverJournalContract {

    private SwitchoverJournal journal;

    /** For subclasses. */
    @SuppressWarnings("NullAway.Init")
    protected SwitchoverJournalContract() {}

    /** An empty journal, once per test. */
    protected abstract SwitchoverJournal createJournal() throws Exception;

    @BeforeEach
    void open() throws Exception {
        journal = createJournal();
    }

    @AfterEach
    void close() {
        journal.close();
    }

    @Test
    @DisplayName("reads what was appended, oldest first")
    void readsInOrder() {
        List<JournalRecord> appended = operation("orders", "op1", 5);

        appended.forEach(journal::append);

        assertThat(journal.read("orders")).containsExactlyElementsOf(appended);
    }

    @Test
    @DisplayName("knows nothing of an instance that it has no record of")
    void readsNothingOfAnUnknownInstance() {
        operation("orders", "op1", 2).forEach(journal::append);

        assertThat(journal.read("billing")).isEmpty();
    }

    @Test
    @DisplayName("keeps instances apart")
    void keepsInstancesApart() {
        List<JournalRecord> orders = operation("orders", "op1", 3);
        List<JournalRecord> billing = operation("billing", "op2", 3);
        for (int i = 0; i < 3; i++) {
            journal.append(orders.get(i));
            journal.append(billing.get(i));
        }

        assertThat(journal.read("orders")).containsExactlyElementsOf(orders);
        assertThat(journal.read("billing")).containsExactlyElementsOf(billing);
    }

    @Test
    @DisplayName("keeps every character of names and values, and their order")
    void keepsFactsAsTheyAre() {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("z", "line one\nline two\r\ttab");
        facts.put("a", "");
        facts.put("m", "quotes \" ' \\ , = ; { } and \u00e4\u20ac\ud83d\ude00");
        JournalRecord record =
                new JournalRecord("orders", "op1", 0, Instant.now(), Kind.DONE, Phase.FENCING, "stop 'a'", facts);

        journal.append(record);

        JournalRecord read = journal.read("orders").get(0);
        assertThat(read).isEqualTo(record);
        assertThat(read.facts().keySet()).containsExactly("z", "a", "m");
    }

    @Test
    @DisplayName("hands out a picture that later appends do not change")
    void readsASnapshot() {
        operation("orders", "op1", 1).forEach(journal::append);
        List<JournalRecord> before = journal.read("orders");

        operation("orders", "op2", 1).forEach(journal::append);

        assertThat(before).hasSize(1);
        assertThat(journal.read("orders")).hasSize(2);
    }

    @Test
    @DisplayName("lists every switchover that was asked for and has not ended, oldest first, with all its records")
    void listsWhatIsUnfinished() {
        List<JournalRecord> waiting = requested("orders", "op9", 1);
        List<JournalRecord> ended = requested("billing", "op8", 2);
        List<JournalRecord> interrupted = requested("billing", "op1", 3);
        waiting.forEach(journal::append);
        ended.forEach(journal::append);
        journal.append(interrupted.get(0));
        journal.append(ended("billing", "op8", 2));
        interrupted.subList(1, 3).forEach(journal::append);

        assertThat(journal.unfinished()).containsExactly(waiting, interrupted);
    }

    @Test
    @DisplayName("lists nothing as unfinished that was not asked for, or has ended")
    void listsNothingElseAsUnfinished() {
        assertThat(journal.unfinished()).isEmpty();

        operation("orders", "setting", 2).forEach(journal::append);
        requested("orders", "op1", 2).forEach(journal::append);
        journal.append(ended("orders", "op1", 2));

        assertThat(journal.unfinished()).isEmpty();
    }

    @Test
    @DisplayName("refuses a record whose number the switchover has already: somebody else works on it")
    void refusesASecondRecordOfTheSameNumber() {
        List<JournalRecord> first = operation("orders", "op1", 3);
        first.forEach(journal::append);

        assertThatThrownBy(() -> journal.append(ended("orders", "op1", 2)))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining("op1")
                .hasMessageContaining("2");
        assertThat(journal.read("orders")).containsExactlyElementsOf(first);
    }

    @Test
    @DisplayName("appends whether or not its caller was interrupted, and leaves the flag as it was")
    void appendsInAnInterruptedThread() {
        List<JournalRecord> appended = operation("orders", "op1", 3);
        journal.append(appended.get(0));

        Thread.currentThread().interrupt();
        boolean kept;
        try {
            journal.append(appended.get(1));
        } finally {
            kept = Thread.interrupted();
        }
        journal.append(appended.get(2));

        assertThat(kept).as("the interrupt flag after append").isTrue();
        assertThat(journal.read("orders")).containsExactlyElementsOf(appended);
    }

    @Test
    @DisplayName("takes appends from several threads, and keeps the order of each")
    void takesConcurrentAppends() throws Exception {
        int writers = 4;
        int each = 50;
        ExecutorService executor = Executors.newFixedThreadPool(writers);
        try {
            List<Future<?>> done = new ArrayList<>();
            for (int writer = 0; writer < writers; writer++) {
                String operationId = "op" + writer;
                done.add(executor.submit(
                        () -> operation("orders", operationId, each).forEach(journal::append)));
            }
            for (Future<?> future : done) {
                future.get(60, TimeUnit.SECONDS);
            }
        } finally {
            executor.shutdownNow();
        }

        List<JournalRecord> read = journal.read("orders");
        assertThat(read).hasSize(writers * each);
        for (int writer = 0; writer < writers; writer++) {
            String operationId = "op" + writer;
            assertThat(read.stream()
                            .filter(record -> record.operationId().equals(operationId))
                            .map(JournalRecord::sequence))
                    .hasSize(each)
                    .isSorted();
        }
    }

    @Test
    @DisplayName("may be closed twice, and refuses appends from then on")
    void refusesAppendsAfterClose() {
        journal.close();
        journal.close();

        assertThatThrownBy(() -> journal.append(operation("orders", "op1", 1).get(0)))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining("closed");
    }

    private static List<JournalRecord> requested(String instanceId, String operationId, int length) {
        List<JournalRecord> records = operation(instanceId, operationId, length);
        JournalRecord first = records.get(0);
        records.set(
                0,
                new JournalRecord(
                        instanceId, operationId, 0, first.at(), Kind.REQUESTED, Phase.SCHEDULED, "", first.facts()));
        return records;
    }

    private static JournalRecord ended(String instanceId, String operationId, long sequence) {
        return new JournalRecord(
                instanceId,
                operationId,
                sequence,
                Instant.parse("2026-03-01T12:00:01Z"),
                Kind.ENDED,
                Phase.COMPLETED,
                "",
                Map.of());
    }

    private static List<JournalRecord> operation(String instanceId, String operationId, int length) {
        List<JournalRecord> records = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            records.add(new JournalRecord(
                    instanceId,
                    operationId,
                    i,
                    Instant.parse("2026-03-01T12:00:00.123456Z").plusMillis(i),
                    Kind.PHASE,
                    Phase.CHECKING,
                    "step " + i,
                    Map.of("number", Integer.toString(i))));
        }
        return records;
    }
}
