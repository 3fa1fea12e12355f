package io.switchover4j.internal;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.SwitchoverJournal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;
import java.util.function.Predicate;

/** A journal that keeps records and refuses those that the test names. */
final class ScriptedJournal implements SwitchoverJournal {

    final List<JournalRecord> records = new CopyOnWriteArrayList<>();
    private final Predicate<JournalRecord> refuses;

    /** Keeps everything. */
    ScriptedJournal() {
        this(record -> false);
    }

    /** Refuses the records that the predicate names. */
    ScriptedJournal(Predicate<JournalRecord> refuses) {
        this.refuses = refuses;
    }

    /** Refuses the appends, counted from 0, that the predicate names. */
    static ScriptedJournal refusing(IntPredicate appends) {
        AtomicInteger count = new AtomicInteger();
        return new ScriptedJournal(record -> appends.test(count.getAndIncrement()));
    }

    @Override
    public void append(JournalRecord record) {
        if (refuses.test(record)) {
            throw new JournalException("no space left on the device", null);
        }
        records.add(record);
    }

    @Override
    public List<JournalRecord> read(String instanceId) {
        return List.copyOf(records);
    }

    @Override
    public List<List<JournalRecord>> unfinished() {
        return records.stream()
                .collect(groupingBy(JournalRecord::operationId, LinkedHashMap::new, toList()))
                .values()
                .stream()
                .filter(operation -> has(operation, JournalRecord.Kind.REQUESTED))
                .filter(operation -> !has(operation, JournalRecord.Kind.ENDED))
                .toList();
    }

    private static boolean has(List<JournalRecord> operation, JournalRecord.Kind kind) {
        return operation.stream().anyMatch(record -> record.kind() == kind);
    }

    @Override
    public boolean isDurable() {
        return true;
    }

    @Override
    public void close() {}

    /** The records as short lines: kind, phase, subject. */
    List<String> lines() {
        return records.stream()
                .map(r -> (r.kind() + " " + r.phase() + " " + r.subject()).strip())
                .toList();
    }
}
