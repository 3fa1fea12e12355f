package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.PGConnection;
import org.postgresql.jdbc.PreferQueryMode;

/** How pgjdbc sends a statement without parameters. Stateless. */
final class PgjdbcModes {

    private static final boolean PRESENT = Classes.isPresent("org.postgresql.PGConnection");

    private PgjdbcModes() {}

    /**
     * Whether it goes over the extended protocol, where a planned stop of the server ends a commit that was applied with an
     * error, and where only prepared statements are cached.
     */
    static boolean isTextExtended(Connection physical) throws SQLException {
        return PRESENT && Loaded.isTextExtended(physical);
    }

    /** Loaded only where pgjdbc is present. */
    private static final class Loaded {

        private static boolean isTextExtended(Connection physical) throws SQLException {
            if (!physical.isWrapperFor(PGConnection.class)) {
                return false;
            }
            PreferQueryMode mode = physical.unwrap(PGConnection.class).getPreferQueryMode();
            return mode == PreferQueryMode.EXTENDED || mode == PreferQueryMode.EXTENDED_CACHE_EVERYTHING;
        }
    }
}
