package io.switchover4j.examples;

import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.testkit.PostgresPair;

/** Asks what a switchover would find and do, and changes nothing. */
public final class PreflightMain {

    private PreflightMain() {}

    public static void main(String[] args) {
        try (PostgresPair pair = PostgresPair.start();
                var backend = Rig.backend(pair);
                var coordinator =
                        SwitchoverCoordinator.builder().backend(backend).build()) {
            System.out.println(coordinator
                    .preflight(SwitchoverRequest.of(Rig.INSTANCE).build())
                    .describe());
        }
        System.exit(0);
    }
}
