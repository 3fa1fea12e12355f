package io.switchover4j;

import static java.time.DayOfWeek.MONDAY;
import static java.time.DayOfWeek.SUNDAY;
import static java.time.DayOfWeek.WEDNESDAY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MaintenanceWindowTest {

    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    private static final MaintenanceWindow NIGHTLY =
            MaintenanceWindow.daily(LocalTime.of(22, 0), Duration.ofHours(4), ZoneOffset.UTC);

    private static Instant at(String instant) {
        return Instant.parse(instant);
    }

    @Test
    void isOpenFromItsStartToBeforeItsEndAcrossMidnight() {
        assertThat(NIGHTLY.isOpen(at("2026-03-01T21:59:59.999Z"))).isFalse();
        assertThat(NIGHTLY.isOpen(at("2026-03-01T22:00:00Z"))).isTrue();
        assertThat(NIGHTLY.isOpen(at("2026-03-02T01:59:59.999Z"))).isTrue();
        assertThat(NIGHTLY.isOpen(at("2026-03-02T02:00:00Z"))).isFalse();
    }

    @Test
    void tellsWhatRemainsAndWhenItOpensNext() {
        assertThat(NIGHTLY.remaining(at("2026-03-01T23:30:00Z"))).isEqualTo(Duration.ofMinutes(150));
        assertThat(NIGHTLY.remaining(at("2026-03-01T12:00:00Z"))).isZero();
        assertThat(NIGHTLY.nextOpening(at("2026-03-01T12:00:00Z"))).isEqualTo(at("2026-03-01T22:00:00Z"));
        assertThat(NIGHTLY.nextOpening(at("2026-03-01T22:00:00Z")))
                .as("the moment itself counts")
                .isEqualTo(at("2026-03-01T22:00:00Z"));
        assertThat(NIGHTLY.nextOpening(at("2026-03-01T23:00:00Z")))
                .as("while it is open, the one after")
                .isEqualTo(at("2026-03-02T22:00:00Z"));
    }

    @Test
    void opensOnItsDaysAndClosesOnTheNext() {
        MaintenanceWindow window =
                MaintenanceWindow.weekly(LocalTime.of(23, 0), Duration.ofHours(2), ZoneOffset.UTC, SUNDAY);

        assertThat(window.isOpen(at("2026-03-02T00:30:00Z")))
                .as("Monday, early")
                .isTrue();
        assertThat(window.isOpen(at("2026-03-01T00:30:00Z")))
                .as("Sunday, early")
                .isFalse();
        assertThat(window.nextOpening(at("2026-03-02T00:30:00Z"))).isEqualTo(at("2026-03-08T23:00:00Z"));
    }

    @Test
    void aStartThatTheClocksSkipIsMovedByAsMuchAsTheyAre() {
        MaintenanceWindow window = MaintenanceWindow.daily(LocalTime.of(2, 30), Duration.ofHours(1), BERLIN);

        assertThat(window.nextOpening(at("2026-03-28T12:00:00Z")))
                .as("03:30 in summer time")
                .isEqualTo(at("2026-03-29T01:30:00Z"));
        assertThat(window.remaining(at("2026-03-29T01:30:00Z"))).isEqualTo(Duration.ofHours(1));
        assertThat(window.nextOpening(at("2026-03-29T12:00:00Z"))).isEqualTo(at("2026-03-30T00:30:00Z"));
    }

    @Test
    void ofAStartThatTheClocksShowTwiceTheFirstCounts() {
        MaintenanceWindow window = MaintenanceWindow.daily(LocalTime.of(2, 30), Duration.ofHours(1), BERLIN);

        assertThat(window.nextOpening(at("2026-10-24T12:00:00Z"))).isEqualTo(at("2026-10-25T00:30:00Z"));
        assertThat(window.isOpen(at("2026-10-25T01:29:00Z"))).isTrue();
        assertThat(window.isOpen(at("2026-10-25T01:30:00Z")))
                .as("02:30 for the second time")
                .isFalse();
    }

    @Test
    void anOpeningIsAsLongAsEverOnTheDaysOnWhichClocksAreChanged() {
        MaintenanceWindow window = MaintenanceWindow.daily(LocalTime.of(22, 0), Duration.ofHours(8), BERLIN);

        assertThat(window.remaining(at("2026-03-28T21:00:00Z"))).isEqualTo(Duration.ofHours(8));
        assertThat(window.remaining(at("2026-10-24T20:00:00Z"))).isEqualTo(Duration.ofHours(8));
    }

    @Test
    void oneThatIsOpenAllDayNeverClosesAndTellsTheLaterEndWhereOpeningsOverlap() {
        MaintenanceWindow window = MaintenanceWindow.daily(LocalTime.MIDNIGHT, Duration.ofHours(24), BERLIN);

        assertThat(window.isOpen(at("2026-10-25T22:30:00Z")))
                .as("a day of 25 hours has a gap")
                .isFalse();
        assertThat(window.remaining(at("2026-03-29T22:30:00Z"))).isEqualTo(Duration.ofMinutes(23 * 60 + 30));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "22:00Z-02:00Z|22:00Z-02:00Z",
                " 22:00z-02:00z |22:00Z-02:00Z",
                "00:00Z-23:59Z|00:00Z-23:59Z",
                "22:00+08:00-02:00+08:00|daily 22:00 for 4h +08:00",
                "22:00+00:00-02:00Z|22:00Z-02:00Z",
                "sun:05:00-sun:06:00|sun:05:00-sun:06:00",
                "Sun:23:30-Mon:00:30|sun:23:30-mon:00:30",
                "sat:12:00-sun:12:00|sat 12:00 for 24h Z",
                "wed,mon 22:00 for 4h Europe/Berlin|mon,wed 22:00 for 4h Europe/Berlin",
                "mon,wed 22:00 for 90m UTC|mon,wed 22:00 for 1h30m Z",
                "DAILY 22:00 FOR 1H30M Asia/Kolkata|daily 22:00 for 1h30m Asia/Kolkata",
                "daily 22:00 for 4h Etc/GMT+5|daily 22:00 for 4h -05:00",
                "sun 05:00 for 1h Z|sun:05:00-sun:06:00",
                "daily 00:00 for 24h Z|daily 00:00 for 24h Z",
                "daily 22:00 for 5m Z|22:00Z-22:05Z"
            })
    void isReadInTheFormsInUseAndPrintedInTheShortest(String text, String printed) {
        MaintenanceWindow window = MaintenanceWindow.parse(text);

        assertThat(window).hasToString(printed);
        assertThat(MaintenanceWindow.parse(printed)).isEqualTo(window);
    }

    @Test
    void whatServicesWriteMeansWhatTheySay() {
        assertThat(MaintenanceWindow.parse("22:00Z-02:00Z")).isEqualTo(NIGHTLY);
        assertThat(MaintenanceWindow.parse("sun:05:00-sun:06:00"))
                .isEqualTo(
                        new MaintenanceWindow(LocalTime.of(5, 0), Duration.ofHours(1), ZoneOffset.UTC, Set.of(SUNDAY)));
        assertThat(MaintenanceWindow.parse("mon,wed 22:00 for 4h Europe/Berlin"))
                .isEqualTo(
                        MaintenanceWindow.weekly(LocalTime.of(22, 0), Duration.ofHours(4), BERLIN, MONDAY, WEDNESDAY));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "\"\"|it has none of the known forms",
                "22:00|it has none of the known forms",
                "22:00-02:00|it has none of the known forms",
                "9:00Z-10:00Z|it has none of the known forms",
                "22:00Z-02:00Z Europe/Berlin|it has none of the known forms",
                "daily 22:00 for four hours Z|it has none of the known forms",
                "24:00Z-02:00Z|'24:00' is no time of day from 00:00 to 23:59",
                "22:60Z-02:00Z|'22:60' is no time of day from 00:00 to 23:59",
                "22:00Z-22:00Z|it begins and ends at the same time; for the whole day write daily 00:00 for 24h Z",
                "22:00Z-02:00+01:00|it begins at the offset Z and ends at +01:00",
                "22:00+19:00-02:00+19:00|'+19:00' is no known time zone; write an IANA name such as Europe/Berlin, an offset such as +08:00, or Z",
                "son:05:00-son:06:00|'son' is no day; days are mon, tue, wed, thu, fri, sat, sun",
                "sun:05:00-xyz:06:00|'xyz' is no day; days are mon, tue, wed, thu, fri, sat, sun",
                "sun:06:00-sun:05:00|it does not end after it begins",
                "sun:05:00-tue:06:00|it would be open for 49h, and may be for 24h at most",
                "daily 22:00 for 4h Europe/Berlinn|'Europe/Berlinn' is no known time zone; write an IANA name such as Europe/Berlin, an offset such as +08:00, or Z",
                "daily 22:00 for 0h Z|it would never be open; write its length as 4h, 30m or 1h30m",
                "daily 22:00 for 25h Z|it would be open for 25h, and may be for 24h at most",
                "daily 22:00 for -1h Z|'-1h' is no length; write it as 4h, 30m or 1h30m",
                "daily 22:00 for 4h|its time zone is missing; write an IANA name such as Europe/Berlin, an offset such as +08:00, or Z at its end",
                "22:00 for 8h Europe/Berlin|it does not say on which days; write daily, or days such as mon,wed, in front of the time",
                "daily 22:00 for  Z|its length is missing; write it as 4h, 30m or 1h30m",
                "mon,mon 22:00 for 4h Z|the day 'mon' is there twice",
                "mon, 22:00 for 4h Z|'' is no day; days are mon, tue, wed, thu, fri, sat, sun"
            })
    void whatCannotBeReadIsRefusedWithTheTextTheReasonAndTheForms(String text, String reason) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MaintenanceWindow.parse(text))
                .withMessage(
                        "The maintenance window '%s' cannot be read: %s. Accepted forms: 22:00Z-02:00Z, sun:05:00-sun:06:00"
                                + " (in UTC), mon,wed 22:00 for 4h Europe/Berlin, or daily 22:00 for 4h Europe/Berlin",
                        text, reason);
    }

    @Test
    void controlCharactersInAMalformedTextAreShownNotPrinted() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MaintenanceWindow.parse("22:00Z\n-02:00Z"))
                .withMessageStartingWith("The maintenance window '22:00Z\\u000a-02:00Z' cannot be read");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT-1H", "PT24H1M", "PT1M30S", "PT0.5S"})
    void aLengthThatIsNoneIsRefused(Duration length) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MaintenanceWindow.daily(LocalTime.NOON, length, ZoneOffset.UTC))
                .withMessageContaining("A maintenance window cannot be " + length + " long; the length must be ");
    }

    @Test
    void aStartThatIsNotAWholeMinuteIsRefusedAndSoIsNoDayAtAll() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MaintenanceWindow.daily(LocalTime.of(1, 2, 3), Duration.ofHours(1), ZoneOffset.UTC))
                .withMessage("A maintenance window cannot start at 01:02:03; the start must be in whole minutes");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        new MaintenanceWindow(LocalTime.NOON, Duration.ofHours(1), ZoneOffset.UTC, Set.<DayOfWeek>of()))
                .withMessage("A maintenance window needs at least one day on which it opens");
    }
}
