package io.switchover4j.postgresql.internal;

import static io.switchover4j.postgresql.internal.PgSession.literal;

import io.switchover4j.Phase;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the sessions of a lease are called on the server, where others read who holds it and in which phase: the server keeps
 * 63 characters, so that the phase is its first word alone. Immutable.
 *
 * @param phase none of the ends: with them the lease is given back
 * @param audit who asked and why; cut off where it was read from a server
 */
record LeaseName(String operationId, Phase phase, String audit) {

    private static final Pattern FORM = Pattern.compile("s4j (\\S+) ([a-z]+) ?(.*)", Pattern.DOTALL);

    /** Empty if the text is no such name: somebody else's session, or that of another version. */
    static Optional<LeaseName> parse(String text) {
        Matcher parts = FORM.matcher(text);
        return parts.matches()
                ? phase(parts.group(2)).map(phase -> new LeaseName(parts.group(1), phase, parts.group(3)))
                : Optional.empty();
    }

    private static Optional<Phase> phase(String word) {
        return Arrays.stream(Phase.values())
                .filter(phase -> !phase.isEnd() && word(phase).equals(word))
                .findFirst();
    }

    private static String word(Phase phase) {
        String name = phase.name();
        int end = name.indexOf('_');
        return (end < 0 ? name : name.substring(0, end)).toLowerCase(Locale.ROOT);
    }

    LeaseName in(Phase next) {
        return new LeaseName(operationId, next, audit);
    }

    /** The application name of the sessions. */
    String text() {
        return "s4j %s %s %s".formatted(operationId, word(phase), audit).strip();
    }

    /** For a person: who, from where, since when, and in which phase. */
    String describe(String host, String since) {
        return "%s from %s since %s (switchover %s, now %s)".formatted(literal(audit), host, since, operationId, phase);
    }
}
