package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SqlTextTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "insert into t values ('secret') | insert into",
                "'  SET my.secret = ''x'''       | SET my.secret",
                "select pg_advisory_lock(42)     | select pg_advisory_lock",
                "COMMIT                          | COMMIT",
                "ALTER ROLE r PASSWORD 'x'       | ALTER ROLE",
                "{call p(1)}                     | {call p",
            })
    void aHeadlineShowsNoValues(String sql, String headline) {
        assertThat(SqlText.headline(sql)).isEqualTo(headline);
    }

    @ParameterizedTest
    @CsvSource({
        "select 1, true",
        "'  (select 1)', true",
        "SHOW x, true",
        "values (1), true",
        "with a as (insert into t values (1) returning 1) select 1, false",
        "insert into t values (1) returning 1, false",
        "explain analyze insert, false",
        "'', false",
    })
    void onlyAPlainSelectIsOne(String sql, boolean select) {
        assertThat(SqlText.isSelect(sql)).isEqualTo(select);
    }

    @ParameterizedTest
    @CsvSource({
        "BEGIN; insert 1, false, true",
        "BEGIN; COMMIT, false, false",
        "insert 1; insert 2, false, false",
        "insert 1; COMMIT, true, false",
        "COMMIT; BEGIN, true, true",
        "insert 1; insert 2, true, true",
        "ROLLBACK;;, true, false",
    })
    void severalStatementsAreFollowedToTheirEnd(String sql, boolean before, boolean after) {
        Dialect dialect = new FakeTraffic(new FakeNode("a"));
        assertThat(SqlText.leavesTransactionOpen(sql, before, dialect)).isEqualTo(after);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "`DO $$ BEGIN INSERT INTO t VALUES (1); END $$`, true, true",
                "`insert into t values ('a; begin'); select 1`, false, false",
                "`insert into t values (1); -- ; begin`, false, false",
                "`select 1 /* ; commit */; select 2`, true, true",
                "`CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END; select 1`, true, true",
                "`CREATE FUNCTION f() RETURNS void AS $$ BEGIN NULL; END $$ LANGUAGE plpgsql; COMMIT`, true, false",
                "`CREATE TABLE t (begin int); COMMIT`, true, false",
                "`insert into t values (1); COMMIT AND CHAIN`, true, true",
            })
    void whatSeparatesNothingEndsNothing(String sql, boolean before, boolean after) {
        assertThat(SqlText.leavesTransactionOpen(sql, before, new PostgresDialect()))
                .isEqualTo(after);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "`COMMIT AND CHAIN`, true",
                "`rollback work and chain`, true",
                "`COMMIT /* no */ AND /* no */ CHAIN`, true",
                "`commit and no chain`, false",
                "`COMMIT /* AND CHAIN */`, false",
                "`end -- and chain`, false",
                "`/* chain */ COMMIT`, false",
                "`prepare transaction 'and chain'`, false",
            })
    void aCommentChainsNothing(String sql, boolean chained) {
        assertThat(SqlText.isChained(sql, new PostgresDialect())).isEqualTo(chained);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "`CREATE PROCEDURE p() BEGIN SELECT 1; BEGIN SELECT 2; END; END`, false, false",
                "`select 'it\\'s; begin'; select 2`, false, false",
                "`# ; begin\nselect 1; select 2`, false, false",
            })
    void bodiesAndQuotesOfMySqlSeparateNothing(String sql, boolean before, boolean after) {
        assertThat(SqlText.leavesTransactionOpen(sql, before, new MySqlDialect(true)))
                .isEqualTo(after);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "`ALTER ROLE app PASSWORD 'it''s secret'`, `ALTER ROLE app PASSWORD ??`",
                "`select $x$secret$x$, $1 from \"T\"`, `select ?, $1 from \"T\"`",
                "`select E'\\'secret'`, `select E?...`",
                "`select 'C:\\', 'secret'`, `select ?...`",
                "`insert into t values (1, 'secret`, `insert into t values (1, ?`",
            })
    void aStatementIsShownWithoutItsValues(String sql, String shown) {
        assertThat(SqlText.withoutValues(sql, false)).isEqualTo(shown);
    }

    @Test
    void aTextInDoubleQuotesIsAValueWhereTheDatabaseSaysSo() {
        assertThat(SqlText.withoutValues("SET PASSWORD = \"secret\"", true)).isEqualTo("SET PASSWORD = ?");
    }

    @Test
    void aLongStatementIsShownInPart() {
        assertThat(SqlText.withoutValues("select " + "x, ".repeat(1000), false))
                .hasSize(203)
                .endsWith("...");
    }
}
