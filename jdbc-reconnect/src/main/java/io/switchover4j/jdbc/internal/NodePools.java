package io.switchover4j.jdbc.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Finds out which pool a DataSource is. */
final class NodePools {

    private static final List<PoolKind> KINDS = kinds();

    private NodePools() {}

    private static List<PoolKind> kinds() {
        List<PoolKind> kinds = new ArrayList<>();
        add(kinds, "com.zaxxer.hikari.HikariDataSource", HikariPools::new);
        add(kinds, "io.agroal.api.AgroalDataSource", AgroalPools::new);
        add(kinds, "org.apache.commons.dbcp2.BasicDataSource", DbcpPools::new);
        add(kinds, "org.apache.tomcat.jdbc.pool.DataSourceProxy", TomcatPools::new);
        add(kinds, "com.mchange.v2.c3p0.impl.AbstractPoolBackedDataSource", C3p0Pools::new);
        add(kinds, "com.alibaba.druid.pool.DruidDataSource", DruidPools::new);
        return List.copyOf(kinds);
    }

    private static void add(List<PoolKind> kinds, String className, Supplier<PoolKind> kind) {
        if (Classes.isPresent(className)) {
            kinds.add(kind.get());
        }
    }

    static NodePool of(String name, DataSource source) {
        PoolKind kind = kindOf(source);
        return kind == null ? new PlainNodePool(name, source) : kind.pool(name, source);
    }

    /** Where the watch connects: past the pool where that is possible, else by a connection of the pool, which it keeps. */
    static ProbeSource probe(DataSource source) {
        PoolKind kind = kindOf(source);
        ProbeSource unpooled = kind == null ? null : kind.probe(source);
        return unpooled == null ? source::getConnection : unpooled;
    }

    static @Nullable String url(DataSource source) {
        PoolKind kind = kindOf(source);
        return kind == null ? null : kind.url(source);
    }

    /** A property that the pool gives its driver beside the URL; null if there is none. */
    static @Nullable String driverProperty(DataSource source, String key) {
        PoolKind kind = kindOf(source);
        return kind == null ? null : kind.driverProperty(source, key);
    }

    static List<String> warningsAsStandby(String name, DataSource source) {
        PoolKind kind = kindOf(source);
        return kind == null ? List.of() : kind.warningsAsStandby(name, source);
    }

    static List<String> warnings(String name, DataSource source, Duration reconnectTimeout) {
        PoolKind kind = kindOf(source);
        return kind == null ? List.of() : kind.warnings(name, source, reconnectTimeout);
    }

    private static @Nullable PoolKind kindOf(DataSource source) {
        for (PoolKind kind : KINDS) {
            if (kind.accepts(source)) {
                return kind;
            }
        }
        return null;
    }
}
