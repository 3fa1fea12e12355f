package io.switchover4j.simulated;

/** The process that runs this code has ended as far as the simulation is concerned: whatever it still does has no effect. */
final class CoordinatorCrash extends Error {

    private static final long serialVersionUID = 1L;

    CoordinatorCrash(String process) {
        super("%s has ended".formatted(process), null, false, false);
    }
}
