package io.switchover4j.jdbc;

import static java.util.Objects.requireNonNull;

import io.switchover4j.jdbc.internal.Engine.LedgerSettings;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Consumer;
import javax.sql.DataSource;

/**
 * A small table that tells, after the answer to a COMMIT was lost, whether it was committed. Immutable.
 *
 * <p>Each transaction that wrote or notified marks a row of it in the round trip of its COMMIT. After a lost answer that row is
 * <em>settled</em> on the primary: either the mark is there, or the row is closed, so that a COMMIT that arrives late fails.
 * Supported on PostgreSQL 14 and newer.
 *
 * <pre>{@code
 * CommitLedger ledger = CommitLedger.table("app.switchover4j_commit");
 * ledger.createTable(admin);                               // once; or print ledger.ddl("PostgreSQL") for review
 * ReconnectingDataSource.builder().commitLedger(ledger)...
 * }</pre>
 *
 * <p>The table and its functions belong to who creates them. The application needs USAGE on the schema and EXECUTE on the
 * functions, which PostgreSQL grants to everybody, and no right on the table.
 *
 * <p>The mark goes along with {@code commit()} and {@code setAutoCommit(true)}. A transaction that SQL text began or ended has none.
 */
public final class CommitLedger {

    private final LedgerSettings settings;

    private CommitLedger(LedgerSettings settings) {
        this.settings = settings;
    }

    /**
     * The ledger in this table.
     *
     * @param name lower-case letters, digits and underscores, at most 48, with an optional schema before a dot; the schema is
     *     {@code public} if none is given, whatever the search path of a session is
     * @throws IllegalArgumentException if it is another name
     */
    public static CommitLedger table(String name) {
        return new CommitLedger(new LedgerSettings(requireNonNull(name, "name"), 200, Duration.ofDays(1), lost -> {}));
    }

    /**
     * After how many commits a slot gives way to a fresh one; default 200. Under an old snapshot the versions of a row pile
     * up, and each commit has to pass them.
     */
    public CommitLedger commitsPerSlot(int commits) {
        if (commits < 1) {
            throw new IllegalArgumentException("commitsPerSlot is %d; it must be positive".formatted(commits));
        }
        return new CommitLedger(
                new LedgerSettings(settings.table(), commits, settings.retention(), settings.listener()));
    }

    /**
     * How old a slot must be to be deleted by any process, because its owner has died; default a day, at least an hour. Nobody
     * uses a slot that is older than half of it. A commit whose answer was lost longer ago stays unknown.
     */
    public CommitLedger retention(Duration age) {
        if (requireNonNull(age, "age").compareTo(Duration.ofHours(1)) < 0) {
            throw new IllegalArgumentException("retention is %s; it must be at least 1 h".formatted(age));
        }
        return new CommitLedger(
                new LedgerSettings(settings.table(), settings.commitsPerSlot(), age, settings.listener()));
    }

    /**
     * Is told of commits that were acknowledged and that a new primary does not have. It is called on the application's thread
     * that noticed; what it throws is logged. There is an ERROR in the log in any case.
     */
    public CommitLedger onLostCommits(Consumer<LostCommits> listener) {
        return new CommitLedger(new LedgerSettings(
                settings.table(),
                settings.commitsPerSlot(),
                settings.retention(),
                requireNonNull(listener, "listener")));
    }

    /**
     * The statements that create the table and its functions, for review.
     *
     * @param databaseProduct as {@link java.sql.DatabaseMetaData#getDatabaseProductName} says it: {@code PostgreSQL}
     * @throws IllegalArgumentException if there is no ledger for that database
     */
    public String ddl(String databaseProduct) {
        return settings.ddl(requireNonNull(databaseProduct, "databaseProduct"));
    }

    /**
     * Creates the table and its functions, in one transaction; nothing happens where they are there. Several processes may do
     * so at once.
     *
     * @param admin connections to the primary that may create in the schema
     * @throws SQLException as the database said it; nothing was created
     */
    public void createTable(DataSource admin) throws SQLException {
        settings.create(requireNonNull(admin, "admin"));
    }

    LedgerSettings settings() {
        return settings;
    }

    @Override
    public String toString() {
        return "CommitLedger " + settings.table();
    }
}
