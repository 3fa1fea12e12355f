package io.switchover4j.simulated;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Locale;

/**
 * Something that happened in a simulation. Immutable.
 *
 * @param at when
 * @param who a process of a coordinator, for example {@code process 1}, or a node, for example {@code orders/a}
 * @param what the call and what it was about, or what happened to the node
 * @param outcome what came of it, in words; empty if there is nothing to say
 */
public record SimulatedEvent(Instant at, String who, String what, String outcome) {

    /** As wide for a whole second as for any other moment. */
    private static final DateTimeFormatter TO_THE_MILLISECOND =
            new DateTimeFormatterBuilder().appendInstant(3).toFormatter(Locale.ROOT);

    public SimulatedEvent {
        requireNonNull(at, "at");
        requireNonNull(who, "who");
        requireNonNull(what, "what");
        requireNonNull(outcome, "outcome");
    }

    @Override
    public String toString() {
        return "%s  %-10s  %s%s"
                .formatted(TO_THE_MILLISECOND.format(at), who, what, outcome.isEmpty() ? "" : ": " + outcome);
    }
}
