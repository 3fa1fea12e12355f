package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The commits of one logical connection, each with a mark in the ledger. Confined to the thread that uses the connection. */
final class LedgerPath implements CommitPath {

    private final Ledger ledger;
    private final Traffic traffic;
    private final Unit unit;

    private @Nullable Slot slot;

    /** The number that was sent last; 0 if the transaction is known not to have written anything. */
    private long sentNumber;

    /** What was asked of the commit that was sent last, or what it turned out to be. */
    private Marking marking = Marking.IF_WRITTEN;

    /** A mark was sent, and what became of it is not known here. */
    private boolean inDoubt;

    private boolean closed;
    private boolean ownsTransaction;

    LedgerPath(Ledger ledger, Traffic traffic, Unit unit) {
        this.ledger = ledger;
        this.traffic = traffic;
        this.unit = unit;
    }

    @Override
    public boolean prepare(Connection physical, long epoch, String node) throws SQLException {
        closed = false;
        Slot held = slot;
        if (held != null) {
            if (inDoubt) {
                // Its last commit failed with an answer.
                held.fail();
                inDoubt = false;
            }
            if (ledger.isUsable(held, epoch)) {
                return true;
            }
            slot = null;
            ledger.retire(held);
        }
        if (traffic.dialect().transactionStatus(physical) != TransactionStatus.IDLE) {
            // Opening a slot would commit what is there.
            return false;
        }
        slot = ledger.lease(physical, dialect(physical), epoch, node);
        return true;
    }

    private LedgerDialect dialect(Connection physical) throws SQLException {
        LedgerDialect dialect = traffic.dialect().ledger();
        if (dialect == null) {
            throw LedgerSetup.notSupported(physical);
        }
        return dialect;
    }

    @Override
    public void send(Connection physical, Marking wanted, Step commit) throws SQLException {
        Slot held = slot;
        marking = wanted;
        if (held == null) {
            commit.on(physical);
            return;
        }
        LedgerDialect dialect = dialect(physical);
        sentNumber = held.next();
        inDoubt = true;
        try {
            boolean marked = dialect.commit(physical, ledger.options.table(), held.id, sentNumber, wanted);
            if (!marked) {
                sentNumber = 0;
                inDoubt = false;
            } else if (traffic.route().epoch == held.epoch) {
                held.acknowledge();
                inDoubt = false;
            }
        } catch (SQLException e) {
            if (dialect.isRefused(e)) {
                inDoubt = false;
                slot = null;
                ledger.retire(held);
            }
            if (wanted != Marking.ALWAYS || !dialect.isUnmarkable(e) || isOver(physical)) {
                throw e;
            }
            dialect.goWithoutMark(physical);
            marking = Marking.UNCERTAIN;
            sentNumber = 0;
            inDoubt = false;
        } catch (RuntimeException | Error e) {
            // Nobody knows whether the mark is on its way.
            slot = null;
            ledger.retire(held);
            throw e;
        }
        // With its mark the transaction is over: the driver has nothing left to send.
        commit.on(physical);
    }

    private boolean isOver(Connection physical) {
        return traffic.dialect().transactionStatus(physical) == TransactionStatus.IDLE;
    }

    @Override
    public Outcome settle(SQLException lostAnswer, @Nullable Backend lost) throws SQLException {
        Slot held = slot;
        slot = null;
        inDoubt = false;
        ledger.counters.settled.increment();
        if (held == null) {
            ledger.counters.unknown.increment();
            throw new SQLException("it carried no mark for the commit ledger", "08007");
        }
        if (sentNumber == 0) {
            ledger.retire(held);
            return marking == Marking.IF_WRITTEN ? committed() : unknown();
        }
        OptionalLong last;
        try {
            last = ask(held, lost);
        } catch (SQLException | RuntimeException e) {
            ledger.counters.unknown.increment();
            throw e;
        }
        if (last.isEmpty()) {
            ledger.counters.unknown.increment();
            throw new SQLException(
                    "its slot is not in the commit ledger '%s' of the primary".formatted(ledger.options.table()),
                    "08007");
        }
        ledger.retire(held);
        if (last.getAsLong() >= sentNumber) {
            return committed();
        }
        if (marking == Marking.UNCERTAIN) {
            return unknown();
        }
        ledger.counters.notCommitted.increment();
        closed = true;
        return Outcome.NOT_COMMITTED;
    }

    private Outcome committed() {
        ledger.counters.committed.increment();
        return Outcome.COMMITTED;
    }

    private Outcome unknown() {
        ledger.counters.unknown.increment();
        return Outcome.UNKNOWN;
    }

    /** Settles the slot on a connection of its own to what is the primary before and after. */
    private OptionalLong ask(Slot held, @Nullable Backend lost) throws SQLException {
        Retries tries = new Retries(traffic);
        boolean first = true;
        while (true) {
            Route route = traffic.route();
            if (!route.open) {
                route = traffic.await(unit, tries.deadline);
                if (unit.arrives()) {
                    traffic.arrived();
                }
            }
            NodePool pool = route.primary;
            SQLException trouble;
            if (pool == null) {
                trouble = new SQLTransientConnectionException("there is no primary", "08001");
            } else {
                try {
                    OptionalLong last =
                            askOn(route, pool, held, lost, Duration.ofNanos(tries.deadline.remainingNanos()));
                    if (traffic.route().epoch == route.epoch) {
                        return last;
                    }
                    trouble = new SQLTransientConnectionException(
                            "the commit ledger was asked on '%s', which is not the primary any more"
                                    .formatted(pool.name()),
                            "08006");
                } catch (SQLException e) {
                    trouble = e;
                    if (!unit.isOpen()) {
                        throw Attachment.closedException();
                    }
                    if (isLoss(e)) {
                        traffic.trouble(pool, e);
                    }
                }
            }
            tries.failed(route, first, trouble);
            first = false;
        }
    }

    private boolean isLoss(SQLException e) {
        return switch (traffic.dialect().classify(e)) {
            case CONNECTION_LOST, REFUSED_CLOSED, NOT_READY, READ_ONLY -> true;
            case ROLLED_BACK, APPLICATION -> false;
        };
    }

    private OptionalLong askOn(Route route, NodePool pool, Slot held, @Nullable Backend lost, Duration timeout)
            throws SQLException {
        Connection borrowed = unit.borrow(route, pool, traffic);
        boolean good = false;
        try {
            if (!unit.isThrough(route)) {
                throw Borrower.superseded(pool, null);
            }
            if (!traffic.reachesPrimary(pool, borrowed)) {
                throw new SQLTransientConnectionException(
                        "a connection of '%s' does not reach the primary".formatted(pool.name()), "08001");
            }
            OptionalLong last = dialect(borrowed).settle(borrowed, ledger.options.table(), held.id, lost, timeout);
            good = true;
            return last;
        } finally {
            if (good) {
                borrowed.close();
            } else {
                pool.discard(borrowed);
            }
        }
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public boolean ownsTransaction() {
        return ownsTransaction;
    }

    @Override
    public void ownsTransaction(boolean own) {
        ownsTransaction = own;
    }

    @Override
    public void close() {
        Slot held = slot;
        slot = null;
        if (held == null) {
            return;
        }
        if (inDoubt) {
            // A mark that came late would find another's number there.
            ledger.retire(held);
        } else {
            ledger.giveBack(held);
        }
    }
}
