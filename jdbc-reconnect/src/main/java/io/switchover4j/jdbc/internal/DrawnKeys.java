package io.switchover4j.jdbc.internal;

import java.sql.SQLException;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What shows that a number that a lost transaction drew from a sequence is nobody else's on the new primary. A server that
 * crashes may take the record of the draw with it, and the new primary then gives the number out again.
 *
 * <p>There are three proofs: the server is the one that gave it; the standby was seen beyond it before it was promoted; or this
 * process drew it once more, on the new primary. One for each DataSource. Thread-safe.
 */
final class DrawnKeys {

    /** Who draws from more sequences than this has fewer transactions replayed after a crash. */
    private static final int MOST_NAMES = 256;

    private static final int MOST_SPARE = 10_000;
    private static final long LONGEST_RESERVATION_MILLIS = 1_000;

    private final Set<String> names = ConcurrentHashMap.newKeySet();

    /** Of each node that was last seen as a standby, how far it had followed each sequence, by its id. */
    private final Map<String, Map<Long, Long>> positions = new ConcurrentHashMap<>();

    /** What was drawn under an epoch in search of another number, and may be what somebody else is in search of. */
    private final Set<Spare> spare = ConcurrentHashMap.newKeySet();

    /** The numbers that open transactions hold. */
    private final Map<SeenRows, DrawnNumber> open = new ConcurrentHashMap<>();

    private final ReentrantLock reserving = new ReentrantLock();
    private volatile long reservedEpoch;

    private final AtomicInteger wanting = new AtomicInteger();
    private volatile Runnable onWanted = () -> {};

    private record Spare(long epoch, long sequence, long number) {}

    /** What to do when the first lost transaction needs to know how far a standby is. Set once, before traffic. */
    void onWanted(Runnable action) {
        onWanted = action;
    }

    /** @param sequence its name, as SQL text has it */
    void drew(String sequence) {
        if (!names.contains(sequence) && names.size() < MOST_NAMES) {
            names.add(sequence);
        }
    }

    /** The names of the sequences that were drawn from, as SQL text has them. */
    Set<String> names() {
        return names;
    }

    /** A lost transaction that drew numbers waits for its replay. */
    void want() {
        if (wanting.getAndIncrement() == 0) {
            onWanted.run();
        }
    }

    void wantNoMore() {
        wanting.decrementAndGet();
    }

    /**
     * Whether a standby should be asked often how far it is, also while a switchover holds the traffic: after its promotion nobody
     * can tell any more.
     */
    boolean isWanted() {
        return wanting.get() > 0;
    }

    /** How far {@code node}, a standby, has followed the sequences, by their ids. One of which this says nothing has not gone back. */
    void seen(String node, Map<Long, Long> sequences) {
        positions.computeIfAbsent(node, name -> new ConcurrentHashMap<>()).putAll(sequences);
    }

    /** How far {@code node} was when it was last seen as a standby. */
    OptionalLong position(String node, long sequence) {
        Long position = positions.getOrDefault(node, Map.of()).get(sequence);
        return position == null ? OptionalLong.empty() : OptionalLong.of(position);
    }

    /** An open transaction holds a number that was drawn. */
    void opened(SeenRows row, DrawnNumber number) {
        open.put(row, number);
    }

    /** That transaction is over, or will not be done again. */
    void closed(SeenRows row) {
        open.remove(row);
    }

    /** Draws what is asked for, on a connection to the new primary. */
    @FunctionalInterface
    interface Reservation {
        void draw(Set<DrawnNumber> numbers) throws SQLException;
    }

    /** Whether {@link #reserve} has nothing to do any more: one volatile read. */
    boolean isReserved(long epoch) {
        return reservedEpoch >= epoch;
    }

    /**
     * Has the numbers that open transactions hold drawn on a new primary before any unit draws there, once for each epoch: a number
     * that nobody can show to be used up may be given out again, and is this process's then. Others wait for that, but not long.
     */
    void reserve(long epoch, Reservation reservation) throws SQLException {
        if (open.isEmpty()) {
            reservedEpoch = epoch;
            return;
        }
        boolean mine = false;
        try {
            mine = reserving.tryLock(LONGEST_RESERVATION_MILLIS, TimeUnit.MILLISECONDS);
            if (mine && reservedEpoch < epoch) {
                reservation.draw(Set.copyOf(open.values()));
                reservedEpoch = epoch;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (mine) {
                reserving.unlock();
            }
        }
    }

    /** This process drew {@code number} under {@code epoch}, and the application has not seen it. */
    void spare(long epoch, long sequence, long number) {
        if (spare.size() >= MOST_SPARE) {
            spare.removeIf(each -> each.epoch < epoch);
        }
        if (spare.size() < MOST_SPARE) {
            spare.add(new Spare(epoch, sequence, number));
        }
    }

    /** Returns whether it was there; it is the caller's then. */
    boolean takeSpare(long epoch, long sequence, long number) {
        return spare.remove(new Spare(epoch, sequence, number));
    }
}
