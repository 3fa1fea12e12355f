package io.switchover4j.jdbc.internal;

import static io.switchover4j.testkit.MessageMatcher.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.jdbc.ReplayControl;
import io.switchover4j.jdbc.ReplayOff;
import io.switchover4j.jdbc.UnitNotAppliedException;
import io.switchover4j.testkit.FaultProxy;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Calendar;
import java.util.List;
import java.util.Random;
import java.util.TimeZone;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Transactions on HikariCP, pgjdbc and a real server whose sessions are killed, and what the application sees of it. */
final class ReplayIT extends KilledSessions {

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void aTransactionThatIsCutAnywhereBeforeItsCommitIsAppliedOnceAndTheApplicationSeesNothing(int cutBefore)
            throws SQLException {
        int pid = pid();
        PreparedStatement insert = connection.prepareStatement("insert into t (v) values (?)");
        for (int call = 0; call < 4; call++) {
            if (call == cutBefore) {
                kill(pid);
            }
            insert.setString(1, "v" + call);
            assertThat(insert.executeUpdate()).isEqualTo(1);
        }
        if (cutBefore == 4) {
            kill(pid);
            assertThat(text("select count(*) from t")).isEqualTo("4");
        }
        connection.commit();

        assertThat(values()).containsExactly("v0", "v1", "v2", "v3");
        assertThat(counters.snapshot().replayed()).isEqualTo(1);
    }

    @Test
    void aTransactionThatIsCutAgainAndAgainIsReplayedAgainAndAgain() throws SQLException {
        for (int i = 0; i < 5; i++) {
            update("insert into t (v) values ('" + i + "')");
            kill(pid());
        }
        update("insert into t (v) values ('5')");
        connection.commit();
        assertThat(values()).containsExactly("0", "1", "2", "3", "4", "5");
        assertThat(counters.snapshot().refused()).isEmpty();
    }

