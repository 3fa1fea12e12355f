package io.switchover4j.postgresql.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

class PgControlIT {

    @Test
    void theFileSaysWhatTheServerSays() throws Exception {
        try (PostgresPair pair = PostgresPair.start()) {
            assertThat(read(pair.node("a")).state()).isEqualTo(PgControl.State.IN_PRODUCTION);
            assertThat(read(pair.node("b")).state()).isEqualTo(PgControl.State.IN_ARCHIVE_RECOVERY);
            for (PostgresNode node : pair.nodes()) {
                assertThat(read(node))
                        .usingRecursiveComparison()
                        .ignoringFields("state")
                        .isEqualTo(ask(node));
            }

            pair.node("b").stop();
            pair.node("a").stop();
            assertThat(read(pair.node("b")).state()).isEqualTo(PgControl.State.SHUT_DOWN_IN_RECOVERY);
            assertThat(read(pair.node("a")).isShutDown()).isTrue();

            pair.node("a").start();
            pair.node("a").crash();
            assertThat(read(pair.node("a")).isShutDown()).isFalse();
        }
    }

    private static PgControl read(PostgresNode node) throws IOException {
        return PgControl.parse(Files.readAllBytes(node.dataDirectory().resolve(PgControl.FILE)));
    }

    private static PgControl ask(PostgresNode node) throws Exception {
        try (Connection connection = node.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT system_identifier, pg_control_version, checkpoint_lsn,"
                        + " timeline_id FROM pg_control_system(), pg_control_checkpoint()")) {
            row.next();
            return new PgControl(
                    row.getLong(1),
                    row.getInt(2),
                    PgControl.State.IN_PRODUCTION,
                    Lsn.parse(row.getString(3)),
                    row.getInt(4));
        }
    }
}
