package io.switchover4j.internal.journal;

import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** Records that are forced to the disk together. Filled under the journal's queue lock, written under its write lock. */
final class Batch {

    private static final int FULL_BYTES = 1 << 20;

    private final List<Entry> entries = new ArrayList<>(1);
    private final CountDownLatch settled = new CountDownLatch(1);
    private int bytes;

    boolean isFull() {
        return bytes >= FULL_BYTES || entries.size() == Frame.MAX_RECORDS;
    }

    Entry add(JournalRecord record, byte[] encoded) {
        Entry entry = new Entry(record, encoded);
        entries.add(entry);
        bytes += encoded.length;
        return entry;
    }

    List<Entry> entries() {
        return entries;
    }

    /** Whether nobody has joined it yet: who joins first writes it. */
    boolean isEmpty() {
        return entries.isEmpty();
    }

    /** The outcome of every entry is known from here on. */
    void settle() {
        settled.countDown();
    }

    /** Heeds no interrupt: the record may be kept already, and whoever writes it ends when the disk does. */
    void awaitSettled() {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    settled.await();
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** One record and what became of it. */
    static final class Entry {

        private final JournalRecord record;
        private final byte[] encoded;
        private boolean kept;
        private @Nullable String problem;
        private @Nullable Throwable cause;

        private Entry(JournalRecord record, byte[] encoded) {
            this.record = record;
            this.encoded = encoded;
        }

        JournalRecord record() {
            return record;
        }

        byte[] encoded() {
            return encoded;
        }

        void fail(String problem, @Nullable Throwable cause) {
            this.problem = problem;
            this.cause = cause;
        }

        void keep() {
            kept = true;
        }

        boolean isRefused() {
            return problem != null;
        }

        /**
         * @throws JournalException if the record may not be kept
         */
        void requireKept() {
            if (!kept) {
                throw new JournalException(
                        problem == null ? "The record %s may not be kept".formatted(record.kind()) : problem, cause);
            }
        }
    }
}
