package io.switchover4j.jdbc.internal;

import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Finds out which pool a DataSource is. */
final class NodePools {

    private static final boolean HIKARI_PRESENT = Classes.isPresent("com.zaxxer.hikari.HikariDataSource");

    private NodePools() {}

    static NodePool of(String name, DataSource source) {
        return isHikari(source) ? HikariPools.pool(name, source) : new PlainNodePool(name, source);
    }

    /** Where the watch connects: past the pool where that is possible, else by a connection of the pool, which it keeps. */
    static ProbeSource probe(DataSource source) {
        ProbeSource unpooled = isHikari(source) ? HikariPools.probe(source) : null;
        return unpooled == null ? source::getConnection : unpooled;
    }

    static @Nullable String url(DataSource source) {
        return isHikari(source) ? HikariPools.url(source) : null;
    }

    /** A property that the pool gives its driver beside the URL; null if there is none. */
    static @Nullable String driverProperty(DataSource source, String key) {
        return isHikari(source) ? HikariPools.driverProperty(source, key) : null;
    }

    static List<String> warningsAsStandby(String name, DataSource source) {
        return isHikari(source) ? HikariPools.warningsAsStandby(name, source) : List.of();
    }

    static List<String> warningsOfTimeouts(String name, DataSource source, Duration reconnectTimeout) {
        return isHikari(source) ? HikariPools.warningsOfTimeouts(name, source, reconnectTimeout) : List.of();
    }

    private static boolean isHikari(DataSource source) {
        return HIKARI_PRESENT && HikariPools.accepts(source);
    }
}
