package io.switchover4j.jdbc.internal;

import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * What we know of one pool library. Its implementations name the library's classes and are loaded only where it is present;
 * every {@code source} that they are given is one that they accept.
 */
interface PoolKind {

    boolean accepts(DataSource source);

    NodePool pool(String name, DataSource source);

    /** The URL of {@code source}; null if it has none. */
    @Nullable
    String url(DataSource source);

    /** A property that the pool gives its driver beside the URL; null if there is none, or it cannot be read. */
    @Nullable
    String driverProperty(DataSource source, String key);

    /** An unpooled connection made from the pool's own settings; null if they do not suffice. */
    @Nullable
    ProbeSource probe(DataSource source);

    /** What keeps the pool from having warm connections on a standby. */
    List<String> warningsAsStandby(String name, DataSource source);

    /** What makes any switch longer, or dangerous. */
    List<String> warnings(String name, DataSource source, Duration reconnectTimeout);
}
