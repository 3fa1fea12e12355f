package io.switchover4j.examples;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.testkit.BankReport;
import io.switchover4j.testkit.CommitSeries;
import io.switchover4j.testkit.FloorProbe;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Brings the bank's commits, the servers' own pauses and the phases of the switches onto one time axis. */
final class Timeline {

    private Timeline() {}

    /** One switch, with the longest pause that the application and a raw connection saw around it. */
    static RunData.Switch place(SwitchoverReport report, BankReport told, FloorProbe floor, int number) {
        Instant zero = told.commits().startedAt();
        List<RunData.Span> spans = new ArrayList<>();
        for (SwitchoverReport.PhaseTiming phase : report.phases()) {
            double from = seconds(zero, phase.at());
            spans.add(new RunData.Span(
                    phase.phase().name(), from, from + phase.length().toNanos() / 1e9));
        }
        Instant begin = at(report, Phase.DRAINING);
        Instant end = at(report, Phase.REJOINING);
        return new RunData.Switch(
                "Switch %d: %s to %s"
                        .formatted(
                                number,
                                report.oldPrimary().orElse("?"),
                                report.newPrimary().orElse("?")),
                spans,
                told.longestPause(begin, end).millis(),
                floor.longestGap(begin, end).millis());
    }

    /** When a phase began, or the switchover if it never came to that. */
    private static Instant at(SwitchoverReport report, Phase phase) {
        return report.phases().stream()
                .filter(timing -> timing.phase() == phase)
                .map(SwitchoverReport.PhaseTiming::at)
                .findFirst()
                .orElse(report.startedAt());
    }

    static RunData of(BankReport told, List<RunData.Switch> switches) {
        CommitSeries commits = told.commits();
        double[] at = new double[commits.size()];
        double[] latency = new double[commits.size()];
        for (int i = 0; i < at.length; i++) {
            at[i] = commits.atNanos(i) / 1e9;
            latency[i] = commits.latencyNanos(i) / 1e6;
        }
        return new RunData(at, latency, switches, commits.length().toNanos() / 1e9);
    }

    private static double seconds(Instant zero, Instant at) {
        return Duration.between(zero, at).toNanos() / 1e9;
    }
}
