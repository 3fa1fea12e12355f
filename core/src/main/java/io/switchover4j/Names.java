package io.switchover4j;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.stream.Collectors;

/** Checks of what callers type. */
final class Names {

    /** Whoever waits longer waits for ever, and sums of what is longer overflow. */
    private static final Duration LONGEST = Duration.ofDays(365);

    private Names() {}

    static String require(String what, String value) {
        requireNonNull(value, what);
        if (value.isBlank()) {
            throw new IllegalArgumentException(
                    "The %s is '%s'; it must not be blank".formatted(what, printable(value)));
        }
        for (int i = 0; i < value.length(); i += Character.charCount(value.codePointAt(i))) {
            int character = value.codePointAt(i);
            if (Character.isISOControl(character) || isHalf(character)) {
                throw new IllegalArgumentException("The %s '%s' contains %s U+%04X at index %d; write it without"
                        .formatted(
                                what,
                                printable(value),
                                isHalf(character) ? "half of a character," : "the control character",
                                character,
                                i));
            }
        }
        return value;
    }

    /** No file keeps half of a character: another name would be read than was written. */
    private static boolean isHalf(int character) {
        return Character.isBmpCodePoint(character) && Character.isSurrogate((char) character);
    }

    /** Who asks if nobody says so: the user as the machine names him, made printable. */
    static String ofUser() {
        String user = printable(System.getProperty("user.name", ""));
        return user.isBlank() ? "unknown" : user;
    }

    /** Control characters as Java writes them: a message must not do to a terminal or a log what they stand for. */
    static String printable(String text) {
        return text.codePoints()
                .mapToObj(c -> Character.isISOControl(c) || isHalf(c) ? "\\u%04x".formatted(c) : Character.toString(c))
                .collect(Collectors.joining());
    }

    static Duration requirePositive(String what, Duration value) {
        requireNonNull(value, what);
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException("%s is %s; it must be positive".formatted(what, value));
        }
        if (value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("%s is %s; it must be at most %s".formatted(what, value, LONGEST));
        }
        return value;
    }
}
