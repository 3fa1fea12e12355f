package io.switchover4j.internal;

import io.switchover4j.Check;
import io.switchover4j.spi.TrafficParticipant;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Whose traffic is held while one instance is switched. Immutable.
 *
 * @param instanceId the instance
 * @param all those of this instance, and those of every instance
 * @param elsewhere the instances that others are registered for, sorted
 */
record Participants(String instanceId, List<TrafficParticipant> all, List<String> elsewhere) {

    private static final String CUT_OFF =
            "Open transactions are cut off and clients see errors: register the DataSource as a participant";

    Participants {
        all = List.copyOf(all);
        elsewhere = List.copyOf(elsewhere);
    }

    /** What applications will see; nothing where somebody waits for what they have open. */
    List<Check> check() {
        if (all.isEmpty() && elsewhere.isEmpty()) {
            return List.of(Check.warn("traffic", "no participant is registered", CUT_OFF + "."));
        }
        if (all.isEmpty()) {
            // Whoever registers under a wrong id is not refused: to know the ids, nodes would have to be asked.
            return List.of(Check.warn(
                    "traffic",
                    "no participant is registered for %s, only for %s"
                            .formatted(
                                    Text.quoted(instanceId),
                                    elsewhere.stream().map(Text::quoted).collect(Collectors.joining(", "))),
                    CUT_OFF + " of this instance; look whether its id is misspelt."));
        }
        if (all.stream().noneMatch(TrafficParticipant::drains)) {
            return List.of(Check.warn(
                    "traffic",
                    "no participant waits for open units of work: "
                            + all.stream()
                                    .map(participant -> Text.quoted(participant.name()))
                                    .collect(Collectors.joining(", ")),
                    CUT_OFF + ", too."));
        }
        return List.of();
    }
}
