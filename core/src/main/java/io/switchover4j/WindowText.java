package io.switchover4j;

import static java.util.Objects.requireNonNull;

import io.switchover4j.spi.Names;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads and writes {@link MaintenanceWindow}s in the forms in use. */
final class WindowText {

    private static final String FORMS =
            "22:00Z-02:00Z, sun:05:00-sun:06:00 (in UTC), mon,wed 22:00 for 4h Europe/Berlin,"
                    + " or daily 22:00 for 4h Europe/Berlin";

    private static final String TIME = "(\\d{2}:\\d{2})";
    private static final String OFFSET = "(Z|[+-]\\d{2}:\\d{2})";

    private static final Pattern DAILY = insensitive(TIME + OFFSET + "-" + TIME + OFFSET);
    private static final Pattern ONE_DAY = insensitive("([a-z]+):" + TIME + "-([a-z]+):" + TIME);
    private static final Pattern FULL = insensitive("(\\S+)\\s+" + TIME + "\\s+for\\s+(\\S+)(?:\\s+(\\S+))?");
    private static final Pattern NO_DAYS = insensitive(TIME + "\\s+for\\s+.*");
    private static final Pattern LENGTH = insensitive("(?:(\\d{1,4})h)?(?:(\\d{1,4})m)?");

    private static final Duration DAY = Duration.ofDays(1);

    private final String text;

    private WindowText(String text) {
        this.text = text;
    }

    private static Pattern insensitive(String regex) {
        return Pattern.compile(regex, Pattern.CASE_INSENSITIVE);
    }

    static MaintenanceWindow parse(String text) {
        return new WindowText(requireNonNull(text, "text")).parse();
    }

    private MaintenanceWindow parse() {
        String stripped = text.strip();
        Matcher daily = DAILY.matcher(stripped);
        if (daily.matches()) {
            return daily(daily);
        }
        Matcher oneDay = ONE_DAY.matcher(stripped);
        if (oneDay.matches()) {
            return oneDay(oneDay);
        }
        Matcher full = FULL.matcher(stripped);
        if (full.matches()) {
            return full(full);
        }
        if (NO_DAYS.matcher(stripped).matches()) {
            throw refused(
                    "it does not say on which days; write daily, or days such as mon,wed, in front of the time", null);
        }
        throw refused("it has none of the known forms", null);
    }

    private MaintenanceWindow daily(Matcher parts) {
        ZoneId zone = zone(parts.group(2));
        if (!zone.equals(zone(parts.group(4)))) {
            throw refused("it begins at the offset %s and ends at %s".formatted(parts.group(2), parts.group(4)), null);
        }
        LocalTime start = time(parts.group(1));
        return window(start, between(start, time(parts.group(3)), 0), zone, EnumSet.allOf(DayOfWeek.class));
    }

    private MaintenanceWindow oneDay(Matcher parts) {
        DayOfWeek first = day(parts.group(1));
        int days = Math.floorMod(day(parts.group(3)).getValue() - first.getValue(), 7);
        LocalTime start = time(parts.group(2));
        LocalTime end = time(parts.group(4));
        if (days == 0 && !end.isAfter(start)) {
            throw refused("it does not end after it begins", null);
        }
        return window(start, between(start, end, days), ZoneOffset.UTC, EnumSet.of(first));
    }

    private MaintenanceWindow full(Matcher parts) {
        if (parts.group(4) == null) {
            throw refused(
                    LENGTH.matcher(parts.group(3)).matches()
                            ? "its time zone is missing; write an IANA name such as Europe/Berlin, an offset such as +08:00, or Z at its end"
                            : "its length is missing; write it as 4h, 30m or 1h30m",
                    null);
        }
        return window(time(parts.group(2)), length(parts.group(3)), zone(parts.group(4)), days(parts.group(1)));
    }

    private Duration length(String value) {
        Matcher parts = LENGTH.matcher(value);
        if (!parts.matches()) {
            throw refused("'%s' is no length; write it as 4h, 30m or 1h30m".formatted(value), null);
        }
        Duration length = Duration.ofHours(number(parts.group(1))).plusMinutes(number(parts.group(2)));
        if (length.isZero()) {
            throw refused("it would never be open; write its length as 4h, 30m or 1h30m", null);
        }
        return length;
    }

