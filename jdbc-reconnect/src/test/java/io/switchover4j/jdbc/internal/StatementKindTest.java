package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class StatementKindTest {

    private static final Dialect POSTGRES = new PostgresDialect();
    private static final Dialect MYSQL = new MySqlDialect(false);
    private static final Dialect SQL_SERVER = new SqlServerDialect();

    record Row(Dialect dialect, StatementKind kind, String sql) {
        @Override
        public String toString() {
            return dialect.getClass().getSimpleName() + " " + kind + ": " + sql;
        }
    }

    private static Row postgres(StatementKind kind, String sql) {
        return new Row(POSTGRES, kind, sql);
    }

    private static Row mysql(StatementKind kind, String sql) {
        return new Row(MYSQL, kind, sql);
    }

    private static Row sqlServer(StatementKind kind, String sql) {
        return new Row(SQL_SERVER, kind, sql);
    }

    static List<Row> rows() {
        return List.of(
                postgres(StatementKind.PLAIN, ""),
                postgres(StatementKind.PLAIN, "  ;; -- nothing"),
                postgres(StatementKind.PLAIN, "SELECT 1"),
                postgres(StatementKind.PLAIN, "select 1;"),
                postgres(StatementKind.PLAIN, "select 1; -- bye\n ; /* end */ "),
                postgres(
                        StatementKind.PLAIN,
                        "/* a /* nested */ comment */ -- and one more\n\t(SELECT 1) UNION (SELECT 2)"),
                postgres(StatementKind.PLAIN, "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x"),
                postgres(StatementKind.PLAIN, "EXPLAIN ANALYZE UPDATE t SET a = 1"),
                postgres(
                        StatementKind.PLAIN,
                        "INSERT INTO t VALUES ('a;b', E'it\\'s; x', $$;$$, $q$ ; $$ ; $q$, \"odd;name\")"),
                postgres(StatementKind.PLAIN, "INSERT INTO temp (a) VALUES (1)"),
                postgres(StatementKind.PLAIN, "SELECT 'pg_advisory_lock(1)'"),
                postgres(StatementKind.PLAIN, "SELECT pg_advisory_xact_lock(1)"),
                postgres(StatementKind.PLAIN, "SELECT pg_try_advisory_xact_lock_shared(1)"),
                postgres(StatementKind.PLAIN, "SELECT set_config('a.b', f(x, 'y)'), true)"),
                postgres(StatementKind.PLAIN, "SET LOCAL search_path = x"),
                postgres(StatementKind.PLAIN, "set transaction isolation level serializable"),
                postgres(StatementKind.PLAIN, "SET CONSTRAINTS ALL DEFERRED"),
                postgres(StatementKind.PLAIN, "ROLLBACK TO SAVEPOINT a"),
                postgres(StatementKind.PLAIN, "ROLLBACK WORK TO a"),
                postgres(StatementKind.PLAIN, "SAVEPOINT a"),
                postgres(StatementKind.PLAIN, "RELEASE a"),
                postgres(StatementKind.PLAIN, "DECLARE c CURSOR FOR SELECT 1"),
                postgres(StatementKind.PLAIN, "CREATE TABLE t (a int)"),
                postgres(StatementKind.PLAIN, "CREATE TEMP TABLE t (a text DEFAULT 'ON COMMIT') ON COMMIT DROP"),
                postgres(StatementKind.UNMARKED, "NOTIFY x, 'y'"),
                postgres(StatementKind.PLAIN, "SELECT a - -1, a/b, x->>'k' FROM t WHERE a = $1 AND b = $2"),
                postgres(StatementKind.BEGIN, "BEGIN"),
                postgres(StatementKind.BEGIN, "start transaction read only"),
                postgres(StatementKind.END, "COMMIT;"),
                postgres(StatementKind.END, "/* app */ commit work"),
                postgres(StatementKind.END, "END"),
                postgres(StatementKind.END, "ROLLBACK"),
                postgres(StatementKind.END, "ABORT"),
                postgres(StatementKind.END, "COMMIT AND CHAIN"),
                postgres(StatementKind.END, "PREPARE TRANSACTION 'x'"),
                postgres(StatementKind.MAY_COMMIT, "COMMIT PREPARED 'x'"),
                postgres(StatementKind.MAY_COMMIT, "ROLLBACK PREPARED 'x'"),
                postgres(StatementKind.MAY_COMMIT, "CALL p()"),
                postgres(StatementKind.MAY_COMMIT, "DO $$ BEGIN COMMIT; END $$"),
                postgres(StatementKind.MAY_COMMIT, "{call p(?)}"),
                postgres(StatementKind.MAY_COMMIT, "INSERT INTO t VALUES (1); COMMIT"),
                postgres(StatementKind.MAY_COMMIT, "SELECT ';' ; SELECT 2"),
                postgres(StatementKind.MAY_COMMIT, "SELECT \"it's\"; COMMIT; SELECT 'x'"),
                postgres(StatementKind.MAY_COMMIT, "SELECT 'E\\'; COMMIT; SELECT '"),
                postgres(StatementKind.MAY_COMMIT, "SELECT $1; COMMIT; SELECT $2"),
                postgres(StatementKind.MAY_COMMIT, "VACUUM t"),
                postgres(StatementKind.MAY_COMMIT, "FROBNICATE t"),
                postgres(StatementKind.SETTING, "SET search_path = x"),
                postgres(StatementKind.SETTING, "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"),
                postgres(StatementKind.SETTING, "RESET ALL"),
                postgres(StatementKind.SETTING, "SELECT pg_catalog.set_config(?, ?, false) ;"),
                postgres(StatementKind.SETTING, "DEALLOCATE p"),
                postgres(StatementKind.SESSION, "SELECT set_config('a.b', x, false) FROM t"),
                postgres(StatementKind.UNREPEATABLE, "COPY t FROM '/x'"),
                postgres(StatementKind.UNREPEATABLE, "SELECT lo_creat(-1)"),
                postgres(StatementKind.UNREPEATABLE, "INSERT INTO t VALUES (currval('s'))"),
                postgres(StatementKind.UNREPEATABLE, "SELECT lastval()"),
                postgres(StatementKind.UNREPEATABLE, "SELECT pg_catalog.setval('s', 7)"),
                postgres(StatementKind.MAY_COMMIT, "SELECT 1 -- one\r; COMMIT"),
                postgres(StatementKind.PLAIN, "SELECT 1 -- one; COMMIT\r"),
                postgres(StatementKind.MAY_COMMIT, "SELECT 'a\\', '; COMMIT; --'"),
                postgres(StatementKind.PLAIN, "SELECT E'a\\\\', 'b\\c'"),
                mysql(StatementKind.PLAIN, "SELECT 1 -- one\r; COMMIT"),
                postgres(StatementKind.UNREPEATABLE, "SELECT * FROM dblink('x', 'y') AS t(a int)"),
                postgres(StatementKind.SESSION, "LISTEN x"),
                postgres(StatementKind.SESSION, "UNLISTEN *"),
                postgres(StatementKind.SESSION, "LOAD 'x'"),
                postgres(StatementKind.SETTING, "DISCARD ALL"),
                postgres(StatementKind.SETTING, "PREPARE p AS SELECT 1"),
                postgres(StatementKind.SESSION, "DECLARE c NO SCROLL CURSOR WITH HOLD FOR SELECT 1"),
                postgres(StatementKind.SESSION, "CREATE TEMP TABLE t (a int)"),
                postgres(StatementKind.SESSION, "create or replace local temporary view v as select 1"),
                postgres(StatementKind.SESSION, "SELECT * INTO TEMP t FROM u"),
                postgres(StatementKind.SESSION, "SELECT pg_advisory_lock(1)"),
                postgres(StatementKind.SESSION, "select a, pg_catalog.\"pg_try_advisory_lock_shared\"(1, 2) from t"),
                postgres(StatementKind.SETTING, "SELECT set_config('a.b', 'true', false)"),
                postgres(StatementKind.SESSION, "SELECT set_config('a.b', 'x', ?)"),
                mysql(StatementKind.PLAIN, "SELECT 1 # ; comment\n"),
                mysql(StatementKind.PLAIN, "SELECT `a;b`, \"c;d\", 'e\\';f' FROM t"),
                mysql(StatementKind.PLAIN, "REPLACE INTO t VALUES (1)"),
                mysql(StatementKind.PLAIN, "LOAD DATA LOCAL INFILE 'x' INTO TABLE t"),
                mysql(StatementKind.PLAIN, "SET TRANSACTION READ ONLY"),
                mysql(StatementKind.PLAIN, "ROLLBACK TO a"),
                mysql(StatementKind.BEGIN, "START TRANSACTION WITH CONSISTENT SNAPSHOT"),
                mysql(StatementKind.BEGIN, "BEGIN"),
                mysql(StatementKind.END, "COMMIT"),
                mysql(StatementKind.MAY_COMMIT, "SELECT 5--3; COMMIT"),
                mysql(StatementKind.MAY_COMMIT, "SELECT /*!50000 1; COMMIT */"),
                mysql(StatementKind.MAY_COMMIT, "/*!50000 COMMIT */"),
                mysql(StatementKind.MAY_COMMIT, "CREATE TABLE t (a int)"),
                mysql(StatementKind.MAY_COMMIT, "ALTER TABLE t ADD b int"),
                mysql(StatementKind.MAY_COMMIT, "TRUNCATE t"),
                mysql(StatementKind.MAY_COMMIT, "LOCK TABLES t WRITE"),
                mysql(StatementKind.MAY_COMMIT, "SET @@session.autocommit = 1"),
                mysql(StatementKind.MAY_COMMIT, "BEGIN NOT ATOMIC COMMIT; END"),
                mysql(StatementKind.MAY_COMMIT, "DO f()"),
                mysql(StatementKind.MAY_COMMIT, "XA COMMIT 'x'"),
                mysql(StatementKind.SESSION, "SET sql_mode = ''"),
                mysql(StatementKind.SESSION, "SET autocommit=0"),
                mysql(StatementKind.SESSION, "SET SESSION autocommit := /* no */ OFF"),
                mysql(StatementKind.MAY_COMMIT, "SET autocommit = 01"),
                mysql(StatementKind.SESSION, "SET @a = 'autocommit'"),
                mysql(StatementKind.SESSION, "SELECT @a := 1"),
                mysql(StatementKind.SESSION, "SELECT a INTO @b FROM t"),
                mysql(StatementKind.SESSION, "SELECT GET_LOCK('x', 1)"),
                mysql(StatementKind.SESSION, "CREATE TEMPORARY TABLE t (a int)"),
                mysql(StatementKind.SESSION, "USE other"),
                sqlServer(StatementKind.PLAIN, "SELECT [a;b], 'c;d' FROM t"),
                sqlServer(StatementKind.PLAIN, "CREATE TABLE t (a int)"),
                sqlServer(StatementKind.PLAIN, "SAVE TRANSACTION a"),
                sqlServer(StatementKind.BEGIN, "BEGIN TRAN"),
                sqlServer(StatementKind.END, "COMMIT TRANSACTION;"),
                sqlServer(StatementKind.END, "ROLLBACK"),
                sqlServer(StatementKind.MAY_COMMIT, "ROLLBACK TRAN a"),
                sqlServer(StatementKind.MAY_COMMIT, "INSERT INTO t VALUES (1) COMMIT"),
                sqlServer(StatementKind.MAY_COMMIT, "EXEC p"),
                sqlServer(StatementKind.SESSION, "SELECT * INTO #t FROM u"),
                sqlServer(StatementKind.SESSION, "CREATE TABLE #t (a int)"),
                sqlServer(StatementKind.SESSION, "SET TRANSACTION ISOLATION LEVEL SNAPSHOT"));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void textTellsTheKind(Row row) {
        assertThat(row.dialect().kindOf(row.sql())).as(row.toString()).isEqualTo(row.kind());
    }
}
