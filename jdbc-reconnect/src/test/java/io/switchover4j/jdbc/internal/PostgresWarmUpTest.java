package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresWarmUpTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 1",
                "  select * from t where a = ? ;  ",
                "/* ; */ INSERT INTO t VALUES (?, ';') RETURNING id",
                "with x as (select 1) update t set a = 1",
                "MERGE INTO t USING s ON (t.a = s.a) WHEN MATCHED THEN DELETE -- ;",
                "VALUES (1)",
                "DELETE FROM t"
            })
    void explainsASingleStatementThatItKnows(String sql) {
        assertThat(PostgresWarmUp.isExplainable(sql)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "ANALYZE t",
                "ANALYZE DELETE FROM t",
                "(ANALYZE) DELETE FROM t",
                "(SELECT 1)",
                "SELECT 1; DELETE FROM t",
                "SELECT 1;; DELETE FROM t",
                "EXPLAIN ANALYZE DELETE FROM t",
                "{call f(?)}",
                "{? = call f(?)}",
                "CALL f()",
                "DO $$ BEGIN END $$",
                "CREATE TABLE t (a int)",
                "EXECUTE p",
                "VACUUM"
            })
    void leavesAloneWhatExplainCouldRunOrDoesNotTake(String sql) {
        assertThat(PostgresWarmUp.isExplainable(sql)).isFalse();
    }

    @Test
    void recentStatementsAreBoundedInNumberAndLength() {
        RecentStatements recent = new RecentStatements();
        for (int i = 0; i < 10_000; i++) {
            recent.saw("SELECT " + i);
        }
        recent.saw("SELECT '" + "x".repeat(10_000) + "'");

        assertThat(recent.texts()).hasSizeBetween(32, 64).allMatch(text -> text.length() < 20);
    }

    @Test
    void aStatementIsRememberedOnceUntilItIsForgotten() {
        RecentStatements recent = new RecentStatements();
        recent.saw("SELECT 1");
        recent.saw(new String("SELECT 1"));
        assertThat(recent.texts()).containsExactly("SELECT 1");

        recent.forget("SELECT 1");

        assertThat(recent.texts()).isEmpty();
    }
}
