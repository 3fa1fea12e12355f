package io.switchover4j.testkit;

import io.switchover4j.testkit.BankError.Phase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** One client of the bank: its thread does transfers, its record says what it was told. */
final class BankWorker implements Runnable {

    /** What a client was told of a transfer. */
    enum Told {
        NOTHING,
        COMMITTED,
        FAILED,
        UNKNOWN
    }

    private static final String OUTCOME_UNKNOWN = "08007";
    private static final String NOT_APPLIED = "40001";
    private static final String WRONG_UPDATE_COUNT = "BANK1";
    private static final int ATTEMPTS = 1_000;
    // A dead server refuses within microseconds: without it the errors of a short outage go into the millions.
    private static final Duration AFTER_ERROR = Duration.ofMillis(5);

    private final int number;
    private final DataSource dataSource;
    private final BankOptions options;
    private final BankRun run;
    private final SplittableRandom random;

    // One entry per transfer that was begun: stamp of the last answer, latency, and what was told.
    private final LongSeries at = new LongSeries();
    private final LongSeries latency = new LongSeries();
    private final List<Told> told = new ArrayList<>();
    private final List<BankError> errors = new ArrayList<>();

    private long answeredAt;
    private volatile @Nullable Connection open;

    BankWorker(int number, DataSource dataSource, BankOptions options, BankRun run) {
        this.number = number;
        this.dataSource = dataSource;
        this.options = options;
        this.run = run;
        this.random = new SplittableRandom(options.seed() + number);
    }

    @Override
    public void run() {
        try {
            while (run.mayBeginTransfer()) {
                transfer();
                if (!options.thinkTime().isZero()) {
                    TimeUnit.NANOSECONDS.sleep(options.thinkTime().toNanos());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void transfer() throws InterruptedException {
        long id = transferId(told.size());
        Transfer transfer = Transfer.draw(random, options.accounts());
        long began = run.clock().now();
        Told result = Told.NOTHING;
        boolean everUnknown = false;
        try {
            for (int attempt = 1; result != Told.COMMITTED && attempt <= ATTEMPTS; attempt++) {
                answeredAt = -1;
                String failure = attempt(id, transfer);
                if (answeredAt < 0) {
                    answeredAt = run.clock().now();
                }
                result =
                        failure == null ? Told.COMMITTED : failure.equals(OUTCOME_UNKNOWN) ? Told.UNKNOWN : Told.FAILED;
                everUnknown |= result == Told.UNKNOWN;
                if (failure != null) {
                    TimeUnit.NANOSECONDS.sleep(AFTER_ERROR.toNanos());
                    if (!mayRetry(failure)) {
                        break;
                    }
                }
            }
        } finally {
            at.add(answeredAt);
            latency.add(answeredAt - began);
            told.add(result == Told.FAILED && everUnknown ? Told.UNKNOWN : result);
        }
    }

    private boolean mayRetry(String sqlState) {
        return switch (options.retry()) {
            case NEVER -> false;
            case ON_40001 -> sqlState.equals(NOT_APPLIED);
            case ON_ANY_ERROR -> true;
        };
    }

    /** Returns the SQLState of the failure, or null if the commit was acknowledged. */
    private @Nullable String attempt(long id, Transfer transfer) {
        Phase phase = Phase.BORROW;
        try (Connection connection = dataSource.getConnection()) {
            open = connection;
            connection.setAutoCommit(false);
            phase = Phase.WORK;
            try {
                apply(connection, id, transfer);
                phase = Phase.COMMIT;
                connection.commit();
            } catch (SQLException | RuntimeException | Error e) {
                rollbackAfter(e, connection);
                throw e;
            }
            answeredAt = run.clock().now();
            phase = Phase.CLOSE;
            run.countCommit(answeredAt);
        } catch (SQLException e) {
            String sqlState = e.getSQLState() == null ? "none" : e.getSQLState();
            record(phase, sqlState, e);
            return phase == Phase.CLOSE ? null : sqlState;
        } catch (RuntimeException | Error e) {
            // No driver may throw these; a worker that vanished without a word would hide it.
            record(phase, e.getClass().getName(), e);
            return phase == Phase.CLOSE ? null : e.getClass().getName();
        } finally {
            open = null;
        }
        return null;
    }

    private void apply(Connection connection, long id, Transfer transfer) throws SQLException {
        // In the order of the accounts: two transfers between the same two cannot deadlock.
        try (PreparedStatement update =
                connection.prepareStatement("UPDATE bank_account SET balance = balance + ? WHERE id = ?")) {
            boolean fromFirst = transfer.from() < transfer.to();
            change(
                    update,
                    fromFirst ? transfer.from() : transfer.to(),
                    fromFirst ? -transfer.amount() : transfer.amount());
            change(
                    update,
                    fromFirst ? transfer.to() : transfer.from(),
                    fromFirst ? transfer.amount() : -transfer.amount());
        }
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO bank_transfer (run_id, transfer_id, from_account, to_account, amount) VALUES (?, ?, ?, ?, ?)")) {
            insert.setLong(1, run.id());
            insert.setLong(2, id);
            insert.setInt(3, transfer.from());
            insert.setInt(4, transfer.to());
            insert.setLong(5, transfer.amount());
            requireOne(insert.executeUpdate());
        }
    }

    private static void change(PreparedStatement update, int account, long by) throws SQLException {
        update.setLong(1, by);
        update.setInt(2, account);
        requireOne(update.executeUpdate());
    }

    private static void requireOne(int updateCount) throws SQLException {
        if (updateCount != 1) {
            throw new SQLException(
                    "A statement of the transfer answered with update count %d instead of 1".formatted(updateCount),
                    WRONG_UPDATE_COUNT);
        }
    }

    private static void rollbackAfter(Throwable failure, Connection connection) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }

    private void record(Phase phase, String sqlState, Throwable e) {
        run.countError();
        for (int i = 0; i < errors.size(); i++) {
            if (errors.get(i).phase() == phase && errors.get(i).sqlState().equals(sqlState)) {
                errors.set(i, errors.get(i).oneMore());
                return;
            }
        }
        errors.add(new BankError(phase, sqlState, 1, String.valueOf(e.getMessage())));
    }

    /** Cuts the connection that the worker waits for. */
    void abort() {
        Connection connection = open;
        if (connection != null) {
            try {
                connection.abort(Runnable::run);
            } catch (SQLException e) {
                // It is reported as unfinished.
                return;
            }
        }
    }

    /** Ids are dense over all workers. */
    long transferId(int index) {
        return (long) index * options.workers() + number;
    }

    int number() {
        return number;
    }

    int begun() {
        return told.size();
    }

    Told told(int index) {
        return told.get(index);
    }

    long at(int index) {
        return at.get(index);
    }

    long latency(int index) {
        return latency.get(index);
    }

    List<BankError> errors() {
        return errors;
    }

    /** What one transfer moves. */
    private record Transfer(int from, int to, long amount) {

        static Transfer draw(SplittableRandom random, int accounts) {
            int from = random.nextInt(accounts);
            int to = (from + 1 + random.nextInt(accounts - 1)) % accounts;
            return new Transfer(from, to, 1 + random.nextInt(100));
        }
    }
}
