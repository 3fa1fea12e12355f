package io.switchover4j.jdbc.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Whose call it is on one logical connection. Threads that share a connection come one after the other, as with a driver: a
 * call may be several to the driver, and what a failure means is judged by what the call has sent.
 *
 * <p>Taken by a compare-and-set and given back by a plain write; who must wait does so in {@link Turns}. Not taken by what must
 * reach a call that hangs: cancel, abort, close.
 */
abstract class Turn extends Unit {

    private static final VarHandle HOLDER;

    static {
        try {
            HOLDER = MethodHandles.lookup().findVarHandle(Turn.class, "holder", Thread.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final Traffic traffic;

    private volatile @Nullable Thread holder;

    /** What is done in a turn. */
    @FunctionalInterface
    interface Work {
        void run() throws SQLException;
    }

    Turn(Traffic traffic) {
        this.traffic = traffic;
    }

    /**
     * Takes the turn, as soon as no other thread has it.
     *
     * @return whether it was taken here, and is to be given back here: false within a call of the same thread
     * @throws SQLException if the connection was closed meanwhile, the thread interrupted, or no primary is found for another's
     *     call; nothing was sent
     */
    final boolean takeTurn() throws SQLException {
        return takeTurn(0);
    }

    /**
     * The same for no longer than this.
     *
     * @param seconds 0 for as long as the other call takes
     */
    final boolean takeTurn(int seconds) throws SQLException {
        if (tryTurn()) {
            return true;
        }
        if (hasTurn()) {
            return false;
        }
        traffic.turns().await(this, traffic, seconds);
        return true;
    }

    /** The same for what must not fail, nor be left undone; neither taken nor held afterwards if the connection is closed. */
    final boolean takeTurnForClose() {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return takeTurn();
                } catch (SQLException e) {
                    if (!isOpen()) {
                        return false;
                    }
                    interrupted |= Thread.interrupted();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Runs {@code work} in a turn. */
    final void inTurn(Work work) throws SQLException {
        boolean taken = takeTurn();
        try {
            work.run();
        } finally {
            giveTurn(taken);
        }
    }

    /** Takes the turn if nobody has it. */
    final boolean tryTurn() {
        return HOLDER.compareAndSet(this, null, Thread.currentThread());
    }

    final boolean hasTurn() {
        return holder == Thread.currentThread();
    }

    /** @param taken what {@link #takeTurn} returned */
    final void giveTurn(boolean taken) {
        if (!taken) {
            return;
        }
        Turns turns = traffic.turns();
        if (turns.isAnybodyWaiting()) {
            turns.pass(this);
        } else {
            HOLDER.setRelease(this, null);
        }
    }

    /** The turn goes to {@code next} without being free in between. By its holder. */
    final void handTo(@Nullable Thread next) {
        holder = next;
    }
}
