package io.switchover4j.postgresql;

import static java.util.Objects.requireNonNull;

import java.util.stream.Collectors;

/** Checks of what callers type. */
final class Texts {

    private Texts() {}

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

    private static boolean isHalf(int character) {
        return Character.isBmpCodePoint(character) && Character.isSurrogate((char) character);
    }

    private static String printable(String text) {
        return text.codePoints()
                .mapToObj(c -> Character.isISOControl(c) || isHalf(c) ? "\\u%04x".formatted(c) : Character.toString(c))
                .collect(Collectors.joining());
    }
}
