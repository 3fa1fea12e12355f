package io.switchover4j.jdbc.internal;

import java.util.SplittableRandom;

/** Texts for random calls. Their answers depend on nothing but the calls before them, the order of rows included. */
final class RandomSql {

    /** What each database holds at the beginning of a sequence. */
    static final String[] SCHEMA = {
        "create table t (id serial primary key, v text, n numeric, b bytea)",
        "create table k (id int primary key, v text unique)",
        "create table d (id int unique deferrable initially deferred)",
        "create sequence s",
        "create view loud as select id, v from t",
        "create procedure p() language plpgsql as $$ begin insert into t (v) values ('p'); end $$",
        "create procedure pc() language plpgsql as $$ begin insert into t (v) values ('pc'); commit; end $$",
        "create procedure io(inout a int, in b int) language plpgsql as $$ begin a := a + b; end $$",
        "create function plus(a int, b int) returns int language sql as 'select a + b'",
        "create function notes(n int) returns int language plpgsql as"
                + " $$ begin raise notice 'one'; raise warning 'two %', n; return n; end $$",
        "create function rows_of(n int) returns setof int language sql as 'select generate_series(1, n)'",
        "create function cursor_of(n int) returns refcursor language plpgsql as"
                + " $$ declare c refcursor := 'rc'; begin open c for select generate_series(1, n) as g; return c; end $$",
        "insert into k select g, 'k' || g from generate_series(1, 10) g"
    };

    /** Everything that a sequence can leave behind, a column for each of {@link #CLEAN}. */
    static final String COMMITTED = "select to_regclass('made'),"
            + " (select string_agg(t::text, ' ' order by id) from t),"
            + " (select string_agg(k::text, ' ' order by id) from k),"
            + " (select string_agg(d::text, ' ' order by id) from d)";

    /** Brings what {@link #COMMITTED} shows back to where {@link #SCHEMA} left it, rows in their order. */
    static final String[] CLEAN = {
        "drop table made",
        "truncate t",
        "truncate k; insert into k select g, 'k' || g from generate_series(1, 10) g",
        "truncate d"
    };

    /** Brings the sequences back there. */
    static final String CLEAN_SEQUENCES = "select setval('s', 1, false), setval('t_id_seq', 1, false)";

    private static final String[] QUERIES = {
        "select 1",
        "select id, v from t order by id",
        "select id, v from k order by id",
        "select id, v, null::int as nothing, 1.50::numeric(10, 2) as num from k order by id limit 4",
        "select id, v from k where id < 4 order by id for update",
        "select nextval('s')",
        "select count(*), max(v) from t",
        "select * from k where false",
        "select array[1, 2], '2026-01-01 10:00:00+00'::timestamptz, 'x'::bytea, true, 0.1::float8, '1 day'::interval",
        "select generate_series(1, 20) as g",
        "select g, repeat('x', g) from generate_series(1, 7) g",
        "values (1, 'a'), (2, 'b')",
        "table k order by id",
        "with w as (select 1 as one) select one from w",
        "select * from loud order by id",
        "select notes(3)",
        "select rows_of(5)",
        "select plus(1, 2)",
        "explain (costs off) select 1",
        "show search_path",
        "select current_schema(), current_setting('application_name')",
        "select '\u00e4\u00f6\u00fc'::text, date '2026-02-03', time '01:02:03', uuid '00000000-0000-0000-0000-000000000001'",
        "insert into t (v) values ('r') returning id, v",
        "update k set v = v || '!' where id = 3 returning *",
        "select lastval()",
        "select version_of_nothing()"
    };

    private static final String[] WRITES = {
        "insert into t (v) values ('a')",
        "insert into t (v, n, b) values ('b', 1.25, '\\x0102')",
        "insert into t (v) select 'm' from generate_series(1, 3)",
        "update t set v = v || '!'",
        "update k set v = 'changed' || id where id < 3",
        "delete from t where id % 2 = 0",
        "delete from k where id = 9",
        "insert into k values (11, 'k11') on conflict do nothing",
        "with w as (insert into t (v) values ('w') returning id) insert into k select id + 100, 'w' || id from w",
        "insert into d values (1)",
        "merge into k using (values (2, 'merged')) as q(id, v) on k.id = q.id"
                + " when matched then update set v = q.v when not matched then insert values (q.id, q.v)",
        "truncate d",
        "create table made (a int)",
        "drop table if exists made",
        "comment on table t is 'x'",
        "analyze k",
        "lock table k in share mode",
        "notify x, 'payload'",
        "update k set v = v where false",
        "insert into t default values"
    };

    private static final String[] ERRORS = {
        "insert into k values (1, 'again')",
        "insert into k values (50, 'x'), (50, 'y')",
        "select 1/0",
        "insert into nowhere values (1)",
        "selec 1",
        "select 'x'::int",
        "rollback to savepoint missing",
        "release savepoint missing",
        "commit prepared 'missing'",
        "set nothing.at.all.= 1",
        "set statement_timeout to 'x'",
        "insert into d values (7), (7)",
        "fetch 1 from no_such_cursor",
        "execute no_such_statement",
        "call pc(1)",
        "",
        ";",
        "-- nothing",
        "/* open",
        "select 'open"
    };

