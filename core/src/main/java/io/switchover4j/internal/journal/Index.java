package io.switchover4j.internal.journal;

import io.switchover4j.spi.JournalRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Where each record stands in the file, by instance and switchover. Not thread-safe. */
final class Index {

    private final Map<String, Map<String, IndexedOperation>> byInstance = new HashMap<>();

    void add(JournalRecord record, long place) {
        byInstance
                .computeIfAbsent(record.instanceId(), id -> new LinkedHashMap<>())
                .computeIfAbsent(record.operationId(), id -> new IndexedOperation())
                .add(record, place);
    }

    /** The newest sequence of a switchover; empty if it has no record. */
    OptionalLong newestSequence(String instanceId, String operationId) {
        IndexedOperation operation =
                byInstance.getOrDefault(instanceId, Map.of()).get(operationId);
        return operation == null ? OptionalLong.empty() : OptionalLong.of(operation.newestSequence());
    }

    /** Every record of an instance, in the order of the file. */
    long[] places(String instanceId) {
        return byInstance.getOrDefault(instanceId, Map.of()).values().stream()
                .flatMapToLong(IndexedOperation::places)
                .sorted()
                .toArray();
    }

    /** The records of each switchover that was asked for and has not ended, oldest switchover first. */
    List<long[]> unfinished() {
        return operations()
                .filter(IndexedOperation::isUnfinished)
                .sorted(Comparator.comparingLong(IndexedOperation::firstPlace))
                .map(operation -> operation.places().toArray())
                .toList();
    }

    /** Whether a switchover is where every millisecond counts: between holding the traffic and releasing it. */
    boolean isAnyPausing() {
        return operations().anyMatch(IndexedOperation::isPausing);
    }

    /** How much is there, for people: a maintenance window that holds is no switchover that somebody must finish. */
    String describe() {
        long switchovers = operations().filter(IndexedOperation::isSwitchover).count();
        long unfinished = operations()
                .filter(operation -> operation.isSwitchover() && operation.isUnfinished())
                .count();
        return "records: %d; switchovers: %d, of them unfinished: %d; maintenance windows and other settings: %d"
                .formatted(recordCount(), switchovers, unfinished, operations().count() - switchovers);
    }

    /**
     * What a compaction keeps, in the order of the file: whatever is unfinished, the newest ended operation of each instance
     * and subject (a switchover has none) and all that ended at {@code cutoff} or later, and of what is neither asked for nor
     * ended (the settings of an instance) the newest record.
     */
    long[] kept(Instant cutoff) {
        List<LongStream> kept = new ArrayList<>();
        for (Map<String, IndexedOperation> operations : byInstance.values()) {
            Map<String, Long> newestEnds = operations.values().stream()
                    .filter(IndexedOperation::isEnded)
                    .collect(Collectors.toMap(
                            IndexedOperation::subject,
                            IndexedOperation::newestPlace,
                            (one, other) -> Math.max(one, other)));
            operations.values().stream()
                    .filter(operation -> !operation.isEnded()
                            || newestEnds.containsValue(operation.newestPlace())
                            || !operation.newestAt().isBefore(cutoff))
                    .map(operation ->
                            operation.isSetting() ? LongStream.of(operation.newestPlace()) : operation.places())
                    .forEach(kept::add);
        }
        return kept.stream().flatMapToLong(places -> places).sorted().toArray();
    }

    long recordCount() {
        return operations().flatMapToLong(IndexedOperation::places).count();
    }

    private Stream<IndexedOperation> operations() {
        return byInstance.values().stream().flatMap(operations -> operations.values().stream());
    }
}
