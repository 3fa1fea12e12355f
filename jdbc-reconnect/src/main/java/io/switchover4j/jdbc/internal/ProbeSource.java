package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLException;

/** Where the watch gets its own connection to a node from. */
interface ProbeSource {

    /** Opens a connection; may block as long as the driver does. */
    Connection connect() throws SQLException;
}
