package io.switchover4j;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Lays out preflights and reports for people. */
final class Texts {

    private Texts() {}

    static String of(Preflight preflight) {
        StringBuilder out = new StringBuilder();
        Instance instance = preflight.instance();
        out.append("Preflight of %s'%s' (%s, %s): %s\n"
                .formatted(
                        preflight.estimatedLoss().isPresent() ? "a failover of " : "",
                        instance.id(),
                        instance.engine(),
                        instance.edition(),
                        preflight.isPassed()
                                ? "passed"
                                : "blocked by "
                                        + preflight.blockers().stream()
                                                .map(Check::name)
                                                .collect(Collectors.joining(", "))));
        preflight
                .target()
                .ifPresent(target -> out.append("Target: ").append(target).append('\n'));
        out.append('\n').append(checks(preflight.checks()));
        if (!preflight.steps().isEmpty()) {
            List<List<String>> rows = new ArrayList<>();
            rows.add(List.of("phase", "step", "what it does"));
            preflight.steps().forEach(s -> rows.add(List.of(s.phase().name(), s.name(), s.description())));
            out.append('\n').append(table(rows));
        }
        preflight
                .predictedPause()
                .ifPresent(pause -> out.append("\nPredicted pause of writes: %s%s\n"
                        .formatted(
                                millis(pause),
                                preflight.pauseReasons().isEmpty()
                                        ? ""
                                        : " (" + String.join(", ", preflight.pauseReasons()) + ")")));
        preflight
                .estimatedLoss()
                .ifPresent(loss ->
                        out.append("\nEstimated loss: ").append(loss.describe()).append('\n'));
        out.append("\nNothing was changed.\n");
        return out.toString();
    }

    static String of(SwitchoverReport report) {
        StringBuilder out = new StringBuilder();
        out.append("%s: %s\n\n".formatted(report.outcome(), report.message()));
        List<List<String>> facts = new ArrayList<>();
        facts.add(List.of("switchover", report.operationId()));
        facts.add(List.of(
                "requested by", report.requestedBy() + (report.reason().isEmpty() ? "" : ": " + report.reason())));
        facts.add(List.of("primary before", report.oldPrimary().orElse("unknown")));
        facts.add(List.of("primary now", report.newPrimary().orElse("unknown")));
        report.writePause().ifPresent(pause -> facts.add(List.of("writes paused", millis(pause))));
        report.predictedPause().ifPresent(pause -> facts.add(List.of("predicted", millis(pause))));
        report.hold().ifPresent(hold -> facts.add(List.of("traffic held", millis(hold))));
        report.failover().ifPresent(failover -> facts.addAll(lines(failover)));
        report.fencedPosition().ifPresent(position -> facts.add(List.of("fenced at", position)));
        report.promotedPosition().ifPresent(position -> facts.add(List.of("promoted at", position)));
        report.notes().forEach((name, value) -> facts.add(List.of(name, value)));
        out.append(table(facts)).append('\n');

        out.append(phases(report.phases()));
        if (!report.checks().isEmpty()) {
            out.append('\n').append(checks(report.checks()));
        }
        return out.toString();
    }

    static String of(HistoryEntry entry) {
        StringBuilder out = new StringBuilder();
        out.append(
                entry.endedAt().isPresent()
                        ? "%s: %s\n\n".formatted(entry.phase(), entry.message())
                        : "%s: no end is known; it still runs, waits, or was interrupted\n\n".formatted(entry.phase()));
        List<List<String>> facts = new ArrayList<>();
        facts.add(List.of("instance", entry.instanceId()));
        facts.add(List.of("switchover", entry.operationId()));
        facts.add(
                List.of("requested by", entry.requestedBy() + (entry.reason().isEmpty() ? "" : ": " + entry.reason())));
        facts.add(List.of("requested at", entry.requestedAt().toString()));
        entry.endedAt().ifPresent(end -> facts.add(List.of("ended at", end.toString())));
        facts.add(List.of("primary before", entry.oldPrimary().orElse("unknown")));
        entry.target().ifPresent(target -> facts.add(List.of("target", target)));
        facts.add(List.of("primary after", entry.newPrimary().orElse("unknown")));
        entry.writePause().ifPresent(pause -> facts.add(List.of("writes paused", millis(pause))));
        entry.failover().ifPresent(failover -> facts.addAll(lines(failover)));
        out.append(table(facts)).append('\n').append(phases(entry.phases()));
        return out.toString();
    }

    private static List<List<String>> lines(FailoverResult failover) {
        return List.of(
                List.of(
                        "estimated loss",
                        failover.estimatedLoss().map(LossEstimate::describe).orElse("not estimated")),
                List.of(
                        "accepted loss",
                        failover.acceptedLoss()
                                .map(limit -> limit.isUnlimited() ? "unlimited" : limit + " bytes")
                                .orElse("none")),
                List.of(
                        "old primary",
                        failover.fence().map(FenceResult::toString).orElse("not touched")));
    }

    private static String phases(List<SwitchoverReport.PhaseTiming> timings) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("phase", "began", "lasted"));
        timings.forEach(
                timing -> rows.add(List.of(timing.phase().name(), timing.at().toString(), length(timing.length()))));
        return table(rows);
    }

    private static String checks(List<Check> checks) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("check", "verdict", "figure", "what to do"));
        checks.forEach(
                check -> rows.add(List.of(check.name(), check.verdict().name(), check.figure(), check.advice())));
        return table(rows);
    }

    /** Columns as wide as their widest cell; the last one is not padded. */
    private static String table(List<List<String>> rows) {
        int columns = rows.stream().mapToInt(List::size).max().orElse(0);
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int column = 0; column < row.size(); column++) {
                widths[column] = Math.max(widths[column], row.get(column).length());
            }
        }
        return rows.stream().map(row -> line(row, widths)).collect(Collectors.joining());
    }

    private static String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < row.size(); column++) {
            String cell = row.get(column);
            line.append(cell).append(" ".repeat(widths[column] - cell.length() + 2));
        }
        return line.toString().stripTrailing() + '\n';
    }

    /** A phase may last days, if it is a wait. */
    private static String length(Duration duration) {
        if (duration.compareTo(Duration.ofMinutes(1)) < 0) {
            return millis(duration);
        }
        String days = duration.toDays() == 0 ? "" : duration.toDays() + " d ";
        String hours = duration.toHours() == 0 ? "" : duration.toHoursPart() + " h ";
        return "%s%s%d min %d s".formatted(days, hours, duration.toMinutesPart(), duration.toSecondsPart());
    }

    private static String millis(Duration duration) {
        return duration.toMillis() + " ms";
    }
}
