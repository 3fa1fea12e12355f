import org.jspecify.annotations.NullMarked;

/** Real database pairs for tests, a workload that judges a switchover, and tools to measure and disturb one. */
@NullMarked
module io.switchover4j.testkit {
    requires static transitive org.jspecify;
    requires static com.google.errorprone.annotations;
    requires static org.junit.jupiter.api;
    requires static org.assertj.core;
    requires transitive io.switchover4j;
    requires transitive java.sql;
    requires org.slf4j;
    requires org.apache.commons.compress;
    requires org.tukaani.xz;
    requires org.postgresql.jdbc;

    exports io.switchover4j.testkit;
    exports io.switchover4j.testkit.contract;
}
