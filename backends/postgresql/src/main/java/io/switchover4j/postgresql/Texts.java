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
        for (int i = 0; i < value.length(); i++) {
            if (Character.isISOControl(value.charAt(i))) {
                throw new IllegalArgumentException(
                        "The %s '%s' contains the control character U+%04X at index %d; write it without"
                                .formatted(what, printable(value), (int) value.charAt(i), i));
            }
        }
        return value;
    }

    private static String printable(String text) {
        return text.codePoints()
                .mapToObj(c -> Character.isISOControl(c) ? "\\u%04x".formatted(c) : Character.toString(c))
                .collect(Collectors.joining());
    }
}
