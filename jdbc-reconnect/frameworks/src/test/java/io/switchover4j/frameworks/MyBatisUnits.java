package io.switchover4j.frameworks;

import io.switchover4j.frameworks.Framework.Open;
import javax.sql.DataSource;
import org.apache.ibatis.annotations.Insert;
import org.apache.ibatis.annotations.Param;
import org.apache.ibatis.annotations.Select;
import org.apache.ibatis.mapping.Environment;
import org.apache.ibatis.session.Configuration;
import org.apache.ibatis.session.SqlSession;
import org.apache.ibatis.session.SqlSessionFactory;
import org.apache.ibatis.session.SqlSessionFactoryBuilder;
import org.apache.ibatis.transaction.jdbc.JdbcTransactionFactory;

/** MyBatis with its own transactions. */
final class MyBatisUnits {

    private MyBatisUnits() {}

    static Open open(DataSource dataSource, String table) {
        Configuration configuration =
                new Configuration(new Environment("test", new JdbcTransactionFactory(), dataSource));
        configuration.addMapper(Rows.class);
        SqlSessionFactory sessions = new SqlSessionFactoryBuilder().build(configuration);
        return new Open(
                number -> {
                    try (SqlSession session = sessions.openSession()) {
                        Rows rows = session.getMapper(Rows.class);
                        rows.insert(table, number, 1);
                        rows.insert(table, number, rows.count(table, number) + 1);
                        session.commit();
                    }
                },
                () -> {});
    }

    interface Rows {

        @Insert("INSERT INTO ${table} (unit, part) VALUES (#{unit}, #{part})")
        int insert(@Param("table") String table, @Param("unit") long unit, @Param("part") int part);

        @Select("SELECT count(*) FROM ${table} WHERE unit = #{unit}")
        int count(@Param("table") String table, @Param("unit") long unit);
    }
}
