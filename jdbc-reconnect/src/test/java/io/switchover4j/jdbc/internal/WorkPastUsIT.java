package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.jdbc.ReplayOff;
import io.switchover4j.jdbc.UnitNotAppliedException;
import io.switchover4j.jdbc.UnitOutcomeUnknownException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.sql.Blob;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;
import org.postgresql.jdbc.PgStatement;

/**
 * What an application does on the physical connection without us, with something that it got in an earlier transaction: it must
 * not be lost with a commit that returns normally.
 */
final class WorkPastUsIT extends KilledSessions {

    private void assertCommitIsNotTakenForGranted() {
        assertThatThrownBy(connection::commit).isInstanceOf(UnitOutcomeUnknownException.class);
    }

    private Statement writable() throws SQLException {
        return connection.createStatement(
                ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE, ResultSet.HOLD_CURSORS_OVER_COMMIT);
    }

    private void copy(CopyManager manager, String text) throws SQLException, IOException {
        manager.copyIn("copy t (v) from stdin", new StringReader(text + "\n"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRowThatIsWrittenThroughTheResultOfAnEarlierTransaction(boolean insertsToo) throws SQLException {
        admin("insert into t (v) values ('old')");
        try (Statement statement = writable();
                ResultSet row = statement.executeQuery("select id, v from t")) {
            row.next();
            connection.commit();
            row.updateString("v", "new");
            row.updateRow();
            assertThat(connection.isUnitOpen()).isTrue();
            if (insertsToo) {
                update("insert into t (v) values ('x')");
            }
            kill();
            assertThatThrownBy(() -> update("insert into t (v) values ('y')")).hasMessageContaining("not applied");
            connection.rollback();
        }
        assertThat(values()).containsExactly("old");
    }

    @Test
    void aRowThatIsWrittenThroughTheResultOfAnEarlierTransactionAndNothingElse() throws SQLException {
        admin("insert into t (v) values ('old')");
        try (Statement statement = writable();
                ResultSet row = statement.executeQuery("select id, v from t")) {
            row.next();
            connection.commit();
            row.updateString("v", "new");
            row.updateRow();
            connection.commit();
            assertThat(values()).containsExactly("new");
            row.updateString("v", "lost");
            row.updateRow();
            kill();
            assertCommitIsNotTakenForGranted();
        }
        assertThat(values()).containsExactly("new");
    }

    @Test
    void whatWasUnwrappedInAnEarlierTransactionKeepsReplayOff() throws Exception {
        CopyManager manager = connection.unwrap(PGConnection.class).getCopyAPI();
        copy(manager, "first");
        connection.commit();
        update("insert into t (v) values ('second')");
        copy(manager, "third");
        kill();
        assertThatThrownBy(() -> update("insert into t (v) values ('fourth')"))
                .isInstanceOf(UnitNotAppliedException.class);
        connection.rollback();
        assertThat(counters.snapshot().refused()).containsKey(ReplayOff.UNWRAPPED);
        assertThat(values()).containsExactly("first");

        update("insert into t (v) values ('fifth')");
        kill();
        update("insert into t (v) values ('sixth')");
        connection.commit();
        assertThat(values()).containsExactly("first", "fifth", "sixth");
    }

    @Test
    void aStatementOfTheDriversBelongsToTheTransaction() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.unwrap(PgStatement.class).executeUpdate("insert into t (v) values ('past us')");
            kill();
            assertCommitIsNotTakenForGranted();
        }
        assertThat(values()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aLargeObjectOfAnEarlierTransaction(boolean insertsToo) throws SQLException {
        long oid = number("select lo_from_bytea(0, 'abcdef')");
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select '" + oid + "'::oid")) {
            row.next();
            Blob blob = row.getBlob(1);
            connection.commit();
            if (insertsToo) {
                update("insert into t (v) values ('x')");
            }
            blob.setBytes(1, "XYZ".getBytes(StandardCharsets.US_ASCII));
            kill();
            if (insertsToo) {
                assertThatThrownBy(() -> update("insert into t (v) values ('y')"))
                        .hasMessageContaining("not applied");
                connection.rollback();
            } else {
                assertCommitIsNotTakenForGranted();
            }
        }
        assertThat(values()).isEmpty();
    }

    @Test
    void aRollbackAfterALossAlsoTakesBackWhatBeganSince() throws Exception {
        update("select lo_creat(-1)");
        kill();
        assertThatThrownBy(() -> update("insert into t (v) values ('x')")).hasMessageContaining("not applied");
        copy(connection.unwrap(PGConnection.class).getCopyAPI(), "rolled back");
        connection.rollback();
        update("insert into t (v) values ('after')");
        connection.commit();
        assertThat(values()).containsExactly("after");
    }

    @Test
    void autocommitAfterALossAlsoTakesBackWhatBeganSince() throws Exception {
        update("select lo_creat(-1)");
        kill();
        assertThatThrownBy(() -> update("insert into t (v) values ('x')")).hasMessageContaining("not applied");
        copy(connection.unwrap(PGConnection.class).getCopyAPI(), "rolled back");
        connection.setAutoCommit(true);
        assertThat(values()).isEmpty();
    }

    @Test
    void aSnapshotThatBeganAfterALossEndsWithTheRollback() throws SQLException {
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        update("select lo_creat(-1)");
        kill();
        assertThatThrownBy(() -> update("insert into t (v) values ('x')")).hasMessageContaining("not applied");
        connection.getMetaData().getTables(null, null, "x", null).close();
        connection.rollback();
        admin("insert into t (v) values ('seen')");
        assertThat(text("select max(v) from t")).isEqualTo("seen");
    }
}