    private static final String[] TRANSACTIONS = {
        "begin",
        "begin isolation level repeatable read",
        "start transaction read only",
        "commit",
        "commit work",
        "end /* chain */",
        "commit -- and chain",
        "rollback",
        "abort",
        "commit and chain",
        "rollback and chain",
        "commit and no chain",
        "savepoint a",
        "rollback to a",
        "release a",
        "set transaction read only",
        "set transaction isolation level serializable",
        "set constraints all immediate",
        "set constraints all deferred",
        "/* x */ begin",
        "BEGIN;",
        "commit;"
    };

    private static final String[] SEVERAL = {
        "insert into t (v) values ('m'); select count(*) from t",
        "select 1; select 2; select 3",
        "begin; insert into t (v) values ('m')",
        "insert into t (v) values ('m'); commit",
        "commit; begin",
        "rollback; select 2",
        "set work_mem to '1MB'; set statement_timeout to '61s'",
        "select 1; select 1/0",
        "insert into t (v) values ('lost'); select 1/0",
        "rollback; set work_mem to '2MB'; select 2",
        "update k set v = 'x' || id where id < 2; delete from t; select * from k where id < 3 order by id",
        "savepoint q; insert into k values (1, 'twice')",
        "; ;"
    };

    private static final String[] SESSIONS = {
        "set application_name to 'x'",
        "set local application_name to 'y'",
        "reset application_name",
        "set search_path to public, pg_catalog",
        "set time zone 'UTC'",
        "set statement_timeout to '60s'",
        "set session characteristics as transaction isolation level repeatable read",
        "set default_transaction_read_only to on",
        "set default_transaction_read_only to off",
        "select set_config('application_name', 'z', false)",
        "select set_config('work_mem', '3MB', true)",
        "prepare ps as select 7",
        "execute ps",
        "deallocate ps",
        "reset all",
        "set role none",
        "discard plans",
        "discard sequences",
        "listen x",
        "unlisten *",
        "create temp table tt (a int)",
        "create temp table td (a int) on commit drop",
        "insert into tt values (1)",
        "declare c cursor for select generate_series(1, 5)",
        "declare h cursor with hold for select generate_series(1, 5)",
        "fetch 2 from c",
        "fetch 2 from h",
        "move 1 in h",
        "close h",
        "close all",
        "select pg_advisory_lock(1)",
        "select pg_advisory_unlock(1)",
        "select pg_advisory_xact_lock(2)",
        "select lo_unlink(0)"
    };

    private static final String[] ROUTINES = {
        "call p()",
        "call pc()",
        "call io(1, 2)",
        "do $$ begin insert into t (v) values ('d'); end $$",
        "do $$ begin raise notice 'do'; end $$",
        "do $$ begin raise exception 'mine' using errcode = '22004'; end $$",
        "select cursor_of(3)",
        "fetch all in rc"
    };

    private static final String[] PREPARED = {
        "select id, v from k where id > ? order by id",
        "insert into t (id, v) values (coalesce(?, nextval('s') + 100), ?)",
        "insert into t (v) values (?)",
        "update k set v = ? where id = ?",
        "delete from t where id = ?",
        "select ?::text, ?::int",
        "select * from t where n = ? or b = ? order by id",
        "insert into t (b) values (?)",
        "select 1",
        "insert into k values (?, ?) returning id",
        "select v from k where id = any (?)",
        "select ? from nowhere",
        "insert into t (n) values (?)"
    };

    private static final String[] CALLS = {
        "{? = call plus(?, ?)}", "{call io(?, ?)}", "call io(?, ?)", "{call p()}", "{? = call nothing(?)}", "call p()"
    };

    private RandomSql() {}

    static String any(SplittableRandom random) {
        int kind = random.nextInt(100);
        if (kind < 30) {
            return query(random);
        } else if (kind < 55) {
            return write(random);
        } else if (kind < 63) {
            return pick(random, ERRORS);
        } else if (kind < 76) {
            return pick(random, TRANSACTIONS);
        } else if (kind < 82) {
            return pick(random, SEVERAL);
        } else if (kind < 94) {
            return pick(random, SESSIONS);
        }
        return pick(random, ROUTINES);
    }

    static String query(SplittableRandom random) {
        return pick(random, QUERIES);
    }

    static String write(SplittableRandom random) {
        return pick(random, WRITES);
    }

    static String prepared(SplittableRandom random) {
        int kind = random.nextInt(10);
        return kind < 7 ? pick(random, PREPARED) : kind < 9 ? write(random) : any(random);
    }

    static String call(SplittableRandom random) {
        return pick(random, CALLS);
    }

    static <T> T pick(SplittableRandom random, T[] from) {
        return from[random.nextInt(from.length)];
    }
}
