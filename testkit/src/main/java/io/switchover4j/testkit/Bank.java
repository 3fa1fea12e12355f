package io.switchover4j.testkit;

import static java.util.Objects.requireNonNull;

import io.switchover4j.TimeSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import javax.sql.DataSource;

/**
 * A workload that judges: concurrent transfers between accounts, and afterwards the comparison of what each client was told
 * with what the database kept. It finds commits that were lost, work that was applied twice, and work that was applied
 * though it was reported as failed. Immutable; each {@link #start()} is a run of its own.
 *
 * <pre>{@code
 * Bank bank = Bank.builder(applicationDataSource).workers(8).build();
 * bank.createSchema(primaryDataSource);
 * BankRun run = bank.start();
 * // switch the primary here
 * BankReport report = run.reconcile(newPrimaryDataSource);
 * }</pre>
 *
 * <p>A transfer is one transaction on a connection of its own: two updates and one row in {@code bank_transfer}. That table
 * has no unique key, on purpose: work that is applied twice must succeed to be seen. The SQL is portable.
 */
public final class Bank {

    private final DataSource dataSource;
    private final BankOptions options;

    private Bank(DataSource dataSource, BankOptions options) {
        this.dataSource = dataSource;
        this.options = options;
    }

    /** A bank whose workers use {@code dataSource}: what is to be judged. */
    public static Builder builder(DataSource dataSource) {
        return new Builder(dataSource);
    }

    /** Drops and creates the tables {@code bank_account} and {@code bank_transfer} and opens the accounts. */
    public void createSchema(DataSource admin) throws SQLException {
        try (Connection connection = admin.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS bank_transfer");
            statement.execute("DROP TABLE IF EXISTS bank_account");
            statement.execute("CREATE TABLE bank_account (id INTEGER NOT NULL PRIMARY KEY, balance BIGINT NOT NULL)");
            statement.execute("CREATE TABLE bank_transfer (run_id BIGINT NOT NULL, transfer_id BIGINT NOT NULL,"
                    + " from_account INTEGER NOT NULL, to_account INTEGER NOT NULL, amount BIGINT NOT NULL)");
            connection.setAutoCommit(false);
            try (PreparedStatement open = connection.prepareStatement("INSERT INTO bank_account VALUES (?, ?)")) {
                for (int account = 0; account < options.accounts(); account++) {
                    open.setInt(1, account);
                    open.setLong(2, options.initialBalance());
                    open.addBatch();
                }
                open.executeBatch();
            }
            connection.commit();
        }
    }

    /** Starts the workers. End the run with {@link BankRun#reconcile} or {@link BankRun#stop}. */
    public BankRun start() {
        BankRun run = new BankRun(dataSource, options, TimeSource.system());
        run.start();
        return run;
    }

    /** What a worker does with a transfer that failed. */
    public enum Retry {
        /** Goes on with the next one. */
        NEVER,
        /** Does it again after SQLState 40001, which says with certainty that nothing was applied. */
        ON_40001,
        /** Does it again after any error, as many applications do; may apply work twice, and the report says so. */
        ON_ANY_ERROR
    }

    /** What a bank shall be; the defaults stand at each method. Confined to one thread. */
    public static final class Builder {

        private final DataSource dataSource;
        private int accounts = 100;
        private int workers = 8;
        private long initialBalance = 1_000;
        private long seed = ThreadLocalRandom.current().nextLong();
        private Retry retry = Retry.NEVER;
        private Duration duration = Duration.ofHours(1);
        private long transfers = 100_000_000;
        private Duration thinkTime = Duration.ZERO;
        private Duration stopTimeout = Duration.ofSeconds(30);

        private Builder(DataSource dataSource) {
            this.dataSource = requireNonNull(dataSource, "dataSource");
        }

        /** How many accounts there are; 100, at least 2. Fewer mean more waiting for row locks. */
        public Builder accounts(int value) {
            accounts = atLeast(2, value, "accounts");
            return this;
        }

        /** How many threads transfer at the same time; 8. */
        public Builder workers(int value) {
            workers = atLeast(1, value, "workers");
            return this;
        }

        /** What each account holds at first; 1000. */
        public Builder initialBalance(long value) {
            initialBalance = value;
            return this;
        }

        /** The seed of all random choices; random, and part of the report. */
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /** What becomes of a transfer that failed; {@link Retry#NEVER}. */
        public Builder retry(Retry value) {
            retry = requireNonNull(value, "retry");
            return this;
        }

        /** {@link #retry} with {@link Retry#ON_40001}. */
        public Builder retryOn40001() {
            return retry(Retry.ON_40001);
        }

        /** After which time the run ends by itself; one hour. */
        public Builder duration(Duration value) {
            duration = requireNonNull(value, "duration");
            return this;
        }

        /** After how many transfers, over all workers, the run ends by itself; 100 million. */
        public Builder transfers(long value) {
            transfers = Math.max(1, value);
            return this;
        }

        /** How long a worker waits between two transfers; not at all. */
        public Builder thinkTime(Duration value) {
            thinkTime = requireNonNull(value, "thinkTime");
            return this;
        }

        /** How long the transfers that are open when the run is stopped may take; 30 s. */
        public Builder stopTimeout(Duration value) {
            stopTimeout = requireNonNull(value, "stopTimeout");
            return this;
        }

        public Bank build() {
            return new Bank(
                    dataSource,
                    new BankOptions(
                            accounts,
                            workers,
                            initialBalance,
                            seed,
                            retry,
                            duration,
                            transfers,
                            thinkTime,
                            stopTimeout));
        }

        private static int atLeast(int minimum, int value, String name) {
            if (value < minimum) {
                throw new IllegalArgumentException("%s is %d; it must be at least %d".formatted(name, value, minimum));
            }
            return value;
        }
    }
}
