package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.jdbc.UnitNotAppliedException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** A transaction that a call failed which is no statement is not healed by a replay. */
final class UnrecordedFailuresIT extends KilledSessions {

    /** The application saw {@code call} fail: its transaction is rolled back, whatever becomes of its connection. */
    private void staysFailed(ThrowingCallable call) throws SQLException {
        update("insert into t (v) values ('x')");
        assertThatThrownBy(call).isInstanceOf(SQLException.class);
        kill();
        assertThatThrownBy(() -> update("insert into t (v) values ('half')"))
                .isInstanceOf(UnitNotAppliedException.class);
        connection.rollback();
        assertThat(values()).isEmpty();
    }

    @Test
    void theReleaseOfASavepointThatIsGone() throws SQLException {
        Savepoint outer = connection.setSavepoint();
        Savepoint inner = connection.setSavepoint("inner");
        connection.rollback(outer);
        staysFailed(() -> connection.releaseSavepoint(inner));
    }

    @Test
    void theRollbackToASavepointOfAnEarlierTransaction() throws SQLException {
        Savepoint earlier = connection.setSavepoint("earlier");
        connection.rollback();
        staysFailed(() -> connection.rollback(earlier));
    }

    @Test
    void theMetadataOfAStatementThatIsWrong() throws SQLException {
        PreparedStatement wrong = connection.prepareStatement("select a from nowhere where b = ?");
        staysFailed(wrong::getMetaData);
    }

    @Test
    void theParametersOfAStatementThatIsWrong() throws SQLException {
        PreparedStatement wrong = connection.prepareStatement("select a from nowhere where b = ?");
        staysFailed(wrong::getParameterMetaData);
    }

    @Test
    void theCatalogThatTheServerDoesNotShow() throws SQLException {
        staysFailed(() -> connection.getMetaData().getTables(null, "\\", null, null));
    }

    @Test
    void aRowThatCannotBeFetched() throws SQLException {
        staysFailed(() -> {
            try (Statement statement = connection.createStatement()) {
                statement.setFetchSize(2);
                ResultSet rows = statement.executeQuery("select 1 / (3 - i) from generate_series(1, 5) i");
                while (rows.next()) {}
            }
        });
    }

    @Test
    void anErrorThatASavepointCaughtIsNotForgottenEither() throws SQLException {
        PreparedStatement wrong = connection.prepareStatement("select a from later");
        Savepoint savepoint = connection.setSavepoint();
        assertThatThrownBy(wrong::getMetaData).isInstanceOf(SQLException.class);
        connection.rollback(savepoint);
        kill();
        assertThatThrownBy(() -> update("insert into t (v) values ('x')"))
                .isInstanceOf(UnitNotAppliedException.class)
                .hasMessageContaining("is not recorded");
        connection.rollback();
    }

    @Test
    void anErrorThatTheDriverFoundByItselfDoesNoHarm() throws SQLException {
        update("insert into t (v) values ('x')");
        Savepoint savepoint = connection.setSavepoint();
        connection.releaseSavepoint(savepoint);
        assertThatThrownBy(() -> connection.releaseSavepoint(savepoint)).isInstanceOf(SQLException.class);
        kill();
        update("insert into t (v) values ('y')");
        connection.commit();
        assertThat(values()).containsExactly("x", "y");
    }
}