    private MaintenanceWindow window(LocalTime start, Duration length, ZoneId zone, Set<DayOfWeek> days) {
        if (length.compareTo(DAY) > 0) {
            throw refused("it would be open for %s, and may be for 24h at most".formatted(length(length)), null);
        }
        try {
            return new MaintenanceWindow(start, length, zone, days);
        } catch (IllegalArgumentException e) {
            throw refused(String.valueOf(e.getMessage()), e);
        }
    }

    private Duration between(LocalTime start, LocalTime end, int days) {
        if (days == 0 && start.equals(end)) {
            throw refused("it begins and ends at the same time; for the whole day write daily 00:00 for 24h Z", null);
        }
        Duration length = Duration.between(start, end).plusDays(days);
        return length.isNegative() ? length.plus(DAY) : length;
    }

    private static long number(@Nullable String digits) {
        return digits == null ? 0 : Long.parseLong(digits);
    }

    private LocalTime time(String value) {
        try {
            return LocalTime.parse(value);
        } catch (DateTimeException e) {
            throw refused("'%s' is no time of day from 00:00 to 23:59".formatted(value), e);
        }
    }

    private ZoneId zone(String value) {
        String upper = value.toUpperCase(Locale.ROOT);
        try {
            // Names of zones are as they are; only the letter Z may be small.
            return ZoneId.of(upper.equals("Z") ? upper : value).normalized();
        } catch (DateTimeException e) {
            throw refused(
                    "'%s' is no known time zone; write an IANA name such as Europe/Berlin, an offset such as +08:00, or Z"
                            .formatted(value),
                    e);
        }
    }

    private Set<DayOfWeek> days(String value) {
        if (value.equalsIgnoreCase("daily")) {
            return EnumSet.allOf(DayOfWeek.class);
        }
        Set<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
        for (String name : value.split(",", -1)) {
            if (!days.add(day(name))) {
                throw refused("the day '%s' is there twice".formatted(name), null);
            }
        }
        return days;
    }

    private DayOfWeek day(String name) {
        for (DayOfWeek day : DayOfWeek.values()) {
            if (shortName(day).equals(name.toLowerCase(Locale.ROOT))) {
                return day;
            }
        }
        throw refused("'%s' is no day; days are mon, tue, wed, thu, fri, sat, sun".formatted(name), null);
    }

    private IllegalArgumentException refused(String why, @Nullable Throwable cause) {
        return new IllegalArgumentException(
                "The maintenance window '%s' cannot be read: %s. Accepted forms: %s"
                        .formatted(Names.printable(text), why, FORMS),
                cause);
    }

    static String of(MaintenanceWindow window) {
        return shortForm(window).orElseGet(() -> fullForm(window));
    }

    private static Optional<String> shortForm(MaintenanceWindow window) {
        if (!window.zone().equals(ZoneOffset.UTC) || window.length().equals(DAY)) {
            return Optional.empty();
        }
        LocalTime start = window.start();
        LocalTime end = start.plus(window.length());
        if (window.days().size() == 7) {
            return Optional.of("%sZ-%sZ".formatted(start, end));
        }
        if (window.days().size() == 1) {
            DayOfWeek first = window.days().iterator().next();
            DayOfWeek last = end.isAfter(start) ? first : first.plus(1);
            return Optional.of("%s:%s-%s:%s".formatted(shortName(first), start, shortName(last), end));
        }
        return Optional.empty();
    }

    private static String fullForm(MaintenanceWindow window) {
        String days = window.days().size() == 7
                ? "daily"
                : window.days().stream().sorted().map(WindowText::shortName).collect(Collectors.joining(","));
        return "%s %s for %s %s".formatted(days, window.start(), length(window.length()), window.zone());
    }

    private static String length(Duration length) {
        long hours = length.toHours();
        int minutes = length.toMinutesPart();
        return (hours == 0 ? "" : hours + "h") + (minutes == 0 ? "" : minutes + "m");
    }

    private static String shortName(DayOfWeek day) {
        return day.name().substring(0, 3).toLowerCase(Locale.ROOT);
    }
}
