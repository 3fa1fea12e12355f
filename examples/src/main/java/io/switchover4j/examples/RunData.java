package io.switchover4j.examples;

import java.util.List;

/**
 * What a run's picture is drawn from. Times are seconds since the start of the run.
 *
 * @param commitSeconds when each commit was acknowledged, ascending
 * @param latencyMillis how long each of these transactions took
 * @param switches what happened, in order
 * @param lengthSeconds how long the run was
 */
record RunData(double[] commitSeconds, double[] latencyMillis, List<Switch> switches, double lengthSeconds) {

    /** One switch on the run's time axis. */
    record Switch(String title, List<Span> phases, double pauseMillis, double floorMillis) {

        Switch {
            phases = List.copyOf(phases);
        }

        /** When traffic was first held, or the switch began. */
        double holdStart() {
            return phases.stream()
                    .filter(span -> span.phase().equals("DRAINING"))
                    .findFirst()
                    .orElse(phases.get(0))
                    .from();
        }

        double releaseEnd() {
            return phases.stream()
                    .filter(span -> span.phase().equals("RELEASING"))
                    .findFirst()
                    .orElse(phases.get(phases.size() - 1))
                    .to();
        }
    }

    /** A phase between two moments. */
    record Span(String phase, double from, double to) {}
}
