package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Types;
import org.junit.jupiter.api.Test;

/** A parameter is what the driver took when it was set, on whatever connection it is sent. */
final class ParametersIT extends KilledSessions {

    @Test
    void parametersThatWereClearedDoNotComeBackWithAReplay() throws SQLException {
        PreparedStatement insert = connection.prepareStatement("insert into t (v) values (?)");
        insert.setString(1, "x");
        insert.executeUpdate();
        insert.clearParameters();
        kill();
        update("insert into t (v) values ('y')");
        assertThatThrownBy(insert::executeUpdate).hasMessageContaining("No value specified");
        connection.commit();
        assertThat(values()).containsExactly("x", "y");
    }

    @Test
    void parametersThatWereClearedDoNotComeBackWithTheBatch() throws SQLException {
        PreparedStatement insert = connection.prepareStatement("insert into t (v) values (?)");
        insert.setString(1, "x");
        insert.addBatch();
        insert.clearParameters();
        kill();
        assertThat(insert.executeBatch()).containsExactly(1);
        assertThatThrownBy(insert::executeUpdate).hasMessageContaining("No value specified");
        connection.rollback();
    }

    @Test
    void anExecutionThatLackedAParameterLacksItAgain() throws SQLException {
        PreparedStatement insert = connection.prepareStatement("insert into t (v) values (? || ?)");
        insert.setString(1, "a");
        insert.setString(2, "b");
        insert.executeUpdate();
        insert.clearParameters();
        insert.setString(1, "c");
        assertThatThrownBy(insert::executeUpdate).hasMessageContaining("No value specified");
        insert.setString(2, "d");
        kill();
        insert.executeUpdate();
        connection.commit();
        assertThat(values()).containsExactly("ab", "cd");
        assertThat(counters.snapshot().replayed()).isEqualTo(1);
    }

    @Test
    void aParameterThatTheDriverRefusedReplacesNone() throws SQLException {
        PreparedStatement insert = connection.prepareStatement("insert into t (v) values (?)");
        insert.setString(1, "kept");
        assertThatThrownBy(() -> insert.setObject(1, new Object())).isInstanceOf(SQLException.class);
        assertThatThrownBy(() -> insert.setObject(1, "x", Types.INTEGER)).isInstanceOf(SQLException.class);
        assertThatThrownBy(() -> insert.setInt(2, 2)).isInstanceOf(SQLException.class);
        insert.executeUpdate();
        kill();
        insert.executeUpdate();
        connection.commit();
        assertThat(values()).containsExactly("kept", "kept");
        kill();
        insert.executeUpdate();
        connection.commit();
        assertThat(values()).hasSize(3);
    }

    @Test
    void aClosedConnectionTakesNoParameters() throws SQLException {
        PreparedStatement insert = connection.prepareStatement("insert into t (v) values (?)");
        PreparedStatement closed = connection.prepareStatement("insert into t (v) values (?)");
        closed.close();
        assertThatThrownBy(() -> closed.setString(1, "x")).isInstanceOf(SQLException.class);
        connection.close();
        assertThatThrownBy(() -> insert.setString(1, "x"))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("08003"));
        assertThatThrownBy(() -> insert.setInt(-1, 1)).isInstanceOf(SQLException.class);
        assertThatThrownBy(insert::clearParameters).isInstanceOf(SQLException.class);
    }

    @Test
    void aSavepointDoesNotLoseThem() throws SQLException {
        PreparedStatement insert = connection.prepareStatement("insert into t (v) values (?)");
        Savepoint savepoint = connection.setSavepoint();
        insert.setString(1, "x");
        insert.executeUpdate();
        connection.rollback(savepoint);
        kill();
        insert.executeUpdate();
        connection.commit();
        assertThat(values()).containsExactly("x");
    }
}
