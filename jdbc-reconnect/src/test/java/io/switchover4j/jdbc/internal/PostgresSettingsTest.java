package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.jdbc.internal.Setting.Effect;
import io.switchover4j.jdbc.internal.Setting.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PostgresSettingsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "set Work_Mem = '1MB'                    | SET        | work_mem",
                "SET SESSION search_path TO a, b         | SET        | search_path",
                "SET session.tenant = '5'                | SET        | session.tenant",
                "SET session.\"User\" = '6'              | SET        | session.user",
                "SET SESSION session.tenant = '5'        | SET        | session.tenant",
                "reset session.tenant                    | SET        | session.tenant",
                "SET schema.x = 1                        | SET        | schema.x",
                "SET names . x = 1                       | SET        | names.x",
                "PREPARE \"P\" AS SELECT 1                | MAKE       | prepared P",
                "deallocate \"P\"                         | REMOVE     | prepared P",
                "/* app */ set my.setting to 1           | SET        | my.setting",
                "set \"TimeZone\" to 'UTC'               | SET        | timezone",
                "SET TIME ZONE 'UTC'                     | SET        | timezone",
                "set names 'UTF8'                        | SET        | client_encoding",
                "SET ROLE app                            | SET        | role",
                "SET SESSION AUTHORIZATION app           | SET        | session authorization",
                "select set_config('search_path', 'app, pg_temp', false) | SET | search_path",
                "reset session authorization             | SET        | session authorization",
                "reset Work_Mem                          | SET        | work_mem",
                "RESET ALL;                              | RESET_ALL  | all",
                "discard all                             | DISCARD_ALL| all",
                "DISCARD PLANS                           | NONE       | ``",
                "PREPARE P (int) AS SELECT $1            | MAKE       | prepared p",
                "deallocate prepare p                    | REMOVE     | prepared p",
                "deallocate all                          | REMOVE_ALL | `prepared `",
                "select set_config('A.b', 'it''s', false)| SET        | a.b",
            })
    void aStatementTellsWhatItSets(String sql, Effect effect, String key) {
        Setting setting = PostgresSettings.of(sql, null);
        assertThat(setting).isNotNull();
        assertThat(setting.effect()).isEqualTo(effect);
        assertThat(setting.key()).isEqualTo(key);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DISCARD SEQUENCES",
                "select set_config('search_path', ' PG_TEMP , public', false)",
                "select set_config('Search_Path', '\"pg_temp\"', false)",
                "select set_config('search_path', '\"$user\",pg_temp', false)",
                "DISCARD TEMP",
                "select set_config('a', ?, false)",
                "select set_config(v, 'x', false)",
                "select 1",
                "",
                "SET",
                "RESET",
                "PREPARE"
            })
    void whatCannotBeToldIsSaid(String sql) {
        assertThat(PostgresSettings.of(sql, null)).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "SET default_transaction_read_only = on, true",
        "set session default_transaction_read_only to 'yes', true",
        "'select set_config(''default_transaction_read_only'', ''on'', false)', true",
        "set default_transaction_read_only to default;, false",
        "RESET default_transaction_read_only, false",
    })
    void aValueThatIsTheServersIsToldFromOneOfTheSession(String sql, boolean ofTheSession) {
        Setting setting = PostgresSettings.of(sql, null);
        assertThat(setting).isNotNull();
        assertThat(PostgresSettings.hasValue(setting)).isEqualTo(ofTheSession);
    }

    @Test
    void valuesOfParametersAreSetAsTheyWere() {
        Parameters parameters = new Parameters();
        parameters.set(1, Parameters.STRING, "my.secret");
        parameters.set(2, Parameters.STRING, "it's \\ so");
        Setting setting = PostgresSettings.of("SELECT set_config(?, ?, false)", parameters);
        assertThat(setting).isNotNull();
        assertThat(setting.key()).isEqualTo("my.secret");
        assertThat(setting.sql()).isEqualTo("SELECT pg_catalog.set_config('my.secret',  E'it''s \\\\ so', false)");
    }

    @Test
    void theLastOfAPropertyAndItsSettingCounts() {
        Session session = new Session();
        session.setSchema("a");
        session.set(required("SET search_path TO b"));
        assertThat(session.hasSettings()).isTrue();
        session.setSchema("c");
        assertThat(session.hasSettings()).isFalse();
        assertThat(required("set application_name to 'x'").property()).isEqualTo(Property.APPLICATION_NAME);
    }

    @Test
    void aRollbackTakesBackWhatWasSetButNotWhatWasPreparedOrLocked() {
        Session session = new Session();
        session.set(required("SET work_mem TO '1MB'"));
        Session before = session.copy();
        session.set(required("SET statement_timeout TO 1"));
        session.pin(io.switchover4j.jdbc.ReplayOff.TEMPORARY_TABLE, "create temp");
        session.pin(io.switchover4j.jdbc.ReplayOff.ADVISORY_LOCK, "select pg_advisory_lock");
        session.rollBackTo(before);
        assertThat(session.describePins()).isEqualTo("select pg_advisory_lock");
        session.set(required("RESET ALL"));
        session.set(required("DISCARD ALL"));
        assertThat(session.isPinned()).isFalse();
    }

    private static Setting required(String sql) {
        Setting setting = PostgresSettings.of(sql, null);
        assertThat(setting).isNotNull();
        return setting;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "select nextval('s')                            | s",
                "SELECT pg_catalog.nextval ( 'a.b'::regclass ) AS \"key\" ; | a.b",
                "/* orm */ select nextval('it''s') id           | it's",
                "select nextval(?)                              | ?",
            })
    void aQueryThatOnlyDrawsIsKnown(String sql, String sequence) {
        assertThat(PostgresStatements.INSTANCE.drawnFrom(sql)).isEqualTo(sequence);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select nextval('s') from generate_series(1, 10)",
                "select nextval('s'), 1",
                "select nextval('s') + 1",
                "select currval('s')",
                "select nextval(name) from t",
                "insert into t values (nextval('s'))",
                "select",
                "select nextval('s') limit 0",
                "selectnextval('s')",
                "select nextval(",
                "select nextval('s"
            })
    void aQueryThatDoesMoreThanDrawIsCompared(String sql) {
        assertThat(PostgresStatements.INSTANCE.drawnFrom(sql)).isNull();
    }
}
