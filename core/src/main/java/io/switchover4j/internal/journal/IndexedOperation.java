package io.switchover4j.internal.journal;

import io.switchover4j.Phase;
import io.switchover4j.spi.JournalRecord;
import java.time.Instant;
import java.util.Arrays;
import java.util.stream.LongStream;

/** Where the records of one switchover stand in the file, and how far it came. Not thread-safe. */
final class IndexedOperation {

    private long[] places = new long[1];
    private int count;
    private long newestSequence;
    private boolean requested;
    private boolean switchover;
    private boolean ended;
    private Phase phase = Phase.SCHEDULED;
    private String subject = "";
    private Instant newestAt = Instant.MIN;

    void add(JournalRecord record, long place) {
        if (count == places.length) {
            places = Arrays.copyOf(places, 2 * count);
        }
        if (count == 0) {
            switchover = record.subject().isEmpty();
        }
        places[count++] = place;
        newestSequence = record.sequence();
        phase = record.phase();
        // One of each text, not one of each record.
        subject = record.subject().equals(subject) ? subject : record.subject().intern();
        newestAt = record.at();
        requested |= record.kind() == JournalRecord.Kind.REQUESTED;
        ended |= record.kind() == JournalRecord.Kind.ENDED;
    }

    LongStream places() {
        return Arrays.stream(places, 0, count);
    }

    long firstPlace() {
        return places[0];
    }

    long newestPlace() {
        return places[count - 1];
    }

    long newestSequence() {
        return newestSequence;
    }

    boolean isUnfinished() {
        return requested && !ended;
    }

    boolean isEnded() {
        return ended;
    }

    /** As opposed to a setting of an instance, whose first record has a subject. */
    boolean isSwitchover() {
        return switchover;
    }

    /** Neither asked for nor ended: what is remembered of an instance outside of its switchovers. */
    boolean isSetting() {
        return !requested && !ended;
    }

    boolean isPausing() {
        return isUnfinished() && phase.compareTo(Phase.DRAINING) >= 0 && phase != Phase.REJOINING && !phase.isEnd();
    }

    /** Of the newest record. */
    String subject() {
        return subject;
    }

    Instant newestAt() {
        return newestAt;
    }
}
