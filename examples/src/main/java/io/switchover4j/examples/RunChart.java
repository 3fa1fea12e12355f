package io.switchover4j.examples;

import static java.util.Locale.ROOT;

import io.switchover4j.examples.RunData.Span;
import io.switchover4j.examples.RunData.Switch;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Draws commits per 10 ms and latency over time as one SVG, each phase of a switch shaded behind them.
 *
 * <p>Colours are CSS classes, so that the page around the drawing decides about light and dark.
 */
final class RunChart {

    private static final int WIDTH = 1080;
    private static final int LEFT = 64;
    private static final int RIGHT = 16;
    private static final int TOP = 30;
    private static final int RATE_HEIGHT = 150;
    private static final int GAP = 26;
    private static final int LATENCY_HEIGHT = 110;
    private static final int BOTTOM = 34;
    private static final double BUCKET_SECONDS = 0.010;

    private final RunData run;
    private final double from;
    private final double to;
    private final boolean labels;
    private final StringBuilder svg = new StringBuilder(64 << 10);

    private RunChart(RunData run, double from, double to, boolean labels) {
        this.run = run;
        this.from = from;
        this.to = to;
        this.labels = labels;
    }

    /** The whole run. */
    static String overview(RunData run) {
        return new RunChart(run, 0, run.lengthSeconds(), false).draw();
    }

    /** One switch, from 250 ms before traffic was held to 400 ms after it was released. */
    static String zoom(RunData run, Switch switchover) {
        return new RunChart(
                        run,
                        Math.max(0, switchover.holdStart() - 0.25),
                        Math.min(run.lengthSeconds(), switchover.releaseEnd() + 0.4),
                        true)
                .draw();
    }

    private String draw() {
        int height = TOP + RATE_HEIGHT + GAP + LATENCY_HEIGHT + BOTTOM;
        add("<svg viewBox=\"0 0 %d %d\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\">", WIDTH, height);
        int buckets = Math.max(1, (int) Math.ceil((to - from) / BUCKET_SECONDS));
        int[] commits = new int[buckets];
        double[] slowest = new double[buckets];
        int first = lowerBound(run.commitSeconds(), from);
        for (int i = first; i < run.commitSeconds().length && run.commitSeconds()[i] < to; i++) {
            int bucket = Math.min(buckets - 1, (int) ((run.commitSeconds()[i] - from) / BUCKET_SECONDS));
            commits[bucket]++;
            slowest[bucket] = Math.max(slowest[bucket], run.latencyMillis()[i]);
        }
        shades(height);
        rate(commits);
        latency(slowest);
        timeAxis(height);
        labels();
        svg.append("</svg>");
        return svg.toString();
    }

    private void shades(int height) {
        forEachVisible(span -> add(
                "<rect class=\"phase %s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"><title>%s</title></rect>",
                span.phase().toLowerCase(ROOT),
                x(Math.max(from, span.from())),
                TOP,
                visibleWidth(span),
                height - TOP - BOTTOM,
                text(span)));
    }

    /** Written last, so that nothing covers them. */
    private void labels() {
        if (!labels) {
            for (Switch switchover : run.switches()) {
                add(
                        "<text class=\"label\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s: %.0f ms</text>",
                        x(switchover.holdStart()), TOP - 10, switchover.title(), switchover.pauseMillis());
            }
            return;
        }
        forEachVisible(span -> {
            String text = text(span);
            double x = x(Math.max(from, span.from()));
            double width = visibleWidth(span);
            if (width > text.length() * 6.2) {
                add("<text class=\"label\" x=\"%.1f\" y=\"%d\">%s</text>", x + 4, TOP - 8, text);
            } else if (width > 12) {
                // Narrow phases are written upright inside their shade.
                add(
                        "<text class=\"label\" transform=\"translate(%.1f %d) rotate(90)\">%s</text>",
                        x + width / 2 - 3, TOP + 4, text);
            }
        });
    }

    private void forEachVisible(Consumer<Span> action) {
        run.switches().stream()
                .flatMap(switchover -> switchover.phases().stream())
                .filter(span -> Math.max(from, span.from()) < Math.min(to, span.to()))
                .forEach(action);
    }

