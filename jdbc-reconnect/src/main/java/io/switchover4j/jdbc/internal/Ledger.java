package io.switchover4j.jdbc.internal;

import io.switchover4j.TimeSource;
import io.switchover4j.jdbc.LostCommits;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The slots of one DataSource. Thread-safe; leasing and giving back take no lock.
 *
 * <p>A slot is leased before the transaction that will mark it takes its snapshot: at REPEATABLE READ a row that another
 * transaction has marked since would fail the commit. It is used on the primary on which it was opened, and on no other.
 */
final class Ledger {

    private static final Logger log = LoggerFactory.getLogger(Ledger.class);

    private static final int OPENED_AT_ONCE = 4;
    private static final long CLEANING_INTERVAL_NANOS = Duration.ofHours(1).toNanos();

    /** So many slots that were given up are still looked for on a new primary: their last commits may be missing there. */
    private static final int REMEMBERED = 256;

    final LedgerOptions options;
    final LedgerCounters counters;

    private final String dataSource;
    private final TimeSource time;
    private final SecureRandom random = new SecureRandom();

    private final ConcurrentLinkedDeque<Slot> free = new ConcurrentLinkedDeque<>();
    private final ConcurrentLinkedQueue<Slot> retired = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Slot> removed = new ConcurrentLinkedQueue<>();
    private final Map<Long, Slot> known = new ConcurrentHashMap<>();

    /** The newest primary on which it was looked for what the ones before had acknowledged. */
    private final AtomicLong comparedEpoch = new AtomicLong();

    private final AtomicLong nextCleaningNanos;

    Ledger(String dataSource, LedgerOptions options, TimeSource time, LedgerCounters counters) {
        this.counters = counters;
        this.dataSource = dataSource;
        this.options = options;
        this.time = time;
        this.nextCleaningNanos = new AtomicLong(time.nanoTime());
    }

    /** Whether {@code slot} is good for another commit on the primary of {@code epoch}. */
    boolean isUsable(Slot slot, long epoch) {
        return slot.epoch == epoch && slot.issued() < options.commitsPerSlot() && isOnlyOurs(slot);
    }

    /** Whether it is too young to be deleted by anybody but us, however the clocks differ. */
    private boolean isOnlyOurs(Slot slot) {
        return time.nanoTime() - slot.openedNanos < options.retention().toNanos() / 2;
    }

    /**
     * A slot for a transaction that is about to begin on {@code physical}.
     *
     * @param physical has no open transaction; where no slot is free, some are opened on it
     * @throws SQLException if that failed; nothing of the unit was sent
     */
    Slot lease(Connection physical, LedgerDialect dialect, long epoch, String node) throws SQLException {
        compare(physical, dialect, epoch, node);
        for (Slot slot = free.pollFirst(); slot != null; slot = free.pollFirst()) {
            if (isUsable(slot, epoch)) {
                return slot;
            }
            retire(slot);
        }
        return open(physical, dialect, epoch);
    }

    /** Gives a slot back whose last commit was answered. */
    void giveBack(Slot slot) {
        free.addFirst(slot);
    }

    /** Nobody will mark {@code slot} again, and nobody will ask for it: its row may go. */
    void retire(Slot slot) {
        retired.add(slot);
    }

    private Slot open(Connection physical, LedgerDialect dialect, long epoch) throws SQLException {
        List<Slot> fresh = new ArrayList<>(OPENED_AT_ONCE);
        for (int i = 0; i < OPENED_AT_ONCE; i++) {
            fresh.add(new Slot(random.nextLong() & Long.MAX_VALUE, epoch, time.nanoTime()));
        }
        List<Slot> old = new ArrayList<>();
        for (Slot slot = retired.poll(); slot != null; slot = retired.poll()) {
            // Rows of an older primary are what the new one is compared by; they go when their time is up.
            if (slot.epoch == epoch) {
                old.add(slot);
            }
        }
        // Before: whether their rows are gone is not known if the answer is lost.
        old.forEach(this::forget);
        try {
            dialect.open(physical, options.table(), ids(fresh), ids(old), isCleaningDue() ? options.retention() : null);
        } catch (SQLException | RuntimeException e) {
            retired.addAll(old);
            throw e;
        }
        counters.opened.add(fresh.size());
        for (Slot slot : fresh) {
            known.put(slot.id, slot);
        }
        fresh.subList(1, fresh.size()).forEach(free::addLast);
        return fresh.get(0);
    }

    /** Its row may still be there and tell something; that it is not there tells nothing. */
    private void forget(Slot slot) {
        if (known.remove(slot.id) == null) {
            return;
        }
        removed.add(slot);
        while (removed.size() > REMEMBERED) {
            removed.poll();
        }
    }

    private boolean isCleaningDue() {
        long due = nextCleaningNanos.get();
        long now = time.nanoTime();
        return now - due >= 0 && nextCleaningNanos.compareAndSet(due, now + CLEANING_INTERVAL_NANOS);
    }

    private static List<Long> ids(List<Slot> slots) {
        return slots.stream().map(slot -> slot.id).toList();
    }

    /** On a new primary: looks once whether it has every commit that was acknowledged before. */
    private void compare(Connection physical, LedgerDialect dialect, long epoch, String node) throws SQLException {
        long before = comparedEpoch.get();
        if (epoch <= before || !comparedEpoch.compareAndSet(before, epoch)) {
            return;
        }
        List<Slot> gone = new ArrayList<>(removed);
        List<Slot> kept =
                known.values().stream().filter(slot -> slot.epoch < epoch).toList();
        List<Slot> all = new ArrayList<>(kept);
        all.addAll(gone);
        all.removeIf(slot -> slot.acknowledged() == 0);
        if (all.isEmpty()) {
            return;
        }
        Map<Long, Long> numbers;
        try {
            numbers = dialect.numbers(physical, options.table(), ids(all));
        } catch (SQLException | RuntimeException e) {
            comparedEpoch.compareAndSet(epoch, before);
            throw e;
        }
        long lost = 0;
        for (Slot slot : all) {
            Long number = numbers.get(slot.id);
            if (number != null) {
                lost += slot.missing(number);
            } else if (known.containsKey(slot.id) && isOnlyOurs(slot)) {
                // Nobody has deleted its row: it was opened in what is lost, too.
                lost += slot.missing(0);
            }
        }
        kept.forEach(slot -> known.remove(slot.id));
        removed.removeAll(gone);
        if (lost > 0) {
            raiseAlarm(new LostCommits(dataSource, node, lost));
        }
    }

    private void raiseAlarm(LostCommits alarm) {
        counters.lostAcknowledged.add(alarm.atLeast());
        log.error(
                "{}: at least {} commits that were acknowledged to the application are not on the new primary {}. They are lost"
                        + " unless the old primary is salvaged: keep its data directory, and look what they were.",
                alarm.dataSource(),
                alarm.atLeast(),
                alarm.node());
        try {
            options.listener().accept(alarm);
        } catch (RuntimeException e) {
            log.warn("{}: the listener for lost commits failed", dataSource, e);
        }
    }
}
