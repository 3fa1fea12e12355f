package io.switchover4j.testkit;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is on its way to one side of a connection, in order: bytes, and between them barriers at which it waits and acts that
 * are done when their turn has come. Thread-safe; bytes are written by the thread that sends them, or, once it had to wait,
 * by the one that lets them go.
 */
final class Outbox {

    /** How much is kept for a side that is held or frozen before no more is read from the other one. */
    static final int MAX_KEPT_BYTES = 64 * 1_024 * 1_024;

    private static final Logger log = LoggerFactory.getLogger(Outbox.class);

    /** A place in the order that nothing passes before {@link #open}. */
    static final class Barrier {

        private final Runnable onArrival;
        private boolean arrived;
        private volatile boolean open;

        Barrier(Runnable onArrival) {
            this.onArrival = onArrival;
        }
    }

    private record Item(ByteBuffer bytes, Barrier barrier, Runnable act) {}

    private static final ByteBuffer NO_BYTES = ByteBuffer.allocate(0);
    private static final Runnable NO_ACT = () -> {};
    private static final Barrier NO_BARRIER = new Barrier(NO_ACT);

    static {
        NO_BARRIER.open = true;
    }

    private final SocketChannel into;
    private final Pace pace;
    private final Executor threads;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final Deque<Item> items = new ArrayDeque<>();

    @GuardedBy("lock")
    private final Set<Object> frozenBy = new HashSet<>();

    @GuardedBy("lock")
    private boolean writing;

    @GuardedBy("lock")
    private boolean discarding;

    @GuardedBy("lock")
    private long keptBytes;

    /** @param threads runs what must not be done by the thread that opens or thaws */
    Outbox(SocketChannel into, Pace pace, Executor threads) {
        this.into = into;
        this.pace = pace;
        this.threads = threads;
    }

    /** Takes the bytes up to the buffer's limit; blocks while too much is kept already. */
    void send(ByteBuffer bytes) {
        if (!bytes.hasRemaining()) {
            return;
        }
        boolean mine;
        lock.lock();
        try {
            mine = !writing && !discarding && items.isEmpty() && frozenBy.isEmpty();
            if (mine) {
                writing = true;
            } else if (!discarding) {
                keptBytes += bytes.remaining();
                items.add(new Item(copyOf(bytes), NO_BARRIER, NO_ACT));
            }
        } finally {
            lock.unlock();
        }
        if (mine) {
            write(bytes);
            workOff();
        } else {
            bytes.position(bytes.limit());
            workOffIfIdle();
            awaitRoom();
        }
    }

    private static ByteBuffer copyOf(ByteBuffer bytes) {
        ByteBuffer copy = ByteBuffer.allocate(bytes.remaining());
        copy.put(bytes.duplicate()).flip();
        return copy;
    }

    void send(Barrier barrier) {
        send(new Item(NO_BYTES, barrier, NO_ACT));
    }

    /** Does this once all before it has been written; not at all if it is discarded first. */
    void send(Runnable act) {
        send(new Item(NO_BYTES, NO_BARRIER, act));
    }

    private void send(Item item) {
        lock.lock();
        try {
            if (!discarding) {
                items.add(item);
            }
        } finally {
            lock.unlock();
        }
        workOffIfIdle();
    }

    void open(Barrier barrier) {
        lock.lock();
        try {
            barrier.open = true;
        } finally {
            lock.unlock();
        }
        goOn();
    }

    void freeze(Object by) {
        lock.lock();
        try {
            frozenBy.add(by);
        } finally {
            lock.unlock();
        }
    }

    void thaw(Object by) {
        lock.lock();
        try {
            frozenBy.remove(by);
        } finally {
            lock.unlock();
        }
        goOn();
    }

    /** Drops what is kept and all that comes. */
    void discard() {
        lock.lock();
        try {
            discarding = true;
            items.clear();
            keptBytes = 0;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void goOn() {
        if (takeOver()) {
            threads.execute(this::workOff);
        }
    }

    private void workOffIfIdle() {
        if (takeOver()) {
            workOff();
        }
    }

    private boolean takeOver() {
        lock.lock();
        try {
            boolean idle = !writing && canGoOn();
            writing |= idle;
            return idle;
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private boolean canGoOn() {
        Item first = items.peek();
        return first != null && frozenBy.isEmpty() && (first.barrier().open || !first.barrier().arrived);
    }

    /** Only by the thread that has set {@link #writing}. */
    private void workOff() {
        while (true) {
            Item item;
            boolean blocked;
            lock.lock();
            try {
                if (!canGoOn()) {
                    writing = false;
                    return;
                }
                item = items.element();
                blocked = !item.barrier().open;
                if (blocked) {
                    item.barrier().arrived = true;
                } else {
                    items.remove();
                    keptBytes -= item.bytes().remaining();
                    changed.signalAll();
                }
            } finally {
                lock.unlock();
            }
            if (blocked) {
                item.barrier().onArrival.run();
            } else {
                write(item.bytes());
                item.act().run();
            }
        }
    }

    private void write(ByteBuffer bytes) {
        try {
            while (bytes.hasRemaining()) {
                int slice = pace.awaitSlice(bytes.remaining());
                int limit = bytes.limit();
                bytes.limit(bytes.position() + slice);
                while (bytes.hasRemaining()) {
                    into.write(bytes);
                }
                bytes.limit(limit);
            }
        } catch (IOException e) {
            // The side that is gone is noticed, and acted upon, by the one who reads from it.
            log.debug("Nothing more can be sent into {}: {}", into, e.toString());
            bytes.position(bytes.limit());
            discard();
        }
    }

    private void awaitRoom() {
        lock.lock();
        try {
            while (keptBytes > MAX_KEPT_BYTES && !discarding) {
                changed.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }
}
