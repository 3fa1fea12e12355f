package io.switchover4j.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.switchover4j.LossLimit;
import io.switchover4j.Phase;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * An old primary that wrote what the new one never received is rewound by the real {@code pg_rewind} of the servers' major
 * version. The delivered binaries lack it, so the one in {@code /usr/lib/postgresql} is used: {@code -Dpostgres.version=} has to
 * name that major version. Where there is none, the test says on the console that it was not run; with {@code
 * -Drewind.required=true}, as CI has it, it fails.
 */
@Timeout(120)
class RewindIT {

    private static final Path INSTALLED = Path.of("/usr/lib/postgresql");

    @Test
    void anOldPrimaryThatWentItsOwnWayIsRewound() throws Exception {
        requireAnyProgram();
        try (PostgresPair pair = PostgresPair.start()) {
            String major = Sql.one(pair.primary(), "SELECT current_setting('server_version_num')::int / 10000");
            Path program = INSTALLED.resolve(major).resolve("bin/pg_rewind");
            if (!Files.isExecutable(program)) {
                skip("there is no " + program);
            }
            System.out.println("RewindIT: run with " + program);
            Sql.run(pair.primary(), "CREATE TABLE kept (what text)", "INSERT INTO kept VALUES ('kept')");
            pair.awaitStreaming();
            PostgresNode old = pair.primary();
            PostgresNode target = pair.standby();

            SwitchoverReport report;
            try (PostgresBackend backend = backend(pair, program);
                    SwitchoverCoordinator coordinator =
                            SwitchoverCoordinator.builder().backend(backend).build()) {
                FailoverIT.cutReplication(target);
                Sql.run(old, "INSERT INTO kept VALUES ('lost')");
                old.crash();
                report = coordinator
                        .start(SwitchoverRequest.of(Backends.INSTANCE)
                                .failover()
                                .acceptLoss(LossLimit.unlimited())
                                .build())
                        .await(Duration.ofSeconds(90));
            }

            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
            assertThat(report.notes()).containsKey("rewind");
            assertThat(report.describe()).doesNotContain(pair.superuser().password());
            pair.awaitStreaming();
            assertThat(Sql.list(old, "SELECT what FROM kept")).containsExactly("kept");
        }
    }

    /** Looks before a pair is started for nothing. */
    private static void requireAnyProgram() throws IOException {
        if (!Files.isDirectory(INSTALLED)) {
            skip("there is no " + INSTALLED);
        }
        try (Stream<Path> versions = Files.list(INSTALLED)) {
            if (versions.noneMatch(version -> Files.isExecutable(version.resolve("bin/pg_rewind")))) {
                skip("there is no bin/pg_rewind below " + INSTALLED);
            }
        }
    }

    private static void skip(String why) {
        System.out.println("RewindIT: NOT RUN: " + why);
        assertThat(Boolean.getBoolean("rewind.required")).as(why).isFalse();
        assumeTrue(false, why);
    }

    private static PostgresBackend backend(PostgresPair pair, Path program) {
        return PostgresBackend.builder()
                .credentials(pair.superuser().user(), pair.superuser().password())
                .instance(Backends.INSTANCE, instance -> {
                    for (PostgresNode node : pair.nodes()) {
                        instance.node(
                                node.id(),
                                b -> b.endpoint(node.endpoint())
                                        .control(((LocalProcessControl) Backends.control(node))
                                                .rewindWith(command(node, program))));
                    }
                })
                .build();
    }

    /** Started as its server is, which may take another user. */
    private static List<String> command(PostgresNode node, Path program) {
        List<String> command = new ArrayList<>();
        for (String word : node.startCommand()) {
            if (word.endsWith("/postgres")) {
                break;
            }
            command.add(word);
        }
        command.add(program.toString());
        return command;
    }
}
