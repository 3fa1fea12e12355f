package io.switchover4j.jdbc.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.jspecify.annotations.Nullable;

/**
 * Who takes a physical connection out of a pool, which may hang for as long as the pool or the driver waits for a node that
 * stopped answering. There is no connection yet that could be ended: so the thread itself can be called back, as soon as
 * another node is known to be the primary, or what it borrows for is closed.
 *
 * <p>Confined to one thread, but for {@link #callBack} and {@link #isCalledBack}. The owner says that it borrows before it
 * reads the route, and what it got is in its place before it says that it is through; a new route is published before anybody
 * is called back. So one of the two sees the other.
 */
abstract class Borrower {

    private static final VarHandle ERRAND;

    static {
        try {
            ERRAND = MethodHandles.lookup().findVarHandle(Borrower.class, "errand", Object.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private enum Call {
        /** The thread is about to be interrupted. */
        BEGUN,
        /** It was, or somebody else had done that before. */
        INTERRUPTED,
        ALREADY_INTERRUPTED
    }

    /** The {@link Route} while the owner borrows under it, a {@link Call} once it was called back, else null. */
    @SuppressWarnings({"unused", "FieldCanBeLocal"}) // by the handle
    private volatile @Nullable Object errand;

    /** Who borrows, and opens units; kept after their end. */
    private @Nullable Thread owner;

    final @Nullable Thread owner() {
        return owner;
    }

    final void ownedByThisThread() {
        owner = Thread.currentThread();
    }

    /**
     * Borrows from the pool of {@code route}. Where this returns, {@link #isThrough} must follow as soon as the connection can
     * be found and ended by others.
     *
     * @throws SQLException as the pool threw it; 08001 if a newer primary is known meanwhile
     */
    final Connection borrow(Route route, NodePool pool, Traffic traffic) throws SQLException {
        ownedByThisThread();
        ERRAND.setRelease(this, route);
        if (!makeVisible(traffic)) {
            VarHandle.fullFence();
        }
        try {
            if (traffic.route().epoch > route.epoch) {
                throw superseded(pool, null);
            }
            if (!isWanted() && !pool.mayBorrowAtOnce(0)) {
                throw Attachment.closedException();
            }
            return pool.borrow();
        } catch (SQLException e) {
            throw isThrough(route) ? e : superseded(pool, e);
        } catch (RuntimeException | Error e) {
            isThrough(route);
            throw e;
        }
    }

    /** Whether a connection that must be waited for is of any use; who ends that calls back afterwards. */
    boolean isWanted() {
        return true;
    }

    /** Lets others find this borrower, if they cannot yet; returns whether that made everything written visible to them. */
    boolean makeVisible(Traffic traffic) {
        return false;
    }

    /** Ends a borrow; returns false if the thread was called back, and what it got is of no use. */
    final boolean isThrough(Route route) {
        if (ERRAND.compareAndSet(this, route, null)) {
            return true;
        }
        Object call = ERRAND.getAcquire(this);
        while (call == Call.BEGUN) {
            // For the microseconds of an interrupt, which must not reach whatever the application does next.
            Thread.onSpinWait();
            call = ERRAND.getAcquire(this);
        }
        if (call == Call.INTERRUPTED) {
            Thread.interrupted();
        }
        ERRAND.setRelease(this, null);
        return false;
    }

    /**
     * Interrupts the thread if it borrows under an older epoch than this; the owner takes the interrupt back. Callable from any
     * thread; never blocks.
     */
    final boolean callBack(long epoch) {
        if (!(ERRAND.getAcquire(this) instanceof Route under) || under.epoch >= epoch) {
            return false;
        }
        Thread hanging = owner;
        if (hanging == null || !ERRAND.compareAndSet(this, under, Call.BEGUN)) {
            return false;
        }
        boolean already = hanging.isInterrupted();
        if (!already) {
            hanging.interrupt();
        }
        ERRAND.setRelease(this, already ? Call.ALREADY_INTERRUPTED : Call.INTERRUPTED);
        return true;
    }

    /** Whether the thread was called back and still hangs in its pool. */
    final boolean isCalledBack() {
        return ERRAND.getAcquire(this) instanceof Call;
    }

    static SQLException superseded(NodePool pool, @Nullable SQLException cause) {
        return new SQLTransientConnectionException(
                "The pool of '%s' is not waited for any more, because a newer primary is known".formatted(pool.name()),
                "08001",
                cause);
    }
}
