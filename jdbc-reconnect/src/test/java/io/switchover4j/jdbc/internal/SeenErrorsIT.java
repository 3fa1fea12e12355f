package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.jdbc.UnitNotAppliedException;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an error or a warning says is an answer, too, which the application may have acted upon. */
final class SeenErrorsIT extends KilledSessions {

    @BeforeEach
    void functions() throws SQLException {
        admin(
                "create or replace function says() returns text language plpgsql stable as $$ begin"
                        + " raise exception 'there are %', (select count(*) from t); end $$",
                "create or replace function warns() returns text language plpgsql stable as $$ begin"
                        + " raise warning 'there are %', (select count(*) from t); return 'x'; end $$");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatAnErrorSaidMustBeSaidAgain(boolean same) throws SQLException {
        Savepoint savepoint = connection.setSavepoint();
        assertThatThrownBy(() -> text("select says()")).hasMessageContaining("there are 0");
        connection.rollback(savepoint);
        goesOn(same, "failed in another way");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatAWarningSaidMustBeSaidAgain(boolean same) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("select warns()");
            SQLWarning warning = Objects.requireNonNull(statement.getWarnings());
            assertThat(warning.getMessage()).isEqualTo("there are 0");
            statement.clearWarnings();
            assertThat(statement.getWarnings() == null).isTrue();
        }
        goesOn(same, "gave other warnings");
    }

    private void goesOn(boolean same, String difference) throws SQLException {
        kill();
        if (same) {
            update("insert into t (v) values ('mine')");
            connection.commit();
            assertThat(values()).containsExactly("mine");
            assertThat(counters.snapshot().replayed()).isEqualTo(1);
            return;
        }
        admin("insert into t (v) values ('other')");
        assertThatThrownBy(() -> update("insert into t (v) values ('mine')"))
                .isInstanceOf(UnitNotAppliedException.class)
                .hasMessageContaining(difference);
        connection.rollback();
        assertThat(values()).containsExactly("other");
    }
}
