package io.switchover4j.postgresql;

import static java.util.Objects.requireNonNull;

/** Checks of what callers type. */
final class Texts {

    private Texts() {}

    static String require(String what, String value) {
        requireNonNull(value, what);
        if (value.isBlank()) {
            throw new IllegalArgumentException("The %s must not be blank".formatted(what));
        }
        for (int i = 0; i < value.length(); i++) {
            if (Character.isISOControl(value.charAt(i))) {
                throw new IllegalArgumentException("The %s contains the control character U+%04X at index %d"
                        .formatted(what, (int) value.charAt(i), i));
            }
        }
        return value;
    }
}
