package io.switchover4j.spi;

import static java.util.Objects.requireNonNull;

import java.util.stream.Collectors;

/**
 * The rule for names and reasons that people type: they stand in messages, logs, journals and the names of threads, and must do
 * no harm there. Stateless.
 */
public final class Names {

    private Names() {}

    /**
     * The value, if it may be used.
     *
     * @param what it is called in the message
     * @throws IllegalArgumentException if it is blank, or contains a control character or half of a character (an unpaired
     *     surrogate)
     * @throws NullPointerException if it is null
     */
    public static String require(String what, String value) {
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

    /** The text with control characters, and halves of characters, written as Java writes them. */
    public static String printable(String text) {
        return text.codePoints()
                .mapToObj(c -> Character.isISOControl(c) || isHalf(c) ? "\\u%04x".formatted(c) : Character.toString(c))
                .collect(Collectors.joining());
    }

    /** No file keeps half of a character: another name would be read than was written. */
    private static boolean isHalf(int character) {
        return Character.isBmpCodePoint(character) && Character.isSurrogate((char) character);
    }
}