    private double visibleWidth(Span span) {
        return Math.max(1.2, x(Math.min(to, span.to())) - x(Math.max(from, span.from())));
    }

    private static String text(Span span) {
        return "%s %.0f ms".formatted(readable(span.phase()), (span.to() - span.from()) * 1000);
    }

    private void rate(int[] commits) {
        int max = niceMaximum(Arrays.stream(commits).max().orElse(1));
        int base = TOP + RATE_HEIGHT;
        yAxis(TOP, RATE_HEIGHT, max, "commits per 10 ms");
        StringBuilder path =
                new StringBuilder("M%.1f %d".formatted(x(from), base).replace(',', '.'));
        for (int i = 0; i < commits.length; i++) {
            double y = base - (double) RATE_HEIGHT * commits[i] / max;
            path.append(String.format(ROOT, "L%.1f %.1fL%.1f %.1f", x(bucket(i)), y, x(bucket(i + 1)), y));
        }
        path.append(String.format(ROOT, "L%.1f %dZ", x(to), base));
        add("<path class=\"rate\" d=\"%s\"/>", path);
    }

    private void latency(double[] slowest) {
        int top = TOP + RATE_HEIGHT + GAP;
        int max = niceMaximum((int) Math.ceil(Arrays.stream(slowest).max().orElse(1)));
        yAxis(top, LATENCY_HEIGHT, max, "slowest transaction, ms");
        for (int i = 0; i < slowest.length; i++) {
            if (slowest[i] > 0) {
                double y = top + LATENCY_HEIGHT - LATENCY_HEIGHT * slowest[i] / max;
                add(
                        "<circle class=\"latency\" cx=\"%.1f\" cy=\"%.1f\" r=\"%s\"/>",
                        x(bucket(i) + BUCKET_SECONDS / 2), y, labels ? "2.4" : "1.2");
            }
        }
    }

    private void yAxis(int top, int height, int max, String title) {
        for (int i = 0; i <= 2; i++) {
            double y = top + height - height * i / 2.0;
            add("<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, WIDTH - RIGHT, y, y);
            String value = max % 2 == 0 ? String.valueOf(max * i / 2) : String.format(ROOT, "%.1f", max * i / 2.0);
            add("<text class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>", LEFT - 6, y + 4, value);
        }
        add(
                "<text class=\"axis\" transform=\"translate(14 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>",
                top + height / 2, title);
    }

    private void timeAxis(int height) {
        double step = List.of(0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0).stream()
                .filter(candidate -> (to - from) / candidate <= 14)
                .findFirst()
                .orElse(300.0);
        for (double t = Math.ceil(from / step) * step; t <= to; t += step) {
            add(
                    "<line class=\"tickmark\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>",
                    x(t), x(t), height - BOTTOM, height - BOTTOM + 4);
            add(
                    "<text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
                    x(t), height - BOTTOM + 17, String.format(ROOT, step < 1 ? "%.2f s" : "%.0f s", t));
        }
    }

    private double x(double seconds) {
        return LEFT + (seconds - from) / (to - from) * (WIDTH - LEFT - RIGHT);
    }

    private double bucket(int index) {
        return Math.min(to, from + index * BUCKET_SECONDS);
    }

    private void add(String format, Object... arguments) {
        svg.append(String.format(ROOT, format, arguments)).append('\n');
    }

    private static String readable(String phase) {
        return phase.toLowerCase(ROOT).replace('_', ' ');
    }

    /** The next of 2, 4, 10, 20, 40, 100, ... that is not smaller. */
    static int niceMaximum(int value) {
        for (int decade = 1; decade < 1_000_000_000; decade *= 10) {
            for (int factor : new int[] {2, 4, 10}) {
                if (value <= decade * factor) {
                    return decade * factor;
                }
            }
        }
        return value;
    }

    /** The index of the first element that is not smaller. */
    private static int lowerBound(double[] ascending, double value) {
        int found = Arrays.binarySearch(ascending, value);
        int index = found >= 0 ? found : -found - 1;
        while (index > 0 && ascending[index - 1] >= value) {
            index--;
        }
        return index;
    }
}
