package io.switchover4j.postgresql;

import io.switchover4j.Phase;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.StepContext;
import io.switchover4j.spi.SwitchoverSession;
import io.switchover4j.spi.SwitchoverStep;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Takes the steps of a session as a coordinator would, and keeps what they report. Confined to one thread. */
final class StepDriver {

    private final SwitchoverSession session;
    private final String operationId;
    final Map<String, String> notes = new LinkedHashMap<>();
    final List<SwitchoverStep> applied = new ArrayList<>();
    String fencedPosition = "";
    String promotedPosition = "";

    StepDriver(SwitchoverSession session, String operationId) {
        this.session = session;
        this.operationId = operationId;
    }

    /** Applies the steps of these phases, in order. */
    StepDriver apply(Phase first, Phase last) {
        for (SwitchoverStep step : session.steps()) {
            Phase phase = step.describe().phase();
            if (phase.compareTo(first) >= 0 && phase.compareTo(last) <= 0) {
                applied.add(step);
                step.apply(context(Duration.ofSeconds(30)));
            }
        }
        return this;
    }

    StepDriver applyAll() {
        return apply(Phase.CATCHING_UP, Phase.REJOINING);
    }

    SwitchoverStep step(String name) {
        return session.steps().stream()
                .filter(step -> step.describe().name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** Undoes what was applied, last first. */
    void rollBack() {
        StepContext context = context(Duration.ofSeconds(30));
        for (int i = applied.size() - 1; i >= 0; i--) {
            applied.get(i).undo(context);
        }
    }

    StepContext context(Duration timeout) {
        Deadline deadline = Deadline.after(timeout);
        return new StepContext() {
            @Override
            public String operationId() {
                return operationId;
            }

            @Override
            public Deadline deadline() {
                return deadline;
            }

            @Override
            public void note(String name, String value) {
                notes.put(name, value);
            }

            @Override
            public void fencedPosition(String position) {
                fencedPosition = position;
            }

            @Override
            public void promotedPosition(String position) {
                promotedPosition = position;
            }
        };
    }
}
