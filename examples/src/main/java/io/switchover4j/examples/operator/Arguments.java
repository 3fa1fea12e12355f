package io.switchover4j.examples.operator;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The words after a command: options with and without a value, and the rest. Every value that cannot be read is named. */
final class Arguments {

    private static final Pattern SHORT_DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h)");

    private final String command;
    private final Map<String, String> options = new LinkedHashMap<>();
    private final List<String> operands = new ArrayList<>();

    /**
     * @param flags the options without a value, such as {@code --now}
     * @param valued the options with a value
     * @throws UsageException if there are others, or one comes twice, or a value is missing
     */
    Arguments(String command, List<String> words, Set<String> flags, Set<String> valued) {
        this.command = command;
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            String previous = null;
            if (flags.contains(word)) {
                previous = options.put(word, "");
            } else if (valued.contains(word)) {
                if (i + 1 == words.size() || words.get(i + 1).startsWith("--")) {
                    throw new UsageException("%s: %s needs a value".formatted(command, word));
                }
                previous = options.put(word, words.get(++i));
            } else if (word.startsWith("--")) {
                throw new UsageException("%s: there is no option '%s'".formatted(command, word));
            } else {
                operands.add(word);
            }
            if (previous != null) {
                throw new UsageException("%s: %s is given twice".formatted(command, word));
            }
        }
    }

    boolean has(String option) {
        return options.containsKey(option);
    }

    Optional<String> text(String option) {
        return Optional.ofNullable(options.get(option));
    }

    /** The only operand. */
    String operand(String what) {
        if (operands.isEmpty()) {
            throw new UsageException("%s: the %s is missing".formatted(command, what));
        }
        return operands(1).get(0);
    }

    /** Up to so many operands. */
    List<String> operands(int most) {
        if (operands.size() > most) {
            throw new UsageException("%s: '%s' is one word too many; put quotes around a value with blanks"
                    .formatted(command, operands.get(most)));
        }
        return operands;
    }

    Optional<Duration> duration(String option) {
        return text(option).map(text -> {
            Matcher matcher = SHORT_DURATION.matcher(text.toLowerCase(Locale.ROOT));
            if (matcher.matches()) {
                long amount = Long.parseLong(matcher.group(1));
                return switch (matcher.group(2)) {
                    case "ms" -> Duration.ofMillis(amount);
                    case "s" -> Duration.ofSeconds(amount);
                    case "m" -> Duration.ofMinutes(amount);
                    default -> Duration.ofHours(amount);
                };
            }
            try {
                return Duration.parse(text);
            } catch (DateTimeException e) {
                throw wrong(option, text, "a duration such as 500ms, 2s, 1m or PT2S");
            }
        });
    }

    Optional<Instant> instant(String option) {
        return text(option).map(text -> {
            try {
                return Instant.parse(text);
            } catch (DateTimeException e) {
                throw wrong(option, text, "a moment in UTC such as 2026-03-01T22:00:00Z");
            }
        });
    }

    Optional<Long> number(String option) {
        return text(option).map(text -> {
            try {
                return Long.parseLong(text);
            } catch (NumberFormatException e) {
                throw wrong(option, text, "a whole number");
            }
        });
    }

    <E extends Enum<E>> Optional<E> choice(String option, Class<E> choices) {
        return text(option).map(text -> {
            for (E choice : choices.getEnumConstants()) {
                if (spelled(choice).equals(text)) {
                    return choice;
                }
            }
            List<String> known = new ArrayList<>();
            for (E choice : choices.getEnumConstants()) {
                known.add(spelled(choice));
            }
            throw wrong(option, text, String.join(" or ", known));
        });
    }

    private static String spelled(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private UsageException wrong(String option, String value, String form) {
        return new UsageException("%s: %s is '%s'; it must be %s".formatted(command, option, value, form));
    }
}
