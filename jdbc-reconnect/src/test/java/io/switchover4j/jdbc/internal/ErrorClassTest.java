package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.postgresql.util.ServerErrorMessage;

class ErrorClassTest {

    private static final Dialect POSTGRES = new PostgresDialect();
    private static final Dialect MYSQL = new MySqlDialect(true);
    private static final Dialect SQL_SERVER = new SqlServerDialect();
    private static final Dialect STANDARD = new StandardDialect();

    record Row(Dialect dialect, @Nullable String state, int number, String message, ErrorClass expected) {}

    private static Row postgres(String state, ErrorClass expected) {
        return new Row(POSTGRES, state, 0, "some error", expected);
    }

    private static Row mysql(String state, int number, String message, ErrorClass expected) {
        return new Row(MYSQL, state, number, message, expected);
    }

    private static Row sqlServer(int number, ErrorClass expected) {
        return new Row(SQL_SERVER, "S0001", number, "some error", expected);
    }

    static List<Row> rows() {
        return List.of(
                postgres("08000", ErrorClass.CONNECTION_LOST),
                postgres("08006", ErrorClass.CONNECTION_LOST),
                postgres("08007", ErrorClass.CONNECTION_LOST),
                postgres("08P01", ErrorClass.CONNECTION_LOST),
                postgres("57P01", ErrorClass.CONNECTION_LOST),
                postgres("57P02", ErrorClass.CONNECTION_LOST),
                postgres("57P05", ErrorClass.CONNECTION_LOST),
                postgres("25P03", ErrorClass.CONNECTION_LOST),
                postgres("25P04", ErrorClass.CONNECTION_LOST),
                postgres("08003", ErrorClass.REFUSED_CLOSED),
                postgres("57P03", ErrorClass.NOT_READY),
                postgres("53300", ErrorClass.NOT_READY),
                postgres("08001", ErrorClass.NOT_READY),
                postgres("08004", ErrorClass.NOT_READY),
                postgres("25006", ErrorClass.READ_ONLY),
                new Row(
                        POSTGRES,
                        "0A000",
                        0,
                        "ERROR: cannot use serializable mode in a hot standby",
                        ErrorClass.READ_ONLY),
                postgres("0A000", ErrorClass.APPLICATION),
                postgres("40001", ErrorClass.ROLLED_BACK),
                postgres("40P01", ErrorClass.ROLLED_BACK),
                postgres("23505", ErrorClass.APPLICATION),
                postgres("57014", ErrorClass.APPLICATION),
                postgres("28P01", ErrorClass.APPLICATION),
                postgres("53100", ErrorClass.APPLICATION),
                postgres("58030", ErrorClass.APPLICATION),
                postgres("99999", ErrorClass.APPLICATION),
                postgres("XX000", ErrorClass.APPLICATION),
                new Row(POSTGRES, null, 0, "Connection is closed", ErrorClass.REFUSED_CLOSED),
                new Row(POSTGRES, null, 0, "Connection is not available, request timed out", ErrorClass.APPLICATION),
                mysql("08S01", 0, "Communications link failure", ErrorClass.CONNECTION_LOST),
                mysql("08000", -1, "unexpected end of stream", ErrorClass.CONNECTION_LOST),
                mysql("08S01", 1053, "Server shutdown in progress", ErrorClass.CONNECTION_LOST),
                mysql("HY000", 3169, "The session was killed", ErrorClass.CONNECTION_LOST),
                mysql("70100", 1927, "Connection was killed", ErrorClass.CONNECTION_LOST),
                mysql("HY000", 4031, "disconnected by inactivity", ErrorClass.CONNECTION_LOST),
                mysql("HY000", 2013, "Lost connection", ErrorClass.CONNECTION_LOST),
                mysql("08003", 0, "No operations allowed after connection closed.", ErrorClass.REFUSED_CLOSED),
                mysql("08004", 1040, "Too many connections", ErrorClass.NOT_READY),
                mysql("08S01", 1042, "bad host", ErrorClass.NOT_READY),
                mysql("42000", 1203, "max_user_connections", ErrorClass.NOT_READY),
                mysql("08001", 0, "refused", ErrorClass.NOT_READY),
                mysql("HY000", 1290, "running with the --read-only option", ErrorClass.READ_ONLY),
                mysql("HY000", 1290, "running with the --super-read-only option", ErrorClass.READ_ONLY),
                mysql("HY000", 1290, "running with the --secure-file-priv option", ErrorClass.APPLICATION),
                mysql("HY000", 1836, "Running in read-only mode", ErrorClass.READ_ONLY),
                mysql("25006", 1792, "READ ONLY transaction", ErrorClass.APPLICATION),
                mysql("40001", 1213, "Deadlock found", ErrorClass.ROLLED_BACK),
                mysql("40000", 3101, "rollback during commit", ErrorClass.ROLLED_BACK),
                mysql("40001", 1205, "Lock wait timeout exceeded", ErrorClass.APPLICATION),
                mysql("23000", 1062, "Duplicate entry", ErrorClass.APPLICATION),
                mysql("28000", 1045, "Access denied", ErrorClass.APPLICATION),
                sqlServer(64, ErrorClass.CONNECTION_LOST),
                sqlServer(233, ErrorClass.CONNECTION_LOST),
                sqlServer(596, ErrorClass.CONNECTION_LOST),
                sqlServer(6005, ErrorClass.CONNECTION_LOST),
                sqlServer(10053, ErrorClass.CONNECTION_LOST),
                sqlServer(10054, ErrorClass.CONNECTION_LOST),
                sqlServer(40143, ErrorClass.CONNECTION_LOST),
                sqlServer(40166, ErrorClass.CONNECTION_LOST),
                sqlServer(40197, ErrorClass.CONNECTION_LOST),
                sqlServer(40540, ErrorClass.CONNECTION_LOST),
                sqlServer(4060, ErrorClass.NOT_READY),
                sqlServer(4221, ErrorClass.NOT_READY),
                sqlServer(10928, ErrorClass.NOT_READY),
                sqlServer(10929, ErrorClass.NOT_READY),
                sqlServer(40020, ErrorClass.NOT_READY),
                sqlServer(40501, ErrorClass.NOT_READY),
                sqlServer(40613, ErrorClass.NOT_READY),
                sqlServer(42108, ErrorClass.NOT_READY),
                sqlServer(42109, ErrorClass.NOT_READY),
                sqlServer(49918, ErrorClass.NOT_READY),
                sqlServer(49919, ErrorClass.NOT_READY),
                sqlServer(49920, ErrorClass.NOT_READY),
                sqlServer(976, ErrorClass.READ_ONLY),
                sqlServer(978, ErrorClass.READ_ONLY),
                sqlServer(979, ErrorClass.READ_ONLY),
                sqlServer(982, ErrorClass.READ_ONLY),
                sqlServer(983, ErrorClass.READ_ONLY),
                sqlServer(3906, ErrorClass.READ_ONLY),
                sqlServer(1205, ErrorClass.ROLLED_BACK),
                sqlServer(3960, ErrorClass.ROLLED_BACK),
                sqlServer(2627, ErrorClass.APPLICATION),
                new Row(SQL_SERVER, "08S01", 0, "Connection reset", ErrorClass.CONNECTION_LOST),
                new Row(STANDARD, "08006", 0, "gone", ErrorClass.CONNECTION_LOST),
                new Row(STANDARD, "25006", 0, "read only", ErrorClass.APPLICATION));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void tableSaysWhatAnErrorMeans(Row row) {
        SQLException error = new SQLException(row.message(), row.state(), row.number());

        assertThat(row.dialect().classify(error)).as(row.toString()).isEqualTo(row.expected());
    }

    @Test
    void chainedErrorsAreLookedThrough() {
        BatchUpdateException batch = new BatchUpdateException("Batch entry 0 failed", null, new int[0]);
        batch.setNextException(new SQLException("terminating connection", "57P01"));

        assertThat(POSTGRES.classify(batch)).isEqualTo(ErrorClass.CONNECTION_LOST);
    }

    @Test
    void causesAreLookedThrough() {
        SQLException outer =
                new SQLException("pool says no", null, 0, new RuntimeException(new SQLException("", "57P03")));

        assertThat(POSTGRES.classify(outer)).isEqualTo(ErrorClass.NOT_READY);
    }

    @Test
    void causesOfChainedErrorsAreLookedThrough() {
        SQLException outer = new SQLException("outer", "HY000");
        outer.setNextException(new SQLException("next", "HY000", new SQLException("gone", "08006")));

        assertThat(POSTGRES.classify(outer)).isEqualTo(ErrorClass.CONNECTION_LOST);
    }

    @Test
    void onlyTheCallsOwnErrorProvesThatNothingWasSent() {
        SQLException outer = new SQLException("outer", "HY000", new SQLException("closed", "08003"));
        BatchUpdateException batch = new BatchUpdateException("closed", "08003", new int[0]);

        assertThat(POSTGRES.classify(outer)).isEqualTo(ErrorClass.CONNECTION_LOST);
        assertThat(POSTGRES.classify(batch)).isEqualTo(ErrorClass.CONNECTION_LOST);
    }

    @Test
    void endlessChainsEnd() {
        SQLException first = new SQLException("first", "HY000");
        SQLException last = first;
        for (int i = 0; i < 100; i++) {
            SQLException next = new SQLException("next", "HY000");
            last.setNextException(next);
            last = next;
        }
        last.setNextException(new SQLException("too far", "08006"));

        assertThat(POSTGRES.classify(first)).isEqualTo(ErrorClass.APPLICATION);
    }

    @Test
    void productNameAndVersionChooseTheDialect() {
        assertThat(Dialects.ofProduct("PostgreSQL", "18.6")).isInstanceOf(PostgresDialect.class);
        assertThat(Dialects.ofProduct("MySQL", "9.7.4")).isInstanceOf(MySqlDialect.class);
        assertThat(Dialects.ofProduct("MariaDB", "11.4.5")).isInstanceOf(MySqlDialect.class);
        assertThat(Dialects.ofProduct("MySQL", "5.5.5-10.11.19-MariaDB")).isInstanceOf(MySqlDialect.class);
        assertThat(Dialects.ofProduct("Microsoft SQL Server", "16")).isInstanceOf(SqlServerDialect.class);
        assertThat(Dialects.ofProduct("H2", "2")).isInstanceOf(StandardDialect.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"08000", "08001", "08003", "08006"})
    void whatAPostgresServerSaysOfItsOwnConnectionsIsTheApplications(String state) {
        var sent = new PSQLException(
                new ServerErrorMessage("SERROR\0VERROR\0C%s\0Mconnection \"audit\" not available\0".formatted(state)));

        assertThat(sent.getSQLState()).isEqualTo(state);
        assertThat(POSTGRES.classify(sent)).isEqualTo(ErrorClass.APPLICATION);
    }

    private static PSQLException sent(String severity, String state, String routine) {
        return new PSQLException(
                new ServerErrorMessage("S%s\0V%1$s\0C%s\0Msome error\0R%s\0".formatted(severity, state, routine)));
    }

    static List<String> statesOfALostServer() {
        return List.of("57P01", "57P02", "57P03", "57P05", "25P03", "25P04", "53300", "08004", "08007", "08P01");
    }

    @ParameterizedTest
    @MethodSource("statesOfALostServer")
    void whatAFunctionRaisesInALivingSessionIsTheApplications(String state) {
        PSQLException raised = sent("ERROR", state, "exec_stmt_raise");
        var batch = new BatchUpdateException("Batch entry 0", state, 0, new int[0], raised);
        batch.setNextException(raised);

        assertThat(POSTGRES.classify(raised)).isEqualTo(ErrorClass.APPLICATION);
        assertThat(POSTGRES.classify(batch)).isEqualTo(ErrorClass.APPLICATION);
        assertThat(POSTGRES.leftSessionOpen(raised)).isTrue();
        assertThat(POSTGRES.leftSessionOpen(batch)).isTrue();
    }

    @ParameterizedTest
    @MethodSource("statesOfALostServer")
    void whatEndsTheSessionIsALoss(String state) {
        PSQLException ended = sent("FATAL", state, "InitPostgres");
        var batch = new BatchUpdateException("Batch entry 0", state, 0, new int[0], ended);

        assertThat(POSTGRES.classify(ended).isLoss()).isTrue();
        assertThat(POSTGRES.classify(batch).isLoss()).isTrue();
        assertThat(POSTGRES.leftSessionOpen(ended)).isFalse();
        assertThat(POSTGRES.leftSessionOpen(batch)).isFalse();
    }

    @Test
    void whatEndsAParallelWorkerEndsItsSessionNext() {
        PSQLException ended = sent("ERROR", "57P01", "ProcessInterrupts");

        assertThat(POSTGRES.classify(ended)).isEqualTo(ErrorClass.CONNECTION_LOST);
        assertThat(POSTGRES.leftSessionOpen(ended)).isFalse();
    }

    @Test
    void inAnotherLanguageTheDriversOwnErrorBehindItTellsThatTheSessionEnded() {
        PSQLException raised = sent("FEHLER", "57P01", "exec_stmt_raise");
        PSQLException ended = sent("ВАЖНО", "57P01", "SomeRoutine");
        ended.setNextException(new PSQLException("I/O", PSQLState.CONNECTION_FAILURE));

        assertThat(POSTGRES.leftSessionOpen(raised)).isTrue();
        assertThat(POSTGRES.leftSessionOpen(ended)).isFalse();
        assertThat(POSTGRES.classify(ended)).isEqualTo(ErrorClass.CONNECTION_LOST);
    }

    @Test
    void whatThePostgresDriverSaysItselfIsALostConnection() {
        assertThat(POSTGRES.classify(new PSQLException("closed", PSQLState.CONNECTION_DOES_NOT_EXIST)))
                .isEqualTo(ErrorClass.REFUSED_CLOSED);
        assertThat(POSTGRES.classify(new PSQLException("I/O", PSQLState.CONNECTION_FAILURE)))
                .isEqualTo(ErrorClass.CONNECTION_LOST);
    }
}
