package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.jdbc.ReplayOff;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which texts change a session of PostgreSQL so that it cannot move, and which only look so. */
final class PostgresSessionTextTest {

    private static final Dialect POSTGRES = new PostgresDialect();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select set_config('a.b', 'x', not true)",
                "select set_config('a.b', 'x', 1 > 2 is true)",
                "select set_config('a.b', 'x', false and true)",
                "select set_config('a.b', 'x', (true))",
                "select set_config('a.b', 'x', c ==> true) from t",
                "select \"set_config\"('a.b', 'x', not true) as \"y\"",
            })
    void onlyTheWordTrueAloneMakesASettingLocal(String sql) {
        assertThat(POSTGRES.kindOf(sql)).isEqualTo(StatementKind.SESSION);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select set_config('a.b', (select max(v) from t where a), true)",
                "select \"set_config\"('a.b', 'x', true) as \"y\"",
                "select set_config('a.b', 'x' || 'y', /* this one */ TRUE -- then\n)",
                "select set_config('a.b', 'x', is_local => true), set_config('c.d', ?, is_local := true)",
            })
    void aLocalSettingEndsWithItsTransaction(String sql) {
        assertThat(POSTGRES.kindOf(sql)).isEqualTo(StatementKind.PLAIN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select currval('s'), pg_advisory_lock(1)",
                "select pg_notify('a', 'b'), pg_try_advisory_lock(1)",
                "select set_config('transaction_read_only', 'on', true), set_config('a.b', 'c', false)",
                "copy (select set_config('a.b', 'c', false)) to stdout",
            })
    void aWordThatSaysLessHidesNoneThatSaysMore(String sql) {
        assertThat(POSTGRES.kindOf(sql)).isEqualTo(StatementKind.SESSION);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select pg_notify('a', currval('s')::text)",
                "select currval('s'), pg_notify('a', 'b')",
                "copy (select pg_notify('a', 'b')) to stdout"
            })
    void aNumberThatIsReadBesideANotificationIsNotReadAgain(String sql) {
        assertThat(POSTGRES.kindOf(sql)).isEqualTo(StatementKind.UNREPEATABLE);
        assertThat(PostgresReplay.INSTANCE.marking(sql, StatementKind.UNREPEATABLE))
                .isEqualTo(Marking.ALWAYS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select currval('s')",
                "select pg_advisory_lock(1)",
                "listen x",
                "set application_name = 'read only'",
                "set session characteristics as transaction read only"
            })
    void whatNeedsATransactionIdToCommitAnythingLeavesAMark(String sql) {
        assertThat(PostgresReplay.INSTANCE.marking(sql, POSTGRES.kindOf(sql))).isEqualTo(Marking.IF_WRITTEN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "notify x, 'only'",
                "select pg_notify('a', 'b')",
                "execute p",
                "declare c cursor with hold for select 1"
            })
    void whatMayCommitSomethingWithoutATransactionIdIsGivenOne(String sql) {
        assertThat(PostgresReplay.INSTANCE.marking(sql, POSTGRES.kindOf(sql))).isEqualTo(Marking.ALWAYS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "set transaction read only",
                "set local transaction_read_only = on",
                "set transaction_read_only = on",
                "/* a */ set session transaction_read_only to true",
                "select set_config('transaction_read_only', 'on', true)",
                "select set_config('transaction_read_only', 'on', false), pg_notify('a', 'b')",
                "update pg_settings set setting = 'on' where name = 'transaction_read_only'"
            })
    void whatMakesATransactionReadOnlyKeepsItsMarkAway(String sql) {
        assertThat(PostgresReplay.INSTANCE.marking(sql, POSTGRES.kindOf(sql))).isEqualTo(Marking.UNCERTAIN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "set local.tenant = '5'",
                "set transaction.a = 1",
                "set constraints.a to 'x'",
                "set local . tenant to '5'",
                "set session.tenant = '5'"
            })
    void aSettingThatIsNamedLikeAWordOfTheGrammarIsOneOfTheSession(String sql) {
        assertThat(POSTGRES.kindOf(sql)).isEqualTo(StatementKind.SETTING);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "set local session.tenant = '5'",
                "set local local.tenant = '5'",
                "set local a.b = '5'",
                "set transaction isolation level serializable"
            })
    void aSettingOfTheTransactionEndsWithIt(String sql) {
        assertThat(POSTGRES.kindOf(sql)).isEqualTo(StatementKind.PLAIN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "create table pg_temp.x (a int)",
                "create unlogged table if not exists \"pg_temp\" /* here */ . x (a int)",
                "create view PG_TEMP.v as select 1",
                "create function pg_temp.f() returns int language sql as 'select 1'",
                "create table pg_temp_3.x as select 1",
                "create global temporary table x (a int)",
                "create or replace temp view v as select 1",
                "explain analyze create temp table x as select 1",
                "explain (analyze, costs off) create table pg_temp.x as select 1",
                "select 1 as a into local temp x",
                "select 1 as a into global temporary table x",
                "select 1 as a into pg_temp.x",
                "select 1 as a into table pg_temp.x",
                "select 1 as a into temp x",
                "with q as (select 1 as a) select * into \"pg_temp\".x from q",
                "create sequence pg_temp.s"
            })
    void whatIsMadeInTheTemporarySchemaStaysThere(String sql) {
        assertThat(POSTGRES.kindOf(sql)).isEqualTo(StatementKind.SESSION);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "create table temp (a int)",
                "create table t (temp int)",
                "create index temporary on t (a)",
                "create table pg_temp.x (a int) on commit drop",
                "create table pg_temp_log (a int)",
                "insert into pg_temp.x values ('create temp table t (a int)')",
                "insert into temp select * from u",
                "insert  into temporary values (1)",
                "create function f() returns int language sql set search_path = app, pg_temp as 'create temp table t (a int)'",
                "select * from pg_temp.x",
                "grant create on schema public to u",
                "explain select 'create temp table t'",
                "drop table pg_temp.x",
                "comment on table t is 'select 1 into temp x'",
                "merge into temp using u on temp.a = u.a when matched then delete",
                "select 1 as a into x",
                "select 1 as a into unlogged table x"
            })
    void whatOnlySpeaksOfTemporaryTablesStaysPlain(String sql) {
        assertThat(POSTGRES.kindOf(sql)).isEqualTo(StatementKind.PLAIN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "update pg_settings set setting = '1MB' where name = 'work_mem'",
                "/* app */ update only pg_catalog . \"pg_settings\" as s set setting = 'x'",
                "UPDATE ONLY ( PG_CATALOG.PG_SETTINGS ) set setting = 'x'",
                "explain analyze update pg_settings set setting = 'x'",
                "select setseed(0.5)",
                "select pg_catalog.\"setseed\" (?)",
                "select pg_catalog.pg_replication_origin_session_setup('o')",
                "select pg_replication_origin_session_reset()",
                "select dblink_connect('c', 'host=x')",
                "select dblink_connect_u('c', 'host=x'), currval('s')"
            })
    void viewsAndFunctionsThatChangeTheSessionPinIt(String sql) {
        assertThat(POSTGRES.kindOf(sql)).isEqualTo(StatementKind.SESSION);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select * from pg_settings for update",
                "select setting from pg_settings",
                "update settings set pg_settings = 1",
                "select 1 from t for update of pg_settings",
                "update t set a = 'update pg_settings set'",
                "insert into t values (1) on conflict do update set pg_settings = 2",
                "update pg_settings_log set a = 1",
                "select setseed from t where a = 'setseed(1)'"
            })
    void theSameNamesElsewhereAreOrdinary(String sql) {
        assertThat(POSTGRES.kindOf(sql)).isEqualTo(StatementKind.PLAIN);
    }

    @Test
    void aRollbackTakesBackNoStateThatIsNoneOfTheTransaction() {
        for (String sql : new String[] {"select setseed(0.5)", "load 'x'", "select dblink_connect('c', 'd')"}) {
            Session session = new Session();
            Session before = session.copy();
            session.pin(PostgresReplay.INSTANCE.whyOff(sql, StatementKind.SESSION), sql);
            session.pin(ReplayOff.TEMPORARY_TABLE, "create temp");
            session.rollBackTo(before);
            assertThat(session.describePins()).isEqualTo(sql);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "prepare p as select set_config('a.b', $1, false)",
                "prepare \"p\" (text, varchar(7)) as /* as */ select set_config($1, $2, not true);",
                "prepare p (bigint) as select pg_advisory_lock($1)",
                "prepare p as select 1 as a into temp x",
                "prepare p as select currval('s')",
                "prepare p as update pg_settings set setting = $1",
                "prepare p as with q as (select lastval() as a) insert into t select a from q"
            })
    void aPreparedStatementThatChangesTheSessionPinsItBeforeItIsExecuted(String sql) {
        assertThat(POSTGRES.kindOf(sql)).isEqualTo(StatementKind.SESSION);
        assertThat(PostgresReplay.INSTANCE.whyOff(sql, StatementKind.SESSION)).isEqualTo(ReplayOff.LASTING_STATE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "prepare p as select 'set_config(1)'",
                "prepare p (int) as insert into t values ($1)",
                "prepare p as select pg_notify('a', $1)",
                "prepare p as select set_config('a.b', $1, true)"
            })
    void anyOtherPreparedStatementIsPreparedAgain(String sql) {
        assertThat(POSTGRES.kindOf(sql)).isEqualTo(StatementKind.SETTING);
    }

    @ParameterizedTest
    @ValueSource(strings = {"execute p", "execute p ('set_config', 2)"})
    void whatItExecutesNeedLeaveNoMarkByItself(String sql) {
        assertThat(POSTGRES.kindOf(sql)).isEqualTo(StatementKind.UNMARKED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select E'a'\n'b\\' ; commit; --'",
                "select E'a' -- and\n  -- more\n	'b\\' ; commit; --'",
                "select E'it''s \\' ; commit'",
                "select E'it''s'\r'\\\\'",
                "select E'a'\n'it''s \\' it'",
                "select E'a\\'' from t where b = 'c'",
                "select x$e'a'"
            })
    void aTextWithEscapesGoesOnWithEscapes(String sql) {
        assertThat(POSTGRES.kindOf(sql)).isEqualTo(StatementKind.PLAIN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select 'a'\n'b\\'; commit; --'",
                "select E'a' 'b\\'; commit; --'",
                "select E'a'\n, 'b\\'; commit; --'",
                "select E'a'\n'b'; commit",
                "select x$e'a\\'; commit; --'"
            })
    void aTextWithoutEscapesGoesOnWithoutThem(String sql) {
        assertThat(POSTGRES.kindOf(sql)).isEqualTo(StatementKind.MAY_COMMIT);
    }

    @Test
    void theStatementBehindATextWithEscapesIsFound() {
        String sql = "select E'a'\n'\\''; set a.b = 1";
        assertThat(POSTGRES.statementEnd(sql, 0)).isEqualTo(sql.indexOf(';'));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select U&\"set\\005fconfig\"('a.b', 'c', false)",
                "select pg_catalog.u&\"pg!005fadvisory!005flock\" UESCAPE '!' (1)",
                "set U&\"\\0061\" = 1",
                "select currval('s'), U&\"pg_advisory\\005flock\"(1)"
            })
    void aNameWithEscapesMayBeAnyName(String sql) {
        assertThat(POSTGRES.kindOf(sql)).isEqualTo(StatementKind.SESSION);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select U&\"a\" from t",
                "select a from t where u & \"b\" = '\\005f'",
                "select 1 & \"a\", x.u&\"b\" from t",
                "select U&'\\0061', \"a\\b\" from t"
            })
    void aNameWithoutEscapesIsItself(String sql) {
        assertThat(POSTGRES.kindOf(sql)).isEqualTo(StatementKind.PLAIN);
    }

    @Test
    void aNameInUnicodeQuotesIsLookedAt() {
        assertThat(POSTGRES.kindOf("select U&\"pg_advisory_lock\"(1)")).isEqualTo(StatementKind.SESSION);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select pg_logical_emit_message(false, 'a', 'b')",
                "select pg_catalog.pg_logical_emit_message(?, ?, ?)",
                "select pg_logical_emit_message(not true, 'a', 'b')",
                "select pg_logical_emit_message(true and a, 'a', 'b') from t",
                "select pg_logical_emit_message((true), 'a', 'b'), pg_notify('a', 'b')"
            })
    void aMessageThatNoRollbackTakesBackIsNotSentAgain(String sql) {
        assertThat(POSTGRES.kindOf(sql)).isEqualTo(StatementKind.UNREPEATABLE);
        assertThat(PostgresReplay.INSTANCE.whyOff(sql, StatementKind.UNREPEATABLE))
                .isEqualTo(ReplayOff.MESSAGE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select pg_logical_emit_message(true, 'a', 'b')",
                "select \"pg_logical_emit_message\"( /* it */ TRUE , ?, ?)",
                "select 'pg_logical_emit_message(false, 1, 2)'"
            })
    void aMessageOfTheTransactionIsSentAgain(String sql) {
        assertThat(POSTGRES.kindOf(sql)).isEqualTo(StatementKind.PLAIN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "set search_path = pg_temp, public",
                "set session search_path to 'pg_temp'",
                "set local search_path = \"$user\", pg_temp",
                "set schema 'pg_temp'",
                "set search_path = \"pg_temp\"",
                "set search_path to pg_temp_3",
                "select set_config('search_path', 'pg_temp', true)"
            })
    void theTemporarySchemaInFrontOfTheOthersTakesWhatIsMade(String sql) {
        assertThat(POSTGRES.kindOf(sql)).isEqualTo(StatementKind.SESSION);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "set search_path = app, pg_temp",
                "set search_path to public, \"$user\", pg_temp",
                "set a.b = 'pg_temp'"
            })
    void theTemporarySchemaBehindOthersTakesNothing(String sql) {
        assertThat(POSTGRES.kindOf(sql)).isEqualTo(StatementKind.SETTING);
    }
}
