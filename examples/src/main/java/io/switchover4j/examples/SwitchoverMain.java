package io.switchover4j.examples;

import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.testkit.Bank;
import io.switchover4j.testkit.BankReport;
import io.switchover4j.testkit.BankRun;
import io.switchover4j.testkit.FloorProbe;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Switches a real PostgreSQL pair three times under load, and shows what the application saw of it.
 *
 * <p>System properties: {@code endpoint=moving} reaches the pair through one address that moves, as a cloud service does, and
 * {@code endpoint=hikari} does without this library's DataSource, for comparison; {@code retry=ON_ANY_ERROR} lets the
 * application repeat what failed; {@code switches}, {@code workers}; {@code report} names the HTML file. Ends with exit code 0
 * only if there was no error, nothing was lost and nothing was applied twice.
 */
public final class SwitchoverMain {

    private static final Duration BEFORE_FIRST = Duration.ofSeconds(3);
    private static final Duration BETWEEN = Duration.ofSeconds(2);

    private SwitchoverMain() {}

    public static void main(String[] args) throws Exception {
        // Exit codes pass through Maven only this way, and a result stays the last line.
        System.exit(run() ? 0 : 1);
    }

    private static boolean run() throws Exception {
        LiveLine live = new LiveLine(System.out);
        live.line("Starting a PostgreSQL primary and its standby ...");
        long began = System.nanoTime();
        try (Rig rig = Rig.start(Rig.Access.fromSystemProperties())) {
            live.line("%s in %.1f s; %s"
                    .formatted(
                            rig.describe(),
                            (System.nanoTime() - began) / 1e9,
                            rig.access().text()));
            Bank bank = Bank.builder(rig.dataSource())
                    .accounts(1000)
                    .workers(Integer.getInteger("workers", 8))
                    .retry(Bank.Retry.valueOf(System.getProperty("retry", "NEVER")))
                    .build();
            bank.createSchema(rig.dataSource());
            List<SwitchoverReport> switches = new ArrayList<>();
            BankReport told;
            FloorProbe floor = FloorProbe.start(rig.pair());
            try (floor) {
                BankRun run = bank.start();
                follow(live, run, "warming up", BEFORE_FIRST);
                int count = Integer.getInteger("switches", 3);
                for (int number = 1; number <= count; number++) {
                    switches.add(switchOnce(live, rig.coordinator(), run, number, count));
                    follow(live, run, "working", BETWEEN);
                }
                told = run.reconcile(rig.pair().primary().dataSource(rig.pair().superuser(), "app"));
            }
            return judge(live, rig, switches, told, floor);
        }
    }

    private static SwitchoverReport switchOnce(
            LiveLine live, SwitchoverCoordinator coordinator, BankRun run, int number, int count) throws Exception {
        var switchover = coordinator.start(SwitchoverRequest.of(Rig.INSTANCE)
                .requestedBy("SwitchoverMain", "example " + number + " of " + count)
                .build());
        while (!switchover.phase().isEnd()) {
            live.show(progress(run, "switch %d of %d: %s".formatted(number, count, switchover.phase())));
            Thread.sleep(10);
        }
        SwitchoverReport report = switchover.await();
        live.line("switch %d of %d: %s".formatted(number, count, summary(report)));
        return report;
    }

    /** Shows progress for a while; the pace is for the eyes. */
    private static void follow(LiveLine live, BankRun run, String doing, Duration length) throws InterruptedException {
        long end = System.nanoTime() + length.toNanos();
        while (System.nanoTime() < end) {
            live.show(progress(run, doing));
            Thread.sleep(100);
        }
    }

    private static String progress(BankRun run, String doing) {
        BankRun.Progress progress = run.progress();
        double seconds = progress.elapsed().toMillis() / 1000.0;
        return String.format(
                Locale.ROOT,
                "%5.1f s  %,8d committed  %,6.0f/s  %d errors  %s",
                seconds,
                progress.committed(),
                progress.committed() / Math.max(0.1, seconds),
                progress.errors(),
                doing);
    }

    private static String summary(SwitchoverReport report) {
        StringBuilder text = new StringBuilder(report.outcome().toString());
        text.append(' ').append(report.oldPrimary().orElse("?"));
        text.append(" -> ").append(report.newPrimary().orElse("?")).append(':');
        for (SwitchoverReport.PhaseTiming phase : report.phases()) {
            if (!phase.phase().isEnd()) {
                text.append(String.format(
                        Locale.ROOT,
                        " %s %.0f ms,",
                        phase.phase().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        phase.length().toNanos() / 1e6));
            }
        }
        report.writePause()
                .ifPresent(pause ->
                        text.append(String.format(Locale.ROOT, " writes paused %.0f ms", pause.toNanos() / 1e6)));
        if (report.outcome() != io.switchover4j.Phase.COMPLETED) {
            text.append(System.lineSeparator()).append("  ").append(report.message());
        }
        return text.toString();
    }

    private static boolean judge(
            LiveLine live, Rig rig, List<SwitchoverReport> switches, BankReport told, FloorProbe floor)
            throws Exception {
        List<RunData.Switch> drawn = new ArrayList<>();
        List<Double> ratios = new ArrayList<>();
        for (SwitchoverReport report : switches) {
            RunData.Switch switchover = Timeline.place(report, told, floor, drawn.size() + 1);
            drawn.add(switchover);
            ratios.add(switchover.pauseMillis() / switchover.floorMillis());
        }
        double pause = median(drawn.stream().map(RunData.Switch::pauseMillis).toList());
        double floorPause =
                median(drawn.stream().map(RunData.Switch::floorMillis).toList());
        double ratio = median(ratios);
        boolean completed = switches.stream().allMatch(report -> report.outcome() == io.switchover4j.Phase.COMPLETED);
        live.line("What the clients were told against what the database kept: " + told);

        Map<String, String> figures = new LinkedHashMap<>();
        figures.put("switchovers", String.valueOf(switches.size()));
        figures.put("transactions committed", String.format(Locale.ROOT, "%,d", told.committed()));
        figures.put("errors", String.valueOf(told.errorCount()));
        figures.put("lost", String.valueOf(told.lost().count()));
        figures.put("applied twice", String.valueOf(told.appliedTwice().count()));
        figures.put("pause, median ms", String.format(Locale.ROOT, "%.0f", pause));
        figures.put("the servers' own pause, ms", String.format(Locale.ROOT, "%.0f", floorPause));
        Path file = Path.of(System.getProperty("report", "target/switchover-report.html"));
        RunData data = Timeline.of(told, drawn);
        RunReport.write(
                file,
                "%d switchovers of %s under load".formatted(switches.size(), rig.describe()),
                figures,
                data,
                switches.stream().map(SwitchoverReport::describe).toList());
        String image = System.getProperty("image");
        if (image != null) {
            RunReport.writeImage(Path.of(image), data, drawn.get(drawn.size() / 2));
        }
        live.line("The picture: " + file.toAbsolutePath());
        live.line(String.format(
                Locale.ROOT,
                "RESULT switchovers=%d committed=%d errors=%d lost=%d duplicated=%d pause_ms=%.0f floor_ms=%.0f ratio=%.2f",
                switches.size(),
                told.committed(),
                told.errorCount(),
                told.lost().count(),
                told.appliedTwice().count(),
                pause,
                floorPause,
                ratio));
        return completed && told.isFlawless() && told.unknown().count() == 0;
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
