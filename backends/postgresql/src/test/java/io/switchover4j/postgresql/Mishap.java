package io.switchover4j.postgresql;

import io.switchover4j.postgresql.Death.Moment;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** What befalls the target of a switchover in the coordinator's process, once a record is in the journal. */
interface Mishap {

    Mishap NONE = record -> {};

    void after(String record) throws SQLException, IOException;

    static Mishap of(CrashStory story, Death death, int port, Path data, String user, String password)
            throws SQLException {
        if (death.moment() == Moment.WHILE_PROMOTING) {
            Statement target = connect(port, user, password);
            return record -> duringPromotion(record, target, data, DyingCoordinator::die);
        }
        return switch (story) {
            case ROLLS_BACK -> {
                Statement target = connect(port, user, password);
                yield record -> {
                    if (record.equals("INTENT FENCING")) {
                        target.execute("SELECT pg_wal_replay_pause()");
                    }
                };
            }
            case LOSES_THE_ANSWER_OF_THE_PROMOTION -> {
                Statement target = connect(port, user, password);
                yield record -> duringPromotion(
                        record,
                        target,
                        data,
                        () -> target.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                + " WHERE application_name LIKE 's4j %'"));
            }
            default -> NONE;
        };
    }

    private static Statement connect(int port, String user, String password) throws SQLException {
        Connection connection =
                DriverManager.getConnection("jdbc:postgresql://127.0.0.1:%d/postgres".formatted(port), user, password);
        return connection.createStatement();
    }

    /** What can fail. */
    @FunctionalInterface
    interface Action {
        void run() throws SQLException;
    }

    /**
     * The process that would leave recovery is frozen until the action is done, or this process is dead: the promotion has been
     * asked for by then, and is not done.
     */
    private static void duringPromotion(String record, Statement target, Path data, Action then)
            throws SQLException, IOException {
        if (!record.equals("INTENT PROMOTING")) {
            return;
        }
        long startup;
        try (ResultSet row = target.executeQuery("SELECT pid FROM pg_stat_activity WHERE backend_type = 'startup'")) {
            row.next();
            startup = row.getLong(1);
        }
        // The shell's input ends with this process.
        Process freezer = new ProcessBuilder(
                        "sh", "-c", "kill -s STOP %1$d; echo frozen; read -r _; kill -s CONT %1$d".formatted(startup))
                .start();
        String said = new String(freezer.getInputStream().readNBytes(6), StandardCharsets.US_ASCII);
        if (!said.equals("frozen")) {
            throw new IOException("The target's startup process was not frozen");
        }
        Thread watch = new Thread(() -> {
            try (OutputStream input = freezer.getOutputStream()) {
                while (!Files.exists(data.resolve("promote"))) {
                    Thread.sleep(1);
                }
                then.run();
                input.write('\n');
            } catch (InterruptedException | SQLException | IOException e) {
                throw new IllegalStateException(e);
            }
        });
        watch.setDaemon(true);
        watch.start();
    }
}
