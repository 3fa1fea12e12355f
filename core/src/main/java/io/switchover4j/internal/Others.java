package io.switchover4j.internal;

import static io.switchover4j.internal.Text.quoted;

import io.switchover4j.Check;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.Timing;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What whoever asks for a switchover is told of the other ones of its instance. Pure. */
final class Others {

    static final String SUBJECT = "other switchover";

    private Others() {}

    /**
     * @param busy who switches the instance now; empty if nobody does
     * @param waiting the one that waits; empty if none does
     */
    static List<Check> checks(SwitchoverRequest request, Optional<String> busy, Optional<Waiting> waiting) {
        List<Check> checks = new ArrayList<>();
        busy.ifPresent(who -> checks.add(Check.block(SUBJECT, who, "Wait until that switchover has ended.")));
        waiting.ifPresent(other -> checks.add(Check.warn(SUBJECT, waits(other), advice(request))));
        return checks;
    }

    static String waits(Waiting other) {
        return "a switchover waits: %s asked for it at %s, it starts at %s (switchover %s)"
                .formatted(
                        quoted(other.request().requestedBy()),
                        other.operation().since(),
                        other.startsAt(),
                        other.operation().operationId());
    }

    private static String advice(SwitchoverRequest request) {
        if (request.replacesWaiting()) {
            return "It is cancelled, because this one replaces it.";
        }
        return request.timing() == Timing.now()
                ? "It stays, and may switch the instance back then: cancel it, or ask with replace()."
                : "This one is refused while it waits: cancel it, or ask with replace().";
    }
}
