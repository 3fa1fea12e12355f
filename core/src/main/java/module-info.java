import org.jspecify.annotations.NullMarked;

/** The model of a switchable database, the coordinator of its switchovers, and the SPI behind both. */
@NullMarked
module io.switchover4j {
    requires static transitive org.jspecify;
    requires static com.google.errorprone.annotations;
    requires jdk.jfr;
    requires org.slf4j;
    requires io.github.resilience4j.core;
    requires io.github.resilience4j.retry;

    exports io.switchover4j;
    exports io.switchover4j.simulated;
    exports io.switchover4j.spi;
}
