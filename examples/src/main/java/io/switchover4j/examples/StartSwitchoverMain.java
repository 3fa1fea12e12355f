package io.switchover4j.examples;

import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverEvent;
import io.switchover4j.SwitchoverListener;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.testkit.PostgresPair;
import java.time.Duration;

/** Starts one switchover, follows its phases, and prints its report. */
public final class StartSwitchoverMain {

    private StartSwitchoverMain() {}

    public static void main(String[] args) throws Exception {
        SwitchoverListener phases = new SwitchoverListener() {
            @Override
            public void onTransition(SwitchoverEvent event) {
                System.out.println("  " + event.to() + ": " + event.message());
            }
        };
        boolean switched;
        try (PostgresPair pair = PostgresPair.start();
                var backend = Rig.backend(pair);
                var coordinator = SwitchoverCoordinator.builder()
                        .backend(backend)
                        .listener(phases)
                        .build()) {
            SwitchoverRequest request = SwitchoverRequest.of(Rig.INSTANCE)
                    .target("b")
                    .pauseBudget(Duration.ofSeconds(3))
                    .requestedBy("alice", "kernel update of rack a")
                    .build();
            SwitchoverReport report = coordinator.start(request).await();
            System.out.println(report.describe());
            switched = report.isSwitched();
        }
        System.exit(switched ? 0 : 1);
    }
}
