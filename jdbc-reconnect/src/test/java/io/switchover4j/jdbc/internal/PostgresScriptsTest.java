package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.jdbc.ReplayOff;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a text of PostgreSQL that may commit shows of the changes that it makes to its session. */
final class PostgresScriptsTest {

    private static final Dialect POSTGRES = new PostgresDialect();

    private static List<String> pins(String sql) {
        assertThat(POSTGRES.kindOf(sql)).isEqualTo(StatementKind.MAY_COMMIT);
        List<String> pins = new ArrayList<>();
        POSTGRES.pins(sql, pins::add);
        return pins;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "do $$ begin perform set_config('a.b', 'c', false); end $$",
                "do 'begin set a.b = 1; end'",
                "do language plpgsql $x$ begin if true then set search_path to x; end if; end $x$;",
                "do $$ begin for i in 1..2 loop listen y; end loop; end $$ language 'plpgsql'",
                "do $$ declare q text := 'set a.b = 1'; begin execute q; end $$",
                "do $$ begin execute format('set app.tenant = %L', 5); end $$",
                "do 'begin execute ''create temp table x (a int)''; end'",
                "do E'begin execute \\'reset all\\'; end'",
                "do $$ begin execute $q$ select pg_advisory_lock(1) $q$; end $$",
                "do $$ begin /* it's */ create /* a */ temporary table x (a int); end $$",
                "do $$ begin prepare p as select 1; end $$",
                "do $$ begin update pg_settings set setting = 1; end $$",
                "do $$ plpy.execute(\"anything\") $$ language plpython3u",
                "do language \"plperl\" $$ x $$",
                "select 1; do $$ begin perform pg_catalog.\"pg_advisory_lock\"(1); end $$"
            })
    void aBlockThatChangesTheSessionPinsIt(String sql) {
        assertThat(pins(sql)).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "do $$ begin update t set a = 1; insert into t values (1) on conflict do update set a = 2; end $$",
                "do $$ begin alter table t alter a set default 1; set local a.b = 1; end $$",
                "do $$ begin perform set_config('a.b', 'c', true); perform pg_advisory_xact_lock(1); end $$",
                "do $$ begin create temp table x (a int) on commit drop; end $$",
                "do $$ begin if status = 'set' or status = 'load' then raise notice 'all set to listen'; end if; end $$",
                "do $$ begin null; -- set a.b = 1\n /* listen x; */ end $$",
                "do $$ begin execute 'update t set a = 1'; end $$",
                "do $$ begin execute 'update t set a = $1' using $1; execute $1; end $$",
                "do $$ begin",
                "do 'begin",
                "do $1",
                "do"
            })
    void aBlockThatOnlyWorksOnRowsPinsNothing(String sql) {
        assertThat(pins(sql)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{? = call set_config('a.b', 'c', false)}",
                "call p(pg_try_advisory_lock(1))",
                "select 'C:\\', set_config('a.b', 'c', false)",
                "insert into t values ('C:\\', '; set a.b = 1; --')",
                "select 'it\\'s'; set a.b = 1",
                "select 'it\\'s'; select pg_advisory_lock(1)",
                "set a.b = 1; commit",
                "begin; set local a.b = 1; set c.d = 2; commit",
                "savepoint s; set a.b = 1; rollback to s"
            })
    void whateverMayCommitShowsItsWords(String sql) {
        assertThat(pins(sql)).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "insert into t values (1); commit",
                "call p('set_config', 'listen x')",
                "vacuum t",
                "insert into t values ('C:\\');",
                "begin; set local a.b = 1; commit",
                "set a.b = 1; select 1",
                "{call p(?)}"
            })
    void textsThatOnlyWorkOnRowsPinNothing(String sql) {
        assertThat(pins(sql)).isEmpty();
    }

    @Test
    void eachOfSeveralIsShown() {
        assertThat(pins("listen x; select 1; select pg_advisory_lock(1)"))
                .containsExactly("listen x", " select pg_advisory_lock(1)");
    }

    @Test
    void aRollbackDoesNotTakeBackWhatABlockMayHaveTaken() {
        String block = "do $$ begin perform pg_advisory_lock(1); end $$";
        assertThat(PostgresReplay.INSTANCE.whyOff(block, StatementKind.MAY_COMMIT))
                .isEqualTo(ReplayOff.LASTING_STATE);
    }
}
