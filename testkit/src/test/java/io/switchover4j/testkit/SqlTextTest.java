package io.switchover4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqlTextTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "COMMIT",
                "commit;",
                " /* app /* nested */ */ Commit work",
                "-- a remark\nEND",
                "end transaction",
                "COMMIT AND CHAIN",
                "insert into t values (1); COMMIT",
                "SELECT switchover4j_mark($1,$2); COMMIT",
                "select ';COMMIT'; commit; select 1",
                "select $$ ; $$; END;",
                "select E'\\'; '; COMMIT",
                "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END; COMMIT"
            })
    void commitIsFoundWhereverAStatementIsOne(String sql) {
        assertThat(SqlText.commits(sql)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "COMMIT PREPARED 'x'",
                "ROLLBACK; SELECT 1",
                "select 'x; COMMIT'",
                "select 'it''s; COMMIT'",
                "select \"; COMMIT\" from t",
                "select $a$; COMMIT; $$; END $a$",
                "select E'\\'; COMMIT'",
                "/* ; COMMIT */ select 1 -- ; COMMIT",
                "select commit from git",
                "select case when true then 1 end",
                "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
                "PREPARE TRANSACTION 'x'",
                "select $1; begin",
                "committed",
                "select 'unterminated; COMMIT"
            })
    void nothingElseIsTakenForACommit(String sql) {
        assertThat(SqlText.commits(sql)).isFalse();
    }

    @Test
    void logHasNoValueOfALiteralAndIsShort() {
        assertThat(SqlText.forLog("SELECT 'secret', E'a\\'b', $x$more$x$, 7, \"Name\" -- 'kept'"))
                .isEqualTo("SELECT '?', E'?', '?', 7, \"Name\" -- 'kept'");
        assertThat(SqlText.forLog("SELECT 'cut of")).isEqualTo("SELECT '?'");
        assertThat(SqlText.forLog("x".repeat(2_000))).hasSize(1_003).endsWith("xxx...");
        assertThat(SqlText.forLog("SELECT '" + "x".repeat(5_000) + "'")).isEqualTo("SELECT '?'");
        assertThat(SqlText.forLog("")).isEmpty();
    }
}
