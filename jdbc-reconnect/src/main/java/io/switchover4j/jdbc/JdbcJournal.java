package io.switchover4j.jdbc;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.switchover4j.TimeSource;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.SwitchoverJournal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A journal in a table of any database, for processes that share it. A record is committed before {@link #append} returns.
 * Thread-safe; each call borrows a connection for its length.
 *
 * <pre>{@code
 * JdbcJournal journal = JdbcJournal.builder(operationsDatabase).createTable().build();
 * }</pre>
 *
 * <p><b>Never in the database that is switched</b>, nor on the same server: while no node of it takes writes nothing can be
 * appended, and what was appended on the old primary may be missing on the new one. The {@code DataSource} must not be a
 * participant of the switchover either: its connections would wait for the end of the switchover that waits for them.
 *
 * <p>When two processes append to one switchover, the second one fails: both would write the record with the same number. The
 * records last as long as a commit lasts in that database: on PostgreSQL leave {@code synchronous_commit} on. The table uses
 * plain SQL: VARCHAR, BIGINT, INTEGER, a primary key and an index; the tests run it on PostgreSQL.
 */
public final class JdbcJournal implements SwitchoverJournal {

    private static final Logger log = LoggerFactory.getLogger(JdbcJournal.class);
    private static final String DEFAULT_TABLE = "switchover4j_journal";
    private static final Duration LONGEST_HISTORY = Duration.ofDays(36_500);
    private static final Duration BETWEEN_FORGETTING = Duration.ofDays(1);
    private static final int ATTEMPTS = 5;

    private final DataSource dataSource;
    private final JournalTable table;
    private final Duration history;
    private final int timeoutSeconds;
    private final TimeSource time;

    /** Tells our own records, of which we do not know whether they are kept, from those of others. */
    private final String writer = UUID.randomUUID().toString();

    private final ReentrantLock lock = new ReentrantLock();

    /** Operations whose newest append ended without an answer, and its sequence. */
    @GuardedBy("lock")
    private final Map<Key, Long> doubtful = new HashMap<>();

    @GuardedBy("lock")
    private Instant forgotten = Instant.EPOCH;

    @GuardedBy("lock")
    private boolean closed;

    private JdbcJournal(Builder builder, JournalTable table) {
        this.dataSource = builder.dataSource;
        this.table = table;
        this.history = builder.history;
        this.timeoutSeconds = builder.timeoutSeconds;
        this.time = builder.timeSource;
    }

    public static Builder builder(DataSource dataSource) {
        return new Builder(requireNonNull(dataSource, "dataSource"));
    }

    /**
     * {@inheritDoc}
     *
     * <p>Blocks for as long as the database takes, at most the time-out for each statement, and as long as the {@code DataSource}
     * takes to hand out a connection. After an exception the record may be kept; a later record with its number replaces it then.
     */
    @Override
    public void append(JournalRecord record) {
        Key key = new Key(record.instanceId(), record.operationId());
        String instanceId = requireShort("instance id", record.instanceId(), record);
        String operationId = requireShort("operation id", record.operationId(), record);
        boolean replaces;
        lock.lock();
        try {
            if (closed) {
                throw new JournalException(notKept(record) + ": it is closed", null);
            }
            Long inDoubt = doubtful.get(key);
            replaces = inDoubt != null && inDoubt == record.sequence();
        } finally {
            lock.unlock();
        }
        try {
            transaction(connection -> {
                if (replaces) {
                    deleteOwn(connection, instanceId, operationId, record.sequence());
                }
                requireNext(connection, instanceId, operationId, record);
                insert(connection, instanceId, operationId, record);
                return true;
            });
        } catch (SQLException e) {
            if (isDuplicate(e)) {
                throw new JournalException(
                        "%s: the switchover has the record %d already. Somebody else works on it"
                                .formatted(notKept(record), record.sequence()),
                        e);
            }
            doubt(key, record.sequence());
            throw new JournalException(
                    "%s, or may have kept it: %s. The next append tries anew".formatted(notKept(record), words(e)), e);
        }
        settled(key);
        if (record.kind() == JournalRecord.Kind.ENDED) {
            forgetOldOnceADay();
        }
    }

    private void doubt(Key key, long sequence) {
        lock.lock();
        try {
            doubtful.put(key, sequence);
        } finally {
            lock.unlock();
        }
    }

    private void settled(Key key) {
        lock.lock();
        try {
            doubtful.remove(key);
        } finally {
            lock.unlock();
        }
    }

    private void deleteOwn(Connection connection, String instanceId, String operationId, long sequence)
            throws SQLException {
        try (PreparedStatement delete = prepare(connection, table.deleteOwn())) {
            delete.setString(1, instanceId);
            delete.setString(2, operationId);
            delete.setLong(3, sequence);
            delete.setString(4, writer);
            delete.executeUpdate();
        }
    }

    private void requireNext(Connection connection, String instanceId, String operationId, JournalRecord record)
            throws SQLException {
        try (PreparedStatement select = prepare(connection, table.newestSequence())) {
            select.setString(1, instanceId);
            select.setString(2, operationId);
            try (ResultSet row = select.executeQuery()) {
                long newest = row.next() ? row.getLong(1) : 0;
                if (!row.wasNull() && newest >= record.sequence()) {
                    throw new JournalException(
                            "%s: it has the number %d, and the switchover has the record %d already. Somebody else works on it"
                                    .formatted(notKept(record), record.sequence(), newest),
                            null);
                }
            }
        }
    }

    private void insert(Connection connection, String instanceId, String operationId, JournalRecord record)
            throws SQLException {
        long appendNumber;
        try (PreparedStatement select = prepare(connection, table.newestAppend());
                ResultSet row = select.executeQuery()) {
            appendNumber = row.next() ? row.getLong(1) + 1 : 1;
        }
        try (PreparedStatement insert = prepare(connection, table.insert())) {
            int part = 0;
            for (String piece : JournalText.pieces(record)) {
                insert.setString(1, instanceId);
                insert.setString(2, operationId);
                insert.setLong(3, record.sequence());
                insert.setInt(4, part++);
                insert.setLong(5, appendNumber);
                insert.setString(6, record.at().toString());
                insert.setString(7, record.kind().name());
                insert.setString(8, record.phase().name());
                insert.setString(9, writer);
                insert.setString(10, piece);
                insert.executeUpdate();
            }
        }
    }

    @Override
    public List<JournalRecord> read(String instanceId) {
        requireNonNull(instanceId, "instanceId");
        List<JournalRecord> records = select(table.read(), JournalText.escape(instanceId));
        // A collation may take other ids for this one.
        return records.stream()
                .filter(record -> record.instanceId().equals(instanceId))
                .toList();
    }

    @Override
    public List<List<JournalRecord>> unfinished() {
        Map<Key, List<JournalRecord>> operations = new LinkedHashMap<>();
        for (JournalRecord record : select(table.unfinished(), null)) {
            operations
                    .computeIfAbsent(new Key(record.instanceId(), record.operationId()), key -> new ArrayList<>())
                    .add(record);
        }
        return operations.values().stream().map(List::copyOf).toList();
    }

    private List<JournalRecord> select(String sql, @Nullable String parameter) {
        try {
            return transaction(connection -> {
                try (PreparedStatement select = prepare(connection, sql)) {
                    if (parameter != null) {
                        select.setString(1, parameter);
                    }
                    try (ResultSet rows = select.executeQuery()) {
                        return records(rows);
                    }
                }
            });
        } catch (SQLException e) {
            throw new JournalException("The journal '%s' cannot be read: %s".formatted(table.name(), words(e)), e);
        }
    }

    private List<JournalRecord> records(ResultSet rows) throws SQLException {
        List<JournalRecord> records = new ArrayList<>();
        StringBuilder content = new StringBuilder();
        boolean more = rows.next();
        while (more) {
            String instanceId = rows.getString(1);
            String operationId = rows.getString(2);
            long sequence = rows.getLong(3);
            String at = rows.getString(6);
            String kind = rows.getString(7);
            String phase = rows.getString(8);
            content.setLength(0);
            do {
                content.append(rows.getString(10));
                more = rows.next();
            } while (more && rows.getInt(4) > 0);
            try {
                records.add(JournalText.record(instanceId, operationId, sequence, at, kind, phase, content.toString()));
            } catch (RuntimeException e) {
                throw new JournalException(
                        "The journal '%s' holds as record %d of switchover %s of '%s' (%s in %s) what this switchover4j does not understand: %s. Nothing was changed, and nothing is skipped"
                                .formatted(
                                        table.name(), sequence, operationId, instanceId, kind, phase, e.getMessage()),
                        e);
            }
        }
        return records;
    }

    /** What ended before the history to keep goes, but for the newest of each instance. A failure costs space alone. */
    private void forgetOldOnceADay() {
        Instant now = time.instant();
        lock.lock();
        try {
            if (now.isBefore(forgotten.plus(BETWEEN_FORGETTING))) {
                return;
            }
            forgotten = now;
        } finally {
            lock.unlock();
        }
        Instant cutoff = now.minus(history);
        try {
            int count = transaction(connection -> forget(connection, cutoff));
            if (count > 0) {
                log.info(
                        "The journal '{}' has dropped {} switchovers that ended before {}",
                        table.name(),
                        count,
                        cutoff);
            }
        } catch (SQLException | RuntimeException e) {
            log.warn(
                    "The journal '{}' could not drop what ended before {}; it keeps everything until tomorrow",
                    table.name(),
                    cutoff,
                    e);
        }
    }

    private int forget(Connection connection, Instant cutoff) throws SQLException {
        List<String[]> old = new ArrayList<>();
        try (PreparedStatement select = prepare(connection, table.ends());
                ResultSet rows = select.executeQuery()) {
            Set<List<String>> seen = new HashSet<>();
            while (rows.next()) {
                // Switchovers have no subject here, other operations their own.
                String subject = rows.getString(4).split("[\n;]", 2)[0];
                boolean newest = seen.add(List.of(rows.getString(1), subject));
                if (!newest && Instant.parse(rows.getString(3)).isBefore(cutoff)) {
                    old.add(new String[] {rows.getString(1), rows.getString(2)});
                }
            }
        }
        try (PreparedStatement delete = prepare(connection, table.deleteOperation())) {
            for (String[] operation : old) {
                delete.setString(1, operation[0]);
                delete.setString(2, operation[1]);
                delete.executeUpdate();
            }
        }
        return old.size();
    }

    @Override
    public boolean isDurable() {
        return true;
    }

    /** Later appends throw; reads go on. Does not close the {@code DataSource}. Idempotent. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String toString() {
        return "journal in table '%s'".formatted(table.name());
    }

    private interface Work<T> {
        T in(Connection connection) throws SQLException;
    }

    /** Runs at READ COMMITTED; what the database rolled back for the sake of others runs again. */
    private <T> T transaction(Work<T> work) throws SQLException {
        // Pools refuse an interrupted thread.
        boolean interrupted = Thread.interrupted();
        try {
            for (int attempt = 1; ; attempt++) {
                try (Connection connection = dataSource.getConnection()) {
                    return inTransaction(connection, work);
                } catch (SQLException e) {
                    if (attempt == ATTEMPTS || !isRolledBackForOthers(e)) {
                        throw e;
                    }
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static <T> T inTransaction(Connection connection, Work<T> work) throws SQLException {
        boolean autoCommit = connection.getAutoCommit();
        int isolation = connection.getTransactionIsolation();
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        connection.setAutoCommit(false);
        try {
            T result = work.in(connection);
            connection.commit();
            return result;
        } catch (SQLException | RuntimeException | Error e) {
            try {
                connection.rollback();
            } catch (SQLException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        } finally {
            restore(connection, autoCommit, isolation);
        }
    }

    /** A connection that cannot be restored is broken: its pool finds out; the outcome of the work stays what it is. */
    private static void restore(Connection connection, boolean autoCommit, int isolation) {
        try {
            connection.setAutoCommit(autoCommit);
            connection.setTransactionIsolation(isolation);
        } catch (SQLException e) {
            log.debug("A connection of the journal could not be restored", e);
        }
    }

    private PreparedStatement prepare(Connection connection, String sql) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        try {
            statement.setQueryTimeout(timeoutSeconds);
            return statement;
        } catch (SQLException | RuntimeException e) {
            statement.close();
            throw e;
        }
    }

    private static boolean isDuplicate(SQLException e) {
        return e.getSQLState() != null && e.getSQLState().startsWith("23");
    }

    private static boolean isRolledBackForOthers(SQLException e) {
        return e.getSQLState() != null && e.getSQLState().startsWith("40");
    }

    private String requireShort(String what, String id, JournalRecord record) {
        String escaped = JournalText.escape(id);
        if (escaped.length() > JournalTable.MAX_ID) {
            throw new JournalException(
                    "%s: the %s has %d characters in the form in which it is kept; %d is the most"
                            .formatted(notKept(record), what, escaped.length(), JournalTable.MAX_ID),
                    null);
        }
        return escaped;
    }

    private String notKept(JournalRecord record) {
        return "The journal '%s' does not keep the record %s of switchover %s of '%s'"
                .formatted(table.name(), record.kind(), record.operationId(), record.instanceId());
    }

    private static String words(SQLException e) {
        return "%s (SQLState %s)".formatted(e.getMessage(), e.getSQLState());
    }

    private record Key(String instanceId, String operationId) {}

    /** Collects the options of a {@link JdbcJournal}. Not thread-safe. */
    public static final class Builder {

        private final DataSource dataSource;
        private String table = DEFAULT_TABLE;
        private Duration history = Duration.ofDays(365);
        private int timeoutSeconds = 10;
        private TimeSource timeSource = TimeSource.system();
        private boolean createTable;

        private Builder(DataSource dataSource) {
            this.dataSource = dataSource;
        }

        /**
         * The table, with or without its schema. Default: {@code switchover4j_journal}.
         *
         * @throws IllegalArgumentException if it is not made of letters, digits and underscores
         */
        @CanIgnoreReturnValue
        public Builder table(String table) {
            this.table = JournalTable.requireName(table);
            return this;
        }

        /** Creates the table where it is missing. Default: a missing table is an error that shows how to create it. */
        @CanIgnoreReturnValue
        public Builder createTable() {
            this.createTable = true;
            return this;
        }

        /**
         * How long what has ended is kept at least. Default: 365 days. The newest switchover of an instance, and what has not
         * ended, is kept however old it is.
         *
         * @throws IllegalArgumentException if it is negative, or longer than 36,500 days
         */
        @CanIgnoreReturnValue
        public Builder keepHistory(Duration history) {
            requireNonNull(history, "history");
            if (history.isNegative() || history.compareTo(LONGEST_HISTORY) > 0) {
                throw new IllegalArgumentException(
                        "keepHistory is %s; it must be from 0 to 36500 days, e.g. Duration.ofDays(365)"
                                .formatted(history));
            }
            this.history = history;
            return this;
        }

        /**
         * How long one statement may take. Default: 10 s.
         *
         * @throws IllegalArgumentException if it is shorter than 1 s or longer than an hour
         */
        @CanIgnoreReturnValue
        public Builder statementTimeout(Duration timeout) {
            requireNonNull(timeout, "timeout");
            if (timeout.compareTo(Duration.ofSeconds(1)) < 0 || timeout.compareTo(Duration.ofHours(1)) > 0) {
                throw new IllegalArgumentException(
                        "statementTimeout is %s; it must be from 1 s to 1 h".formatted(timeout));
            }
            this.timeoutSeconds = (int) timeout.toSeconds();
            return this;
        }

        /** Tells how long ago a switchover ended. Default: the clock of the machine. */
        @CanIgnoreReturnValue
        public Builder timeSource(TimeSource timeSource) {
            this.timeSource = requireNonNull(timeSource, "timeSource");
            return this;
        }

        /**
         * The statements that {@link #createTable} runs, to be reviewed, or run by somebody who may. Asks the database how it
         * quotes names, and nothing else.
         *
         * @throws JournalException if the database does not answer
         */
        public List<String> ddl() {
            try (Connection connection = dataSource.getConnection()) {
                return journalTable(connection).ddl();
            } catch (SQLException e) {
                throw new JournalException("The database of the journal does not answer: %s".formatted(words(e)), e);
            }
        }

        /**
         * Opens the journal, and looks whether its table is as it should be.
         *
         * @throws JournalException if the database does not answer, or the table is missing or is not as it should be
         */
        public JdbcJournal build() {
            if (dataSource instanceof ReconnectingDataSource) {
                log.warn(
                        "The journal '{}' is kept through a ReconnectingDataSource. If that is the one that is switched, no record can be appended while it is held, and every switchover fails",
                        table);
            }
            try (Connection connection = dataSource.getConnection()) {
                JournalTable journalTable = journalTable(connection);
                requireTable(connection, journalTable);
                return new JdbcJournal(this, journalTable);
            } catch (SQLException e) {
                throw new JournalException("The database of the journal does not answer: %s".formatted(words(e)), e);
            }
        }

        private JournalTable journalTable(Connection connection) throws SQLException {
            return new JournalTable(table, connection.getMetaData().getIdentifierQuoteString());
        }

        private void requireTable(Connection connection, JournalTable journalTable) throws SQLException {
            if (!connection.getAutoCommit()) {
                connection.setAutoCommit(true);
            }
            try {
                run(connection, journalTable.probe());
                return;
            } catch (SQLException missing) {
                if (!createTable) {
                    throw missing(journalTable, missing);
                }
            }
            try {
                for (String statement : journalTable.ddl()) {
                    run(connection, statement);
                }
            } catch (SQLException failure) {
                // Somebody else may have been faster.
                try {
                    run(connection, journalTable.probe());
                } catch (SQLException missing) {
                    missing.addSuppressed(failure);
                    throw missing(journalTable, missing);
                }
            }
        }

        private static JournalException missing(JournalTable journalTable, SQLException e) {
            return new JournalException(
                    "The table '%s' of the journal cannot be used: %s. Call createTable(), or have it made by: %s"
                            .formatted(journalTable.name(), words(e), String.join("; ", journalTable.ddl())),
                    e);
        }

        private static void run(Connection connection, String sql) throws SQLException {
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
            }
        }
    }
}
