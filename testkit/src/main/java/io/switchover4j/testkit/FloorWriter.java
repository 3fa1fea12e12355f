package io.switchover4j.testkit;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Writes to one node for as long as it takes writes, and finds out within about a millisecond when it does again. */
final class FloorWriter implements Runnable {

    private static final long INTERVAL_MICROS = 1_000;

    private final String node;
    private final DataSource dataSource;
    private final RunClock clock;
    private final AckLog acks;
    private volatile boolean stopping;
    private volatile @Nullable Connection open;

    FloorWriter(String node, DataSource dataSource, RunClock clock, AckLog acks) {
        this.node = node;
        this.dataSource = dataSource;
        this.clock = clock;
        this.acks = acks;
    }

    @Override
    public void run() {
        try {
            while (!stopping) {
                try (Connection connection = dataSource.getConnection()) {
                    open = connection;
                    writeWhileItLives(connection);
                } catch (SQLException e) {
                    // Down, or not up yet: that is what is measured.
                    pause();
                } finally {
                    open = null;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void writeWhileItLives(Connection connection) throws SQLException, InterruptedException {
        connection.setAutoCommit(true);
        boolean canAsk = connection.getMetaData().getDatabaseProductName().equals("PostgreSQL");
        boolean accepted = !canAsk;
        try (PreparedStatement write =
                connection.prepareStatement("UPDATE switchover4j_floor SET beat = beat + 1 WHERE node = ?")) {
            write.setString(1, node);
            while (!stopping) {
                if (accepted || isWritable(connection)) {
                    boolean written = tryWrite(connection, write);
                    if (written) {
                        acks.add(clock.now());
                    }
                    accepted = written || !canAsk;
                }
                pause();
            }
        }
    }

    /** A refused write would be a line in the server's log each time; PostgreSQL can be asked instead. */
    private static boolean isWritable(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW transaction_read_only")) {
            return row.next() && row.getString(1).equals("off");
        }
    }

    private static boolean tryWrite(Connection connection, PreparedStatement write) throws SQLException {
        try {
            return write.executeUpdate() == 1;
        } catch (SQLException e) {
            // A standby refuses and lives on; it is worth keeping the connection.
            if (connection.isClosed() || !connection.isValid(1)) {
                throw e;
            }
            return false;
        }
    }

    private static void pause() throws InterruptedException {
        TimeUnit.MICROSECONDS.sleep(INTERVAL_MICROS);
    }

    void stop() {
        stopping = true;
        Connection connection = open;
        if (connection != null) {
            try {
                connection.abort(Runnable::run);
            } catch (SQLException e) {
                // Its thread is a daemon.
                return;
            }
        }
    }
}
