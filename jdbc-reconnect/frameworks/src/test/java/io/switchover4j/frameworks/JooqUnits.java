package io.switchover4j.frameworks;

import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.table;

import io.switchover4j.frameworks.Framework.Open;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.SQLDialect;
import org.jooq.Table;
import org.jooq.impl.DSL;

/** jOOQ's transactions over a DataSource. */
final class JooqUnits {

    private JooqUnits() {}

    static Open open(DataSource dataSource, String tableName) {
        DSLContext jooq = DSL.using(dataSource, SQLDialect.POSTGRES);
        Table<Record> table = table(name(tableName));
        Field<Long> unit = field(name("unit"), Long.class);
        Field<Integer> part = field(name("part"), Integer.class);
        return new Open(
                number -> jooq.transaction(transaction -> {
                    DSLContext inside = transaction.dsl();
                    inside.insertInto(table, unit, part).values(number, 1).execute();
                    int parts = inside.fetchCount(table, unit.eq(number));
                    inside.insertInto(table, unit, part)
                            .values(number, parts + 1)
                            .execute();
                }),
                () -> {});
    }
}