    @Test
    void theSameTransactionIsNotReplayedForEver() throws SQLException {
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 10; i++) {
                        update("insert into t (v) values ('" + i + "')");
                        kill(pid());
                    }
                })
                .isInstanceOf(UnitNotAppliedException.class)
                .hasMessageContaining("replayed too often");
        connection.rollback();
        assertThat(values()).isEmpty();
    }

    @Test
    void whatWasReadIsReadAgainAndAnyDifferenceIsNotApplied() throws SQLException {
        admin("insert into t (v) values ('before')");
        assertThat(text("select v from t")).isEqualTo("before");
        int pid = pid();
        update("insert into t (v) values ('mine')");
        kill(pid);
        admin("update t set v = 'changed' where v = 'before'");

        assertThatThrownBy(() -> update("insert into t (v) values ('more')"))
                .isInstanceOf(UnitNotAppliedException.class)
                .hasMessageContaining("It was not replayed: call 1, 'select v', gave other rows");
        assertThatThrownBy(() -> update("insert into t (v) values ('half')"))
                .isInstanceOf(UnitNotAppliedException.class)
                .hasMessageContaining("was lost earlier");
        connection.rollback();

        assertThat(values()).containsExactly("changed");
        assertThat(counters.snapshot().differed()).isEqualTo(1);
    }

    @Test
    void aRowThatWasLockedIsLockedAgainAndMustBeTheSame() throws SQLException {
        admin("insert into t (v) values ('100')");
        assertThat(text("select v from t where id = 1 for update")).isEqualTo("100");
        kill(pid());
        admin("update t set v = '10'");

        assertThatThrownBy(() -> update("update t set v = v::int - 90")).isInstanceOf(UnitNotAppliedException.class);
        connection.rollback();
        assertThat(values()).containsExactly("10");
    }

    /** Who takes the row between the cut and the replay. */
    private enum Thief {
        CHANGES_IT,
        LOCKS_IT_FOR_A_WHILE
    }

    @ParameterizedTest
    @EnumSource
    void aLockThatIsStolenBetweenTheCutAndTheReplayIsTakenAgainBeforeAnythingIsBuiltOnIt(Thief thief) throws Exception {
        admin("insert into t (v) values ('100')");
        CompletableFuture<Boolean> released = new CompletableFuture<>();
        try (FaultProxy proxy = FaultProxy.inFrontOf(pair.node("a"));
                HikariDataSource through = pool(proxy.endpoint().toString());
                Connection other = pair.node("a").dataSource(pair.application()).getConnection()) {
            openThrough(through);
            other.setAutoCommit(false);
            assertThat(text("select v from t where id = 1 for update")).isEqualTo("100");
            proxy.on(query("mine"))
                    .afterSent()
                    .meanwhile(hit -> {
                        try (Statement statement = other.createStatement()) {
                            statement.execute("update t set v = '10' where id = 1");
                        }
                        if (thief == Thief.CHANGES_IT) {
                            other.commit();
                        } else {
                            var unused = released.completeAsync(() -> {
                                rollBackOnceSomebodyWaits(other);
                                return true;
                            });
                        }
                    })
                    .cut();
            if (thief == Thief.CHANGES_IT) {
                assertThatThrownBy(() -> update("update t set v = 'mine' || v where id = 1"))
                        .isInstanceOf(UnitNotAppliedException.class);
                connection.rollback();
                assertThat(values()).containsExactly("10");
            } else {
                update("update t set v = 'mine' || v where id = 1");
                connection.commit();
                assertThat(released.get(10, TimeUnit.SECONDS)).isTrue();
                assertThat(values()).containsExactly("mine100");
                assertThat(counters.snapshot().replayed()).isEqualTo(1);
            }
        }
    }

    private static void rollBackOnceSomebodyWaits(Connection holder) {
        try {
            PostgresLedgerIT.await(
                    "the replay waits for the lock",
                    () -> number("select count(*) from pg_locks where not granted") > 0);
            holder.rollback();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aLockIsHeldAgainAfterTheReplay() throws SQLException {
        admin("insert into t (v) values ('100')");
        assertThat(text("select v from t where id = 1 for update")).isEqualTo("100");
        kill(pid());
        assertThat(text("select 1")).isEqualTo("1");
        assertThatThrownBy(() -> admin("select v from t where id = 1 for update nowait"))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("55P03"));
        connection.rollback();
    }

    @Test
    void rowsThatNobodySteppedOverAreNotCompared() throws SQLException {
        admin("insert into t (v) select g from generate_series(1, 5) g");
        int pid = pid();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select v from t order by id")) {
            rows.next();
            rows.next();
            assertThat(rows.getString(1)).isEqualTo("2");
            kill(pid);
            admin("update t set v = 'new' where id = 5");

            update("insert into t (v) values ('mine')");

            assertThat(rows.getString(1)).isEqualTo("2");
            List<String> rest = new ArrayList<>();
            while (rows.next()) {
                rest.add(rows.getString(1));
            }
            assertThat(rest).containsExactly("3", "4", "new");
        }
        connection.commit();
        assertThat(counters.snapshot().replayed()).isEqualTo(1);
    }

    @Test
    void aResultThatIsReadInPartsGoesOnAtItsPlace() throws SQLException {
        admin("insert into t (v) select g from generate_series(1, 50) g");
        int pid = pid();
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(10);
            ResultSet rows = statement.executeQuery("select v from t order by id");
            for (int i = 1; i <= 50; i++) {
                if (i == 15) {
                    kill(pid);
                }
                assertThat(rows.next()).isTrue();
                assertThat(rows.getInt(1)).isEqualTo(i);
            }
            assertThat(rows.next()).isFalse();
        }
        connection.commit();
        assertThat(counters.snapshot().replayed()).isEqualTo(1);
    }

    @Test
    void moreRowsThanBeforeAreADifferenceOnceTheEndWasSeen() throws SQLException {
        admin("insert into t (v) values ('1')");
        assertThat(values(connection)).containsExactly("1");
        kill(pid());
        admin("insert into t (v) values ('2')");
        assertThatThrownBy(() -> update("insert into t (v) values ('3')"))
                .hasMessageContaining("more rows than the 1 before");
        connection.rollback();
    }

    /** Text at first, binary from the third execution on; a new connection begins with text again. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "1::smallint",
                "2147483647::int",
                "1::bigint",
                "1.50::numeric",
                "'NaN'::numeric",
                "1e20::numeric",
                "0.1::float4",
                "'Infinity'::float4",
                "0.1::float8",
                "1e300::float8",
                "'-0'::float8",
                "true",
                "'x'::text",
                "'x'::char(3)",
                "'\\x00ff'::bytea",
                "'2026-03-29'::date",
                "'infinity'::date",
                "'02:30:00.123456'::time",
                "'10:11:12+03'::timetz",
                "'2026-03-29 02:30'::timestamp",
                "'2026-03-29 02:30+03'::timestamptz",
                "'infinity'::timestamptz",
                "'-infinity'::timestamp",
                "'00000000-0000-0000-0000-00000000000a'::uuid",
                "array[1,2,null]",
                "array[array[1.5,2]]",
                "array['a','b c','\"']",
                "array[now() - now()]",
                "array[0.1::float8]",
                "'{\"a\":1}'::json",
                "'{\"a\":1}'::jsonb",
                "'1 day'::interval",
                "'10.0.0.1'::inet",
                "point(1,2)",
                "'(1,2)'::int4range",
                "row(1,'x')",
                "null::int",
                "null::text",
                "'101'::bit(3)",
                "'1'::bit(1)",
                "B'10'::varbit",
                "12.5::money",
                "'a'::\"char\"",
                "1::oid",
                "'<a/>'::xml",
                "array[true,false]",
                "'2026-03-29'::date - 1",
                "array['2026-03-29 02:30+03'::timestamptz]",
                "box(point(0,0),point(1,1))"
            })
    void aValueIsTheSameHoweverTheServerSendsIt(String value) throws SQLException {
        PreparedStatement query = connection.prepareStatement("select " + value);
        for (int i = 0; i < 8; i++) {
            try (ResultSet row = query.executeQuery()) {
                assertThat(row.next()).isTrue();
            }
            if (i == 0) {
                assertThat(connection.unwrap(ReplayControl.class).whyOff()).isEmpty();
            }
        }
        kill(pid());
        update("insert into t (v) values ('x')");
        assertThat(counters.snapshot().replayed()).isEqualTo(1);
    }

    @Test
    void aNumberThatWasDrawnStaysValidAndTheNextOneLiesBeyond() throws SQLException {
        PreparedStatement draw = connection.prepareStatement("select nextval('s')");
        long drawn;
        try (ResultSet row = draw.executeQuery()) {
            row.next();
            kill(pid());
            update("insert into t (v) values ('cut')");
            drawn = row.getLong(1);
            assertThat(row.next()).isFalse();
        }
        assertThat(drawn).isEqualTo(1);
        update("insert into t (id, v) values (" + (drawn + 1_000) + ", 'x')");
        connection.commit();
        assertThat(values()).containsExactly("cut", "x");
        assertThat(text("select nextval('s')")).isEqualTo("3");
    }

    @Test
    void aNumberThatTheNewPrimaryMayGiveToOthersIsADifference() throws SQLException {
        text("select nextval('s')");
        text("SELECT nextval('public.s'::regclass) AS key;");
        kill(pid());
        admin("alter sequence s restart with 1");
        assertThatThrownBy(() -> update("insert into t (v) values ('x')"))
                .isInstanceOf(UnitNotAppliedException.class)
                .hasMessageContaining("drew 1, and 1 may be given to others");
        connection.rollback();
    }

    @Test
    void aDescendingSequenceIsFollowedInItsDirection() throws SQLException {
        admin("create sequence if not exists down increment -1");
        text("select nextval('down')");
        kill(pid());
        update("insert into t (v) values ('x')");
        assertThat(counters.snapshot().replayed()).isEqualTo(1);
    }

    @Test
    void anIdentityThatWasReadIsADifferenceAndOneThatWasNotIsNone() throws SQLException {
        PreparedStatement insert = connection.prepareStatement("insert into t (v) values (?)", new String[] {"id"});
        insert.setString(1, "a");
        insert.executeUpdate();
        kill(pid());
        update("insert into t (v) values ('b')");
        assertThat(counters.snapshot().replayed()).isEqualTo(1);

        insert.setString(1, "c");
        insert.executeUpdate();
        try (ResultSet keys = insert.getGeneratedKeys()) {
            assertThat(keys.next()).isTrue();
        }
        kill(pid());
        assertThatThrownBy(() -> update("insert into t (v) values ('d')"))
                .isInstanceOf(UnitNotAppliedException.class)
                .hasMessageContaining("other rows");
        connection.rollback();
    }

    @Test
    void savepointsAreSetAgainAndErrorsThatTheyCaughtMustHappenAgain() throws SQLException {
        update("insert into t (v) values ('a')");
        Savepoint named = connection.setSavepoint("named");
        assertThatThrownBy(() -> update("insert into nowhere values (1)")).hasMessageContaining("nowhere");
        connection.rollback(named);
        Savepoint unnamed = connection.setSavepoint();
        int id = unnamed.getSavepointId();
        update("insert into t (v) values ('gone')");
        int pid = pid();
        kill(pid);

        connection.rollback(unnamed);
        update("insert into t (v) values ('b')");
        connection.releaseSavepoint(named);
        connection.commit();

        assertThat(unnamed.getSavepointId()).isEqualTo(id);
        assertThat(named.getSavepointName()).isEqualTo("named");
        assertThat(values()).containsExactly("a", "b");
        assertThat(counters.snapshot().replayed()).isEqualTo(1);
    }

    @Test
    void anErrorThatDoesNotHappenAgainIsADifference() throws SQLException {
        Savepoint savepoint = connection.setSavepoint();
        assertThatThrownBy(() -> update("insert into later values (1)")).hasMessageContaining("later");
        connection.rollback(savepoint);
        kill(pid());
        admin("create table later (a int)");
        try {
            assertThatThrownBy(() -> update("insert into t (v) values ('x')"))
                    .hasMessageContaining("did not fail again");
            connection.rollback();
        } finally {
            admin("drop table later");
        }
    }

    @Test
    void batchesAreSentAgainAsTheyWere() throws SQLException {
        PreparedStatement insert = connection.prepareStatement("insert into t (v) values (?)");
        byte[] unused = {1};
        for (String v : List.of("a", "b")) {
            insert.setString(1, v);
            insert.addBatch();
        }
        assertThat(insert.executeBatch()).containsExactly(1, 1);
        try (Statement statement = connection.createStatement()) {
            statement.addBatch("insert into t (v) values ('c')");
            statement.addBatch("update t set v = v || '!'");
            assertThat(statement.executeBatch()).containsExactly(1, 3);
        }
        insert.setString(1, "d");
        insert.addBatch();
        kill(pid());
        assertThat(insert.executeBatch()).containsExactly(1);
        Savepoint savepoint = connection.setSavepoint();
        insert.setString(1, "e");
        insert.addBatch();
        try (Statement statement = connection.createStatement()) {
            statement.addBatch("insert into t (v) values ('f')");
            statement.addBatch("insert into t (id) values (-1), (-1)");
            assertThatThrownBy(statement::executeBatch).isInstanceOf(BatchUpdateException.class);
        }
        connection.rollback(savepoint);
        kill(pid());
        insert.executeBatch();
        connection.commit();
        assertThat(unused).hasSize(1);
        assertThat(values()).containsExactly("a!", "b!", "c!", "d", "e");
        assertThat(counters.snapshot().replayed()).isEqualTo(2);
    }

    @Test
    void parametersThatChangedSinceAreSentAsTheyWere() throws SQLException {
        PreparedStatement insert = connection.prepareStatement("insert into t (v) values (encode(?, 'hex') || ? || ?)");
        byte[] reused = {1};
        insert.setBytes(1, reused);
        insert.setString(2, "a");
        insert.setBigDecimal(3, BigDecimal.ONE);
        insert.executeUpdate();
        reused[0] = 2;
        insert.setString(2, "b");
        insert.executeUpdate();
        kill(pid());
        reused[0] = 3;
        insert.setBytes(1, reused);
        insert.executeUpdate();
        connection.commit();
        assertThat(values()).containsExactly("01a1", "01b1", "03b1");
    }

    @Test
    void aTransactionOfSqlTextIsReplayedWithItsOwnBegin() throws SQLException {
        connection.setAutoCommit(true);
        update("BEGIN ISOLATION LEVEL REPEATABLE READ");
        update("insert into t (v) values ('a')");
        kill(pid());
        assertThat(text("show transaction_isolation")).isEqualTo("repeatable read");
        update("COMMIT");
        assertThat(values()).containsExactly("a");
        assertThat(connection.isUnitOpen()).isFalse();
    }

    @Test
    void aParameterIsSentAgainAsItWasWhenItWasSet() throws SQLException {
        int pid = pid();
        int[] reused = {1};
        Timestamp at = Timestamp.valueOf("2026-01-01 00:00:00");
        Calendar zone = Calendar.getInstance(TimeZone.getTimeZone("UTC"));
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into t (v) values (array_to_string(?::int[], ',') || ' ' || (?::timestamp)::date)")) {
            for (int i = 1; i <= 2; i++) {
                reused[0] = i;
                at.setTime(i * 86_400_000L);
                insert.setObject(1, reused);
                insert.setTimestamp(2, at, zone);
                insert.executeUpdate();
            }
        }
        reused[0] = 9;
        at.setTime(0);
        zone.setTimeZone(TimeZone.getTimeZone("Asia/Tokyo"));
        kill(pid);

        update("insert into t (v) values ('last')");
        connection.commit();
        assertThat(values()).containsExactlyInAnyOrder("1 1970-01-02", "2 1970-01-03", "last");
        assertThat(counters.snapshot().replayed()).isEqualTo(1);
    }

    @Test
    void textThatEndsATransactionInTheMiddleIsFollowedByTheServersOwnWord() throws SQLException {
        update("insert into t (v) values ('a'); commit");
        assertThat(connection.isUnitOpen()).isFalse();
        update("insert into t (v) values ('b')");
        kill(pid());
        update("insert into t (v) values ('c')");
        connection.commit();
        assertThat(values()).containsExactly("a", "b", "c");
        connection.setAutoCommit(true);
        update("begin; insert into t (v) values ('d')");
        assertThat(connection.isUnitOpen()).isTrue();
        update("commit /* not and chain */");
        assertThat(connection.isUnitOpen()).isFalse();
        update("begin");
        update("commit and chain");
        assertThat(connection.isUnitOpen()).isTrue();
        assertThat(connection.unwrap(ReplayControl.class).whyOff()).contains(ReplayOff.CHAINED);
        update("rollback");
    }

    @Test
    void streamsAreSentAgainUpToTheLimit() throws SQLException {
        open(3_000);
        connection.setAutoCommit(true);
        update("create table if not exists streamed (b bytea, c text, d text)");
        update("truncate streamed");
        connection.setAutoCommit(false);
        byte[] bytes = new byte[500];
        new Random(1).nextBytes(bytes);
        PreparedStatement insert = connection.prepareStatement("insert into streamed values (?, ?, ?)");
        insert.setBinaryStream(1, new ByteArrayInputStream(bytes), 400);
        insert.setCharacterStream(2, new StringReader("\u00fc".repeat(500)));
        insert.setAsciiStream(3, new ByteArrayInputStream("ascii".getBytes(StandardCharsets.US_ASCII)), 5);
        insert.executeUpdate();
        insert.setBinaryStream(1, new ByteArrayInputStream(bytes));
        insert.setCharacterStream(2, null, 0);
        insert.setCharacterStream(3, new StringReader("three"), 4);
        insert.addBatch();
        insert.executeBatch();
        assertThat(connection.unwrap(ReplayControl.class).whyOff()).isEmpty();
        kill(pid());
        assertThat(text("select string_agg(length(b) || coalesce(c, '-') || d, ' ' order by length(b)) from streamed"))
                .isEqualTo("400" + "\u00fc".repeat(500) + "ascii 500-thre");
        connection.commit();
        assertThat(counters.snapshot().replayed()).isEqualTo(1);

        insert.setBinaryStream(1, new ByteArrayInputStream(new byte[3_001]));
        insert.setString(2, "");
        insert.setString(3, "");
        int pid = pid();
        insert.executeUpdate();
        assertThat(connection.unwrap(ReplayControl.class).whyOff()).contains(ReplayOff.LIMIT);
        kill(pid);
        assertThatThrownBy(() -> update("select 1")).isInstanceOf(UnitNotAppliedException.class);
        connection.rollback();
    }

    @Test
    @SuppressWarnings("InputStreamSlowMultibyteRead") // brevity
    void aStreamThatWasSentInPartIsSentFromItsBeginning() throws SQLException {
        connection.setAutoCommit(true);
        update("create table if not exists streamed (b bytea, c text, d text)");
        update("truncate streamed");
        connection.setAutoCommit(false);
        update("insert into t (v) values ('first')");
        int pid = pid();
        PreparedStatement insert = connection.prepareStatement("insert into streamed values (?, null, null)");
        insert.setBinaryStream(1, new InputStream() {
            private int at;

            @Override
            public int read() throws IOException {
                if (++at == 20_000) {
                    try {
                        kill(pid);
                    } catch (SQLException e) {
                        throw new IOException(e);
                    }
                }
                return at > 60_000 ? -1 : at & 0x7F;
            }
        });
        assertThat(insert.executeUpdate()).isEqualTo(1);
        connection.commit();
        assertThat(text("select length(b) || ' ' || get_byte(b, 0) || ' ' || get_byte(b, 59999) from streamed"))
                .isEqualTo("60000 1 " + (60_000 & 0x7F));
        connection.rollback();
    }

    @Test
    void aDefaultDoesNotGetTheNumberThatWasDrawnAgain() throws SQLException {
        admin(
                "drop table if exists child",
                "create table child (parent bigint default currval('public.s'))",
                "select nextval('s')");
        long drawn = Long.parseLong(text("select nextval('s')"));
        update("insert into t (v) values ('" + drawn + "')");
        kill();
        try {
            update("insert into child default values");
            connection.commit();
            assertThat(number("select parent from child")).isEqualTo(drawn);
        } catch (SQLException e) {
            assertThat(e.getSQLState()).isEqualTo("55000");
            connection.rollback();
        } finally {
            admin("drop table child");
        }
    }
}
