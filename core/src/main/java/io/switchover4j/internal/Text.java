package io.switchover4j.internal;

import java.time.Duration;
import java.util.Locale;

/** Figures and names as messages show them. */
final class Text {

    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

    private Text() {}

    static String quoted(String name) {
        return '\'' + name + '\'';
    }

    static String millis(Duration duration) {
        return duration.toMillis() + " ms";
    }

    static String bytes(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        return value == Math.rint(value)
                ? "%d %s".formatted((long) value, UNITS[unit])
                : String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
    }

    /** Of an error that is nobody's words, such as "x/Y", its class as well. */
    static String message(Throwable e) {
        return e instanceof Error || e.getMessage() == null || e.getMessage().isBlank() ? e.toString() : e.getMessage();
    }

    static String withoutStop(String sentence) {
        String stripped = sentence.strip();
        return stripped.endsWith(".") ? stripped.substring(0, stripped.length() - 1) : stripped;
    }
}
