package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.NoPrimaryException;
import io.switchover4j.spi.Deadline;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A gate that the test opens and closes. */
class FakeTraffic implements Traffic, Dialect {

    final List<String> troubles = new CopyOnWriteArrayList<>();
    final Set<Unit> registered = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Turns turns = new Turns();
    private final Condition changed = lock.newCondition();
    private final Deque<Runnable> onAwait = new ArrayDeque<>();
    private final Deque<Runnable> onTrouble = new ArrayDeque<>();
    private volatile Route route;
    volatile boolean letThrough;
    boolean keepsNoRegister;
    Dialect dialect = this;
    volatile boolean selectsAreSafe;
    ReplayOptions replayOptions = ReplayOptions.OFF;
    CommitPath commitPath = CommitPath.PLAIN;

    @Nullable
    Ledger ledger;

    @Nullable
    LedgerDialect ledgerDialect;

    volatile RoleAnswer role = new RoleAnswer(false, 1, "x", "");
    Duration patience = Duration.ofSeconds(10);
    volatile int awaited;
    volatile int unitsEnded;
    int kindsAsked;

    FakeTraffic(NodePool primary) {
        route = Route.open(1, primary);
    }

    void open(long epoch, NodePool primary) {
        publish(Route.open(epoch, primary));
    }

    void close(String reason) {
        Route now = route;
        publish(Route.closed(now.epoch, now.primary, reason));
    }

    private void publish(Route next) {
        lock.lock();
        try {
            route = next;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Runs when the next unit comes to wait at the gate. */
    void onAwait(Runnable action) {
        onAwait.add(action);
    }

    /** Runs when trouble is reported next. */
    void onTrouble(Runnable action) {
        onTrouble.add(action);
    }

    void awaitWaiter(int count) throws InterruptedException {
        lock.lock();
        try {
            while (awaited < count) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Route route() {
        return route;
    }

    @Override
    @SuppressWarnings({"NonAtomicOperationOnVolatileField", "NonAtomicVolatileUpdate"}) // under the lock
    public Route await(Unit unit, Deadline deadline) throws SQLException {
        Runnable action = onAwait.poll();
        if (action != null) {
            action.run();
        }
        lock.lock();
        try {
            awaited++;
            changed.signalAll();
            while (!route.open) {
                if (!unit.isOpen()) {
                    throw Attachment.closedException();
                }
                if (route.primary != null && (letThrough || unit.isPinned())) {
                    return route;
                }
                if (changed.awaitNanos(deadline.remainingNanos()) <= 0) {
                    throw new NoPrimaryException("No primary in time: " + route.reason);
                }
            }
            return route;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NoPrimaryException("Interrupted", e);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void aborted(Unit unit) {
        publish(route);
    }

    @Override
    public Turns turns() {
        return turns;
    }

    @Override
    public Deadline newDeadline() {
        return Deadline.after(patience);
    }

    @Override
    public void register(Unit unit) {
        if (!keepsNoRegister) {
            registered.add(unit);
        }
    }

    @Override
    public void unregister(Unit unit) {
        registered.remove(unit);
    }

    @Override
    @SuppressWarnings({"NonAtomicOperationOnVolatileField", "NonAtomicVolatileUpdate"}) // one thread in each test
    public void unitEnded() {
        unitsEnded++;
    }

    @Override
    public void trouble(NodePool node, SQLException cause) {
        troubles.add(node.name() + ": " + cause.getSQLState());
        Runnable action = onTrouble.poll();
        if (action != null) {
            action.run();
        }
    }

    @Override
    public boolean selectsAreSafe() {
        return selectsAreSafe;
    }

    @Override
    public Dialect dialect() {
        return dialect;
    }

    @Override
    public long coarseNanoTime() {
        return 0;
    }

    @Override
    public ErrorClass classify(SQLException error) {
        var chain = new ArrayList<SQLException>(List.of(error));
        if (error.getNextException() != null) {
            chain.add(error.getNextException());
        }
        if (error.getCause() instanceof SQLException cause) {
            chain.add(cause);
        }
        for (SQLException link : chain) {
            String state = String.valueOf(link.getSQLState());
            switch (state) {
                case "08003":
                    return ErrorClass.REFUSED_CLOSED;
                case "08001", "57P03":
                    return ErrorClass.NOT_READY;
                case "57P01":
                    return ErrorClass.CONNECTION_LOST;
                case "25006":
                    return ErrorClass.READ_ONLY;
                case "40001":
                    return ErrorClass.ROLLED_BACK;
                default:
                    if (state.startsWith("08")) {
                        return ErrorClass.CONNECTION_LOST;
                    }
            }
        }
        return ErrorClass.APPLICATION;
    }

    @Override
    public StatementKind kindOf(String sql) {
        kindsAsked++;
        String text = sql.strip().toUpperCase(java.util.Locale.ROOT);
        if (text.contains(";") && !text.endsWith(";") || text.startsWith("CALL") || text.startsWith("{CALL")) {
            return StatementKind.MAY_COMMIT;
        } else if (text.startsWith("BEGIN")) {
            return StatementKind.BEGIN;
        } else if (text.startsWith("COMMIT") || text.startsWith("ROLLBACK")) {
            return StatementKind.END;
        }
        return text.startsWith("SET ") || text.startsWith("LISTEN") ? StatementKind.SESSION : StatementKind.PLAIN;
    }

    @Override
    public int statementEnd(String sql, int from) {
        int end = sql.indexOf(';', from);
        return end < 0 ? sql.length() : end;
    }

    @Override
    public int nextWord(String sql, int from) {
        return PostgresStatements.INSTANCE.nextWord(sql, from);
    }

    @Override
    public ReplayOptions replayOptions() {
        return replayOptions;
    }

    @Override
    public CommitPath newCommitPath(Unit unit) {
        Ledger marks = ledger;
        return marks == null ? commitPath : new LedgerPath(marks, this, unit);
    }

    @Override
    public @Nullable LedgerDialect ledger() {
        return ledgerDialect;
    }

    /** Only a ledger asks for it here. */
    @Override
    public TransactionStatus transactionStatus(Connection physical) {
        return ledgerDialect == null ? TransactionStatus.UNKNOWN : TransactionStatus.IDLE;
    }

    @Override
    public RoleAnswer askRole(Connection connection) {
        return role;
    }
}
