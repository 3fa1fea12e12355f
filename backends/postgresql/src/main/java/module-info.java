import org.jspecify.annotations.NullMarked;

/** Switches a PostgreSQL streaming-replication pair. */
@NullMarked
module io.switchover4j.postgresql {
    requires static transitive org.jspecify;
    requires static com.google.errorprone.annotations;
    requires transitive io.switchover4j;
    requires java.sql;
    requires org.postgresql.jdbc;
    requires org.slf4j;

    exports io.switchover4j.postgresql;
}
