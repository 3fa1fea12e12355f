package io.switchover4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Every time zone of the JDK, one year each, windows drawn by lot, against openings found by reading the clock hour by hour. */
class MaintenanceWindowZonesTest {

    private static final long SEED = Long.getLong("switchover4j.seed", System.nanoTime());
    private static final int WINDOWS_PER_ZONE = 2;
    private static final int RANDOM_MOMENTS = 40;

    private final Random random = new Random(SEED);

    @Test
    void agreesWithTheClockInEveryZoneOnEveryDayOfAYear() {
        System.out.printf("MaintenanceWindowZonesTest: -Dswitchover4j.seed=%d%n", SEED);
        List<String> zones = ZoneId.getAvailableZoneIds().stream().sorted().toList();
        assertThat(zones).hasSizeGreaterThan(500);

        for (String id : zones) {
            int year = 2000 + random.nextInt(37);
            Clock clock = new Clock(ZoneId.of(id), year);
            for (int i = 0; i < WINDOWS_PER_ZONE; i++) {
                check(draw(ZoneId.of(id)), clock, year);
            }
        }
    }

    /** Samoa skipped a whole day, Friday 30 December 2011; the day before was a Thursday, the day after a Saturday. */
    @Test
    void agreesWithTheClockWhereAWholeDayIsSkipped() {
        ZoneId apia = ZoneId.of("Pacific/Apia");
        Clock clock = new Clock(apia, 2011);
        for (DayOfWeek day : DayOfWeek.values()) {
            check(new MaintenanceWindow(LocalTime.of(22, 0), Duration.ofHours(4), apia, EnumSet.of(day)), clock, 2011);
        }
    }

    private MaintenanceWindow draw(ZoneId zone) {
        EnumSet<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
        while (days.isEmpty()) {
            for (DayOfWeek day : DayOfWeek.values()) {
                if (random.nextInt(3) > 0) {
                    days.add(day);
                }
            }
        }
        // Half of them start in the hours in which clocks are changed.
        int start = random.nextBoolean() ? random.nextInt(24 * 60) : random.nextInt(4 * 60);
        int length = 1 + (random.nextBoolean() ? random.nextInt(24 * 60) : random.nextInt(120));
        return new MaintenanceWindow(LocalTime.ofSecondOfDay(start * 60L), Duration.ofMinutes(length), zone, days);
    }

    private void check(MaintenanceWindow window, Clock clock, int year) {
        NavigableSet<Instant> openings = clock.openings(window);
        Instant from = Instant.parse(year + "-01-02T00:00:00Z");
        Instant until = Instant.parse(year + "-12-30T00:00:00Z");

        List<Instant> walked = new ArrayList<>();
        for (Instant next = window.nextOpening(from); next.isBefore(until); ) {
            walked.add(next);
            next = window.nextOpening(next.plusNanos(1));
        }
        assertThat(walked)
                .as("openings of %s in %d", window, year)
                .containsExactlyElementsOf(openings.subSet(from, true, until, false));

        List<Instant> moments = new ArrayList<>(clock.changes);
        clock.changes.forEach(change -> {
            moments.add(change.minusNanos(1));
            moments.add(change.plusSeconds(random.nextInt(7200)));
            moments.add(change.minusSeconds(random.nextInt(7200)));
        });
        for (int i = 0; i < RANDOM_MOMENTS; i++) {
            moments.add(from.plusSeconds(random.nextInt(360 * 86_400)));
        }
        for (int i = 0; i < 10 && !walked.isEmpty(); i++) {
            Instant opening = walked.get(random.nextInt(walked.size()));
            moments.addAll(List.of(
                    opening,
                    opening.minusNanos(1),
                    opening.plus(window.length()),
                    opening.plus(window.length()).minusNanos(1)));
        }
        // Clocks change outside the year, too, where the openings are not known.
        moments.removeIf(moment -> moment.isBefore(from) || !moment.isBefore(until));
        for (Instant moment : moments) {
            Duration left = left(openings, window.length(), moment);
            if (!window.remaining(moment).equals(left) || window.isOpen(moment) != !left.isZero()) {
                throw new AssertionError("%s at %s: the clock says %s are left, not %s (seed %d)"
                        .formatted(window, moment, left, window.remaining(moment), SEED));
            }
        }
    }

    private static Duration left(NavigableSet<Instant> openings, Duration length, Instant moment) {
        Instant opening = openings.floor(moment);
        if (opening == null || !moment.isBefore(opening.plus(length))) {
            return Duration.ZERO;
        }
        return Duration.between(moment, opening.plus(length));
    }

    /** What a clock in a zone shows around one year: which offset holds from when to when, found by looking. */
    private static final class Clock {

        private record Stretch(Instant from, Instant to, ZoneOffset offset) {}

        private final List<Stretch> stretches = new ArrayList<>();
        private final List<Instant> changes = new ArrayList<>();
        private final int year;

        Clock(ZoneId zone, int year) {
            this.year = year;
            ZoneRules rules = zone.getRules();
            Instant begin = Instant.parse((year - 1) + "-12-20T00:00:00Z");
            Instant end = Instant.parse((year + 1) + "-01-20T00:00:00Z");
            Instant from = begin;
            for (Instant hour = begin; hour.isBefore(end); hour = hour.plusSeconds(3600)) {
                if (rules.getOffset(hour.plusSeconds(3600)).equals(rules.getOffset(hour))) {
                    continue;
                }
                Instant change = hour;
                while (rules.getOffset(change).equals(rules.getOffset(hour))) {
                    change = change.plusSeconds(1);
                }
                stretches.add(new Stretch(from, change, rules.getOffset(hour)));
                changes.add(change);
                from = change;
            }
            stretches.add(new Stretch(from, end, rules.getOffset(end)));
        }

        NavigableSet<Instant> openings(MaintenanceWindow window) {
            NavigableSet<Instant> openings = new TreeSet<>();
            LocalDate last = LocalDate.of(year + 1, 1, 5);
            for (LocalDate date = LocalDate.of(year - 1, 12, 25); date.isBefore(last); date = date.plusDays(1)) {
                if (window.days().contains(date.getDayOfWeek())) {
                    openings.add(first(date.atTime(window.start())));
                }
            }
            return openings;
        }

        /** When the clock shows the time first; if it never does, when it would have without the change that skips it. */
        private Instant first(LocalDateTime time) {
            for (Stretch stretch : stretches) {
                Instant shown = time.toInstant(stretch.offset());
                if (!shown.isBefore(stretch.from()) && shown.isBefore(stretch.to())) {
                    return shown;
                }
            }
            for (Stretch stretch : stretches) {
                Stretch next = stretches.get(stretches.indexOf(stretch) + 1);
                Instant unchanged = time.toInstant(stretch.offset());
                if (!unchanged.isBefore(stretch.to())
                        && time.toInstant(next.offset()).isBefore(next.from())) {
                    return unchanged;
                }
            }
            throw new AssertionError("the clock neither shows nor skips " + time);
        }
    }
}
