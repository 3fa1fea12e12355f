package io.switchover4j.internal;

import io.switchover4j.Timing;
import io.switchover4j.Timing.IfMissed;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/** The timing of a request as facts of the journal. */
final class Timings {

    static final String TIMING = "timing";

    private static final String AT = "at";
    private static final String IN_WINDOW = "in the maintenance window";
    private static final String START_WITHIN = "startWithin";
    private static final String IF_MISSED = "ifMissed";

    private Timings() {}

    static void put(Map<String, String> facts, Timing timing) {
        facts.put(TIMING, timing.toString());
        if (timing instanceof Timing.At at) {
            facts.put(AT, at.instant().toString());
            facts.put(START_WITHIN, at.startWithin().toString());
            facts.put(IF_MISSED, at.ifMissed().name());
        } else if (timing instanceof Timing.InMaintenanceWindow window) {
            facts.put(IF_MISSED, window.ifMissed().name());
        }
    }

    /** Whether the facts hold a timing other than now. */
    static boolean isLater(Map<String, String> facts) {
        String now = Timing.now().toString();
        return !facts.getOrDefault(TIMING, now).equals(now);
    }

    /**
     * @throws IllegalArgumentException if the facts hold none that is known
     * @throws java.time.DateTimeException if a time cannot be read
     */
    static Timing of(Map<String, String> facts) {
        String timing = facts.getOrDefault(TIMING, "");
        String at = facts.get(AT);
        IfMissed ifMissed = IfMissed.valueOf(facts.getOrDefault(IF_MISSED, IfMissed.EXPIRE.name()));
        if (at != null) {
            Timing.At parsed = Timing.at(Instant.parse(at)).ifMissed(ifMissed);
            String within = facts.get(START_WITHIN);
            return within == null ? parsed : parsed.startWithin(Duration.parse(within));
        }
        if (timing.equals(IN_WINDOW)) {
            return Timing.inMaintenanceWindow().ifMissed(ifMissed);
        }
        if (timing.equals(Timing.now().toString())) {
            return Timing.now();
        }
        throw new IllegalArgumentException("'%s' is no known timing".formatted(timing));
    }
}
