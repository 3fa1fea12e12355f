import org.jspecify.annotations.NullMarked;

/** A DataSource that survives the switch of the database beneath it. */
@NullMarked
module io.switchover4j.jdbc {
    requires static transitive org.jspecify;
    requires static com.google.errorprone.annotations;
    requires static com.zaxxer.hikari;
    requires static io.agroal.pool;
    requires static org.apache.commons.dbcp2;
    requires static org.apache.commons.pool2;
    requires static com.mchange.v2.c3p0;
    // These two jars name no module: the names come from their file names.
    requires static tomcat.jdbc;
    requires static druid;
    requires static org.postgresql.jdbc;
    requires java.management;
    requires jdk.jfr;
    requires transitive io.switchover4j;
    requires transitive java.sql;
    requires org.slf4j;
    requires io.github.resilience4j.core;
    requires io.github.resilience4j.retry;

    exports io.switchover4j.jdbc;
}
