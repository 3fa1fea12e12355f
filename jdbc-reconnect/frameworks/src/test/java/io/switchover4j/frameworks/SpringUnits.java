package io.switchover4j.frameworks;

import static java.util.Objects.requireNonNull;

import io.switchover4j.frameworks.Framework.Open;
import javax.sql.DataSource;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/** Spring's JdbcTemplate, in a TransactionTemplate and under {@code @Transactional}. */
final class SpringUnits {

    private SpringUnits() {}

    static Open template(DataSource dataSource, String table) {
        JdbcTemplate jdbc = new JdbcTemplate(dataSource);
        TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(dataSource));
        return new Open(number -> transaction.executeWithoutResult(status -> insert(jdbc, table, number)), () -> {});
    }

    static Open annotated(DataSource dataSource, String table) {
        var context = new AnnotationConfigApplicationContext();
        context.registerBean(DataSource.class, () -> dataSource, definition -> definition.setDestroyMethodName(""));
        context.registerBean(JdbcTransactionManager.class, () -> new JdbcTransactionManager(dataSource));
        context.registerBean("service", TwoRows.class, () -> new TwoRowsOfJdbc(new JdbcTemplate(dataSource), table));
        context.register(Transactions.class);
        context.refresh();
        TwoRows service = context.getBean(TwoRows.class);
        return new Open(service::insert, context);
    }

    private static void insert(JdbcTemplate jdbc, String table, long number) {
        jdbc.update("INSERT INTO " + table + " (unit, part) VALUES (?, 1)", number);
        int parts = requireNonNull(
                jdbc.queryForObject("SELECT count(*) FROM " + table + " WHERE unit = ?", Integer.class, number));
        jdbc.update("INSERT INTO " + table + " (unit, part) VALUES (?, ?)", number, parts + 1);
    }

    @Configuration(proxyBeanMethods = false)
    @EnableTransactionManagement
    static class Transactions {}

    interface TwoRows {
        void insert(long number);
    }

    static class TwoRowsOfJdbc implements TwoRows {

        private final JdbcTemplate jdbc;
        private final String table;

        TwoRowsOfJdbc(JdbcTemplate jdbc, String table) {
            this.jdbc = jdbc;
            this.table = table;
        }

        @Override
        @Transactional
        public void insert(long number) {
            SpringUnits.insert(jdbc, table, number);
        }
    }
}
