package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** What a prepared statement asks of the server, or sends to it, before it is executed. */
final class PreparedQuestionsIT extends KilledSessions {

    private static final String INSERT = "insert into t (v) values (?)";

    @Test
    void inAutocommitTheNextConnectionAnswers() throws SQLException {
        connection.setAutoCommit(true);
        try (PreparedStatement statement = connection.prepareStatement("select v from t where id = ?")) {
            kill();
            assertThat(statement.getParameterMetaData().getParameterTypeName(1)).isEqualTo("int4");
            kill();
            assertThat(statement.getMetaData().getColumnName(1)).isEqualTo("v");
            assertThat(connection.isUnitOpen()).isFalse();
        }
    }

    @Test
    void inATransactionTheReplayIsFollowedByTheAnswer() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(INSERT)) {
            assertThat(statement.getParameterMetaData().getParameterCount()).isEqualTo(1);
            statement.setString(1, "first");
            statement.executeUpdate();
            statement.setString(1, "second");
            kill();
            assertThat(statement.getParameterMetaData().getParameterCount()).isEqualTo(1);
            statement.executeUpdate();
            connection.commit();
        }
        assertThat(values()).containsExactly("first", "second");
    }

    @Test
    void aTransactionOfNothingElseEnds() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(INSERT)) {
            assertThat(statement.getParameterMetaData().getParameterCount()).isEqualTo(1);
            connection.commit();
            assertThat(connection.isUnitOpen()).isFalse();
            kill();
            connection.commit();
        }
    }

    @Test
    void aLargeObjectThatIsSentAtOnceBelongsToTheTransaction() throws SQLException {
        admin("create table if not exists lobs (b oid)");
        try (PreparedStatement statement = connection.prepareStatement("insert into lobs values (?)")) {
            statement.setBlob(1, new ByteArrayInputStream(new byte[] {1, 2, 3}));
            assertThat(connection.isUnitOpen()).isTrue();
            statement.executeUpdate();
            connection.commit();
        }
        assertThat(number("select length(lo_get(b)) from lobs")).isEqualTo(3);
    }
}
