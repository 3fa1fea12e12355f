package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.jdbc.ReplayControl;
import io.switchover4j.jdbc.ReplayOff;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the setters of a connection set in a transaction goes as it does without us: with a rollback or a commit. */
final class SettersInTransactionsIT extends KilledSessions {

    @BeforeEach
    void other() throws SQLException {
        admin("create schema if not exists other");
    }

    @Test
    void aSchemaThatBeginsATransactionIsTakenBackByItsRollback() throws SQLException {
        connection.setSchema("other");
        assertThat(text("select current_schema()")).isEqualTo("other");
        connection.rollback();
        assertThat(text("select current_schema()")).isEqualTo("public");
        connection.rollback();
        kill();
        assertThat(text("select current_schema()")).isEqualTo("public");
        connection.rollback();
    }

    @Test
    void aSchemaThatBeginsATransactionStaysWithItsCommitAndIsReplayed() throws SQLException {
        connection.setSchema("other");
        kill();
        assertThat(text("select current_schema()")).isEqualTo("other");
        connection.commit();
        assertThat(counters.snapshot().replayed()).isEqualTo(1);
        kill();
        assertThat(text("select current_schema()")).isEqualTo("other");
        connection.rollback();
    }

    @Test
    void aSchemaIsTakenBackByTheRollbackToASavepoint() throws SQLException {
        Savepoint savepoint = connection.setSavepoint();
        connection.setSchema("other");
        connection.rollback(savepoint);
        connection.commit();
        kill();
        assertThat(text("select current_schema()")).isEqualTo("public");
        connection.rollback();
    }

    @Test
    void aSchemaThatIsSetWhileNoConnectionIsAtHandIsTakenBackByTheRollback() throws SQLException {
        text("select 1");
        connection.commit();
        kill();
        traffic.open(2, NodePools.of("a", hikari));
        connection.setSchema("other");
        connection.rollback();
        assertThat(text("select current_schema()")).isEqualTo("public");
        connection.rollback();
    }

    @Test
    void theNameOfTheApplicationStaysWhereTheDriverHadNoTransaction() throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("select ?::int")) {
            assertThatThrownBy(select::executeQuery).hasMessageContaining("No value specified");
        }
        connection.setClientInfo("ApplicationName", "mine");
        connection.rollback();
        assertThat(text("show application_name")).isEqualTo("mine");
        connection.rollback();
        kill();
        assertThat(text("show application_name")).isEqualTo("mine");
        connection.rollback();
    }

    @Test
    void isolationAndReadOnlyAreNoPartOfTheTransaction() throws SQLException {
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        connection.setReadOnly(true);
        text("select 1");
        connection.rollback();
        kill();
        assertThat(text("show transaction_isolation")).isEqualTo("repeatable read");
        assertThat(text("show transaction_read_only")).isEqualTo("on");
        connection.rollback();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theTemporarySchemaCannotBeMovedAndIsTakenBackByARollback(boolean autoCommit) throws SQLException {
        connection.setAutoCommit(autoCommit);
        connection.setSchema("pg_temp");
        assertThat(connection.isPinned()).isTrue();
        if (!autoCommit) {
            assertThat(connection.unwrap(ReplayControl.class).whyOff()).contains(ReplayOff.SESSION_STATE);
            connection.rollback();
            assertThat(connection.isPinned()).isFalse();
        }
        update("create table " + (autoCommit ? "" : "pg_temp.") + "tt (a int)");
        assertThat(text("select count(*) from pg_temp.tt")).isEqualTo("0");
        if (autoCommit) {
            kill();
            assertThatThrownBy(() -> text("select 1"));
            assertThatThrownBy(() -> text("select 1")).hasMessageContaining("SET SESSION");
        } else {
            connection.rollback();
        }
    }

    @Test
    void anInvalidNameForTheSchemaFailsAsItDoesWithoutUs() throws SQLException {
        assertThatThrownBy(() -> connection.setSchema("a\0b")).isInstanceOf(SQLException.class);
        connection.rollback();
        connection.setAutoCommit(true);
        assertThatThrownBy(() -> connection.setSchema("pg_temp\0")).isInstanceOf(SQLException.class);
        assertThat(connection.isUnitOpen()).isFalse();
        assertThat(connection.isPinned()).isFalse();
    }
}
