package io.switchover4j.spi;

import static java.util.Objects.requireNonNull;

import io.switchover4j.Instance;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A switchover whose process ended before it did, as the journal remembers it. Immutable.
 *
 * @param instance its instance, as observed now
 * @param oldPrimary the id of the node that was primary when it began
 * @param target the id of the node that it was to promote
 * @param options what was asked of the backend
 * @param operationId names it; the lease, and what the backend left on the nodes, bear this name
 * @param audit who asked and why, told to others that are refused meanwhile
 * @param records everything that the journal holds of it, oldest first
 */
public record InterruptedSwitchover(
        Instance instance,
        String oldPrimary,
        String target,
        SwitchoverOptions options,
        String operationId,
        String audit,
        List<JournalRecord> records) {

    public InterruptedSwitchover {
        requireNonNull(instance, "instance");
        requireNonNull(oldPrimary, "oldPrimary");
        requireNonNull(target, "target");
        requireNonNull(options, "options");
        requireNonNull(operationId, "operationId");
        requireNonNull(audit, "audit");
        records = List.copyOf(records);
    }

    /** Whether the step may have been applied. */
    public boolean isIntended(String step) {
        return has(JournalRecord.Kind.INTENT, step);
    }

    /** Whether the step's undo may have been begun. */
    public boolean isUndoIntended(String step) {
        return has(JournalRecord.Kind.UNDO_INTENT, step);
    }

    /** What {@link SwitchoverStep#intent} said before the step was first applied; empty if it never was. */
    public Optional<Map<String, String>> intent(String step) {
        return records.stream()
                .filter(record -> is(record, JournalRecord.Kind.INTENT, step))
                .findFirst()
                .map(JournalRecord::facts);
    }

    private boolean has(JournalRecord.Kind kind, String step) {
        return records.stream().anyMatch(record -> is(record, kind, step));
    }

    private static boolean is(JournalRecord record, JournalRecord.Kind kind, String step) {
        return record.kind() == kind && record.subject().equals(step);
    }
}
