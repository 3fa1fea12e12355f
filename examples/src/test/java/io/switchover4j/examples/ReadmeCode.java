package io.switchover4j.examples;

import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.FileJournal;
import io.switchover4j.LossLimit;
import io.switchover4j.MaintenanceWindow;
import io.switchover4j.Preflight;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverEvent;
import io.switchover4j.SwitchoverListener;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.Timing;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.postgresql.LocalProcessControl;
import io.switchover4j.postgresql.PostgresBackend;
import io.switchover4j.simulated.Call;
import io.switchover4j.simulated.DirectThreads;
import io.switchover4j.simulated.Fault;
import io.switchover4j.simulated.ManualTime;
import io.switchover4j.simulated.SimulatedBackend;
import io.switchover4j.spi.NodeControl;
import io.switchover4j.spi.SwitchoverJournal;
import io.switchover4j.testkit.Bank;
import io.switchover4j.testkit.BankReport;
import io.switchover4j.testkit.BankRun;
import io.switchover4j.testkit.PostgresPair;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/** The code that the README shows; {@link ReadmeTest} compares the two. */
final class ReadmeCode {

    DataSource wrap(HikariDataSource pool) {
        // README
        DataSource dataSource = ReconnectingDataSource.wrap(pool);
        // END
        return dataSource;
    }

    ReconnectingDataSource nodes(HikariDataSource poolOfA, HikariDataSource poolOfB) {
        // README
        ReconnectingDataSource dataSource = ReconnectingDataSource.builder()
                .name("orders")
                .node("a", poolOfA)
                .node("b", poolOfB)
                .build();
        // END
        return dataSource;
    }

    void coordinate(ReconnectingDataSource dataSource, String password, NodeControl controlOfA, NodeControl controlOfB)
            throws InterruptedException {
        // README
        try (PostgresBackend backend = PostgresBackend.builder()
                        .credentials("postgres", password)
                        .instance(
                                "orders",
                                instance -> instance.region("eu-central-1")
                                        .node(
                                                "a",
                                                node -> node.zone("rack-1")
                                                        .endpoint("10.0.0.1", 5432)
                                                        .control(controlOfA))
                                        .node(
                                                "b",
                                                node -> node.zone("rack-2")
                                                        .endpoint("10.0.0.2", 5432)
                                                        .control(controlOfB)))
                        .build();
                SwitchoverCoordinator coordinator = SwitchoverCoordinator.builder()
                        .backend(backend)
                        .participant("orders", dataSource)
                        .build()) {
            SwitchoverRequest request = SwitchoverRequest.of("orders")
                    .requestedBy("alice", "kernel update of rack 1")
                    .build();
            Preflight preflight = coordinator.preflight(request);
            System.out.println(preflight.describe());
            if (preflight.isPassed()) {
                SwitchoverReport report = coordinator.start(request).await();
                System.out.println(report.describe());
            }
        }
        // END
    }

    void operate(PostgresBackend backend, ReconnectingDataSource dataSource) {
        // README
        try (SwitchoverJournal journal = FileJournal.in(Path.of("/var/lib/orders/journal"));
                SwitchoverCoordinator coordinator = SwitchoverCoordinator.builder()
                        .backend(backend)
                        .journal(journal)
                        .participant("orders", dataSource)
                        .listener(new SwitchoverListener() {
                            @Override
                            public void onTransition(SwitchoverEvent event) {
                                System.out.println(event);
                            }
                        })
                        .build()) {
            coordinator.modifyMaintenanceWindow("orders", MaintenanceWindow.parse("sun 02:00 for 2h Europe/Berlin"));
            coordinator.start(SwitchoverRequest.of("orders")
                    .timing(Timing.inMaintenanceWindow())
                    .replace() // of one that waits already
                    .build());
            coordinator.waiting().forEach(waiting -> System.out.println(waiting.operationId()));
            coordinator.history("orders").forEach(entry -> System.out.println(entry.describe()));
        }
        // END
    }

    void failOver(SwitchoverCoordinator coordinator) throws InterruptedException {
        // README
        SwitchoverRequest request = SwitchoverRequest.of("orders")
                .failover()
                .acceptLoss(LossLimit.of(1_048_576)) // bytes that the target may lack; or unlimited()
                .requestedBy("alice", "rack 1 has no power")
                .build();
        System.out.println(coordinator.preflight(request).describe());
        System.out.println(coordinator.start(request).await().describe());
        // END
    }

    NodeControl control() {
        // README
        NodeControl controlOfA = new LocalProcessControl(
                "a",
                Path.of("/var/lib/postgresql/18/main"),
                List.of("/usr/lib/postgresql/18/bin/postgres", "-D", "/var/lib/postgresql/18/main"),
                Map.of(),
                Path.of("/var/log/postgresql/a.log"));
        // END
        return controlOfA;
    }

    BankReport test() throws Exception {
        // README
        try (PostgresPair pair = PostgresPair.start()) {
            DataSource dataSource = pair.primary().dataSource(pair.application());
            Bank bank = Bank.builder(dataSource).workers(8).build();
            bank.createSchema(dataSource);
            BankRun run = bank.start();
            run.awaitCommits(1000, java.time.Duration.ofSeconds(30));
            // ... do to the pair what you fear ...
            BankReport report = run.reconcile(pair.primary().dataSource(pair.superuser(), "app"));
            System.out.println(report);
            return report;
        }
        // END
    }

    void simulate() throws InterruptedException {
        // README
        ManualTime time = ManualTime.at(Instant.parse("2026-03-01T21:00:00Z"));
        SimulatedBackend backend =
                SimulatedBackend.builder().time(time).pair("orders").build();
        backend.failNext(Call.PROMOTE, Fault.timeOut().afterEffect());
        try (SwitchoverCoordinator coordinator = SwitchoverCoordinator.builder()
                .backend(backend)
                .timeSource(backend.timeSource())
                .threadFactory(new DirectThreads())
                .build()) {
            SwitchoverReport report =
                    coordinator.start(SwitchoverRequest.of("orders").build()).await();
            System.out.println(report.describe() + backend.describeTrace());
        }
        // END
    }
}
