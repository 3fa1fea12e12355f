package io.switchover4j.testkit;

import static java.util.Objects.requireNonNull;

import io.switchover4j.testkit.BankReport.Finding;
import io.switchover4j.testkit.BankWorker.Told;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/** Compares what the workers of a run were told with what the database kept. Confined to one thread. */
final class BankJudge {

    private static final int ROWS_AT_ONCE = 10_000;
    private static final int EXAMPLES = 10;

    private final BankRun run;
    private final BankOptions options;
    private final Map<Integer, BankWorker> ended = new LinkedHashMap<>();
    // How many rows each transfer has, by worker and by the worker's own count.
    private final Map<Integer, byte[]> rows = new LinkedHashMap<>();
    private final long[] expectedBalances;
    private final List<Long> neverBegun = new ArrayList<>();
    private final List<String> balanceProblems = new ArrayList<>();

    private BankJudge(BankRun run, BankOptions options) {
        this.run = run;
        this.options = options;
        this.expectedBalances = new long[options.accounts()];
        Arrays.fill(expectedBalances, options.initialBalance());
        run.endedWorkers().forEach(worker -> {
            ended.put(worker.number(), worker);
            rows.put(worker.number(), new byte[worker.begun()]);
        });
    }

    static BankReport judge(BankRun run, BankOptions options, DataSource truth) throws SQLException {
        BankJudge judge = new BankJudge(run, options);
        try (Connection connection = truth.getConnection()) {
            // Transfers and balances as of one moment: a late transaction may still come in.
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            connection.setAutoCommit(false);
            judge.readTransfers(connection);
            judge.checkBalances(connection);
            connection.rollback();
        }
        return judge.report();
    }

    private void readTransfers(Connection connection) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(
                "SELECT run_id, transfer_id, from_account, to_account, amount FROM bank_transfer")) {
            query.setFetchSize(ROWS_AT_ONCE);
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    book(row.getInt(3), -row.getLong(5));
                    book(row.getInt(4), row.getLong(5));
                    if (row.getLong(1) == run.id()) {
                        countRow(row.getLong(2));
                    }
                }
            }
        }
    }

    private void book(int account, long amount) {
        if (account >= 0 && account < expectedBalances.length) {
            expectedBalances[account] += amount;
        } else {
            balanceProblems.add("a transfer names account %d, which was never opened".formatted(account));
        }
    }

    private void countRow(long id) {
        byte[] counts = rows.get((int) (id % options.workers()));
        if (counts == null) {
            // Of a worker that has not ended.
            return;
        }
        long index = id / options.workers();
        if (index < counts.length) {
            counts[(int) index] = (byte) Math.min(Byte.MAX_VALUE, counts[(int) index] + 1);
        } else {
            neverBegun.add(id);
        }
    }

    private void checkBalances(Connection connection) throws SQLException {
        int accounts = 0;
        long sum = 0;
        try (PreparedStatement query = connection.prepareStatement("SELECT id, balance FROM bank_account");
                ResultSet row = query.executeQuery()) {
            while (row.next()) {
                accounts++;
                sum += row.getLong(2);
                int account = row.getInt(1);
                if (account < expectedBalances.length && row.getLong(2) != expectedBalances[account]) {
                    balanceProblems.add("account %d holds %d, its transfers add up to %d"
                            .formatted(account, row.getLong(2), expectedBalances[account]));
                }
            }
        }
        if (accounts != options.accounts()) {
            balanceProblems.add("there are %d accounts, not %d".formatted(accounts, options.accounts()));
        }
        long expected = options.initialBalance() * options.accounts();
        if (sum != expected) {
            balanceProblems.add("all accounts together hold %d, not %d".formatted(sum, expected));
        }
    }

    private BankReport report() {
        List<Long> lost = new ArrayList<>();
        List<Long> appliedTwice = new ArrayList<>();
        List<Long> appliedThoughFailed = new ArrayList<>(neverBegun);
        LongSeries at = new LongSeries();
        LongSeries latency = new LongSeries();
        long failed = 0;
        long unknown = 0;
        long unknownApplied = 0;
        for (BankWorker worker : ended.values()) {
            byte[] counts = requireNonNull(rows.get(worker.number()));
            for (int i = 0; i < counts.length; i++) {
                long id = worker.transferId(i);
                Told told = worker.told(i);
                if (counts[i] > 1) {
                    appliedTwice.add(id);
                }
                if (told == Told.COMMITTED) {
                    at.add(worker.at(i));
                    latency.add(worker.latency(i));
                    if (counts[i] == 0) {
                        lost.add(id);
                    }
                } else if (told == Told.UNKNOWN) {
                    unknown++;
                    unknownApplied += counts[i] > 0 ? 1 : 0;
                } else {
                    failed++;
                    if (counts[i] > 0) {
                        appliedThoughFailed.add(id);
                    }
                }
            }
        }
        return new BankReport(
                options.seed(),
                at.size(),
                failed,
                new BankReport.Unknown(unknown, unknownApplied),
                finding(lost),
                finding(appliedTwice),
                finding(appliedThoughFailed),
                errors(),
                balanceProblems.stream().limit(EXAMPLES).toList(),
                options.workers() - ended.size(),
                new CommitSeries(run.clock(), run.stoppedAtNanos(), at.toArray(), latency.toArray()));
    }

    private static Finding finding(List<Long> ids) {
        return new Finding(ids.size(), ids.stream().limit(EXAMPLES).toList());
    }

    private List<BankError> errors() {
        Map<String, BankError> merged = new LinkedHashMap<>();
        ended.values().stream()
                .flatMap(worker -> worker.errors().stream())
                .forEach(error -> merged.merge(
                        error.phase() + error.sqlState(),
                        error,
                        (left, right) -> new BankError(
                                left.phase(), left.sqlState(), left.count() + right.count(), left.example())));
        return List.copyOf(merged.values());
    }
}
