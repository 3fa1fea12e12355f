package io.switchover4j;

import static java.util.Objects.requireNonNull;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * When planned work on an instance may start: on some days of the week, from a time of day on, for a length of time; it may
 * cross midnight. Immutable.
 *
 * <p>The day and the time of day are those of the window's time zone, the length is elapsed time: on the days on which
 * clocks are changed an opening is as long as on any other. A start that the clocks skip is moved by as much as they are;
 * of a start that they show twice, the first counts. The openings of two days may touch or, on such a day, overlap: the
 * window is open while any of them is.
 *
 * @param start the time of day at which it opens, in whole minutes
 * @param length for how long it stays open, in whole minutes, at most 24 hours
 * @param zone the time zone of the days and of the start; one with a fixed offset is kept as that offset
 * @param days the days on which it opens, at least one; it may close on the next
 */
public record MaintenanceWindow(LocalTime start, Duration length, ZoneId zone, Set<DayOfWeek> days) {

    private static final Duration LONGEST = Duration.ofHours(24);

    /** Every day: each opens once in a week, and a day that a zone skips must not hide the next one. */
    private static final int DAYS_AHEAD = 15;

    /**
     * @throws IllegalArgumentException if the start or the length is not in whole minutes, the length is not positive or
     *     longer than 24 hours, or there is no day
     */
    public MaintenanceWindow {
        requireNonNull(start, "start");
        requireNonNull(length, "length");
        zone = requireNonNull(zone, "zone").normalized();
        requireNonNull(days, "days").forEach(day -> requireNonNull(day, "a day"));
        days = Set.copyOf(days);
        if (!start.equals(start.truncatedTo(ChronoUnit.MINUTES))) {
            throw new IllegalArgumentException(
                    "A maintenance window cannot start at %s; the start must be in whole minutes".formatted(start));
        }
        if (length.isNegative() || length.isZero() || length.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "A maintenance window cannot be %s long; the length must be positive and at most %s"
                            .formatted(length, LONGEST));
        }
        if (!length.equals(length.truncatedTo(ChronoUnit.MINUTES))) {
            throw new IllegalArgumentException(
                    "A maintenance window cannot be %s long; the length must be in whole minutes".formatted(length));
        }
        if (days.isEmpty()) {
            throw new IllegalArgumentException("A maintenance window needs at least one day on which it opens");
        }
    }

    /**
     * A window that opens every day.
     *
     * @throws IllegalArgumentException as {@link #MaintenanceWindow} does
     */
    public static MaintenanceWindow daily(LocalTime start, Duration length, ZoneId zone) {
        return new MaintenanceWindow(start, length, zone, EnumSet.allOf(DayOfWeek.class));
    }

    /**
     * A window that opens on some days of the week.
     *
     * @throws IllegalArgumentException as {@link #MaintenanceWindow} does
     */
    public static MaintenanceWindow weekly(
            LocalTime start, Duration length, ZoneId zone, DayOfWeek day, DayOfWeek... more) {
        Set<DayOfWeek> days = EnumSet.of(requireNonNull(day, "day"));
        for (DayOfWeek each : requireNonNull(more, "more")) {
            days.add(requireNonNull(each, "a day"));
        }
        return new MaintenanceWindow(start, length, zone, days);
    }

    /**
     * Reads a window as services write it, or as {@link #toString()} does. Letter case and surrounding blanks do not matter.
     *
     * <ul>
     *   <li>{@code 22:00Z-02:00Z}: every day, from and to, in UTC or at another offset: {@code 22:00+08:00-02:00+08:00}
     *   <li>{@code sun:05:00-sun:06:00}: once a week, from and to, in UTC
     *   <li>{@code mon,wed 22:00 for 4h Europe/Berlin} or {@code daily 22:00 for 1h30m Z}: the full form
     * </ul>
     *
     * @throws IllegalArgumentException if the text is none of these; the message names the text and the forms
     */
    public static MaintenanceWindow parse(String text) {
        return WindowText.parse(text);
    }

    /** Whether the window is open at a moment: from the moment it opens, up to but not at the moment it closes. */
    public boolean isOpen(Instant moment) {
        return closing(moment).isPresent();
    }

    /** For how long the window stays open from a moment on; zero if it is closed then. */
    public Duration remaining(Instant moment) {
        return closing(moment).map(end -> Duration.between(moment, end)).orElse(Duration.ZERO);
    }

    /** When the window opens next, at the moment given or later; where it is open already, that is the opening after. */
    public Instant nextOpening(Instant moment) {
        LocalDate first = moment.atZone(zone).toLocalDate().minusDays(2);
        Instant next = Instant.MAX;
        for (int day = 0; day < DAYS_AHEAD; day++) {
            LocalDate date = first.plusDays(day);
            if (days.contains(date.getDayOfWeek())) {
                Instant opening = opening(date);
                if (!opening.isBefore(moment) && opening.isBefore(next)) {
                    next = opening;
                }
            }
        }
        return next;
    }

    /** When the opening that is under way ends; of two that overlap, the later end. */
    private Optional<Instant> closing(Instant moment) {
        LocalDate today = moment.atZone(zone).toLocalDate();
        Optional<Instant> closing = Optional.empty();
        // A zone that skips or repeats a day moves an opening by that much.
        for (LocalDate date = today.minusDays(2); !date.isAfter(today.plusDays(1)); date = date.plusDays(1)) {
            if (days.contains(date.getDayOfWeek())) {
                Instant opening = opening(date);
                Instant end = opening.plus(length);
                if (!moment.isBefore(opening)
                        && moment.isBefore(end)
                        && closing.filter(end::isBefore).isEmpty()) {
                    closing = Optional.of(end);
                }
            }
        }
        return closing;
    }

    private Instant opening(LocalDate date) {
        return date.atTime(start).atZone(zone).toInstant();
    }

    /**
     * The shortest of the forms that {@link #parse} reads: {@code 22:00Z-02:00Z} for a daily window in UTC,
     * {@code sun:05:00-sun:06:00} for a weekly one in UTC with one day, else the full form.
     */
    @Override
    public String toString() {
        return WindowText.of(this);
    }
}
