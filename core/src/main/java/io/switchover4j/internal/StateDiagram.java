package io.switchover4j.internal;

import io.switchover4j.Phase;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Prints the {@link StateMachine} for people: docs/state-machine.md. */
final class StateDiagram {

    private StateDiagram() {}

    static String markdown() {
        return """
                # The state machine of a switchover

                Printed from `StateMachine` by `StateDiagramTest`, which fails when this page is stale; rewrite it with
                `mvn -pl core test -Dtest=StateDiagramTest -Dswitchover4j.docs=write`.

                ```mermaid
                %s```

                | phase | event | next phase | effects, in order |
                |---|---|---|---|
                %s
                Every other pair of phase and event is illegal. Ends: %s.
                """.formatted(mermaid(), table(), ends());
    }

    static String mermaid() {
        StringBuilder out = new StringBuilder("stateDiagram-v2\n    [*] --> SCHEDULED\n");
        for (StateMachine.Arrow arrow : StateMachine.arrows()) {
            out.append("    %s --> %s: %s%n"
                    .formatted(
                            arrow.from(),
                            arrow.transition().next(),
                            arrow.events().stream().map(Event::text).collect(Collectors.joining(", ")))
                    .replace(System.lineSeparator(), "\n"));
        }
        Arrays.stream(Phase.values())
                .filter(Phase::isEnd)
                .forEach(end -> out.append("    ").append(end).append(" --> [*]\n"));
        return out.toString();
    }

    private static String table() {
        StringBuilder out = new StringBuilder();
        for (StateMachine.Arrow arrow : StateMachine.arrows()) {
            out.append("| ").append(arrow.from());
            out.append(" | ").append(arrow.events().stream().map(Event::name).collect(Collectors.joining(", ")));
            out.append(" | ").append(arrow.transition().next());
            out.append(" | ")
                    .append(arrow.transition().effects().stream()
                            .map(effect ->
                                    effect.name().toLowerCase(Locale.ROOT).replace('_', ' '))
                            .collect(Collectors.joining(", ")));
            out.append(" |\n");
        }
        return out.toString();
    }

    private static String ends() {
        return Arrays.stream(Phase.values())
                .filter(Phase::isEnd)
                .map(Phase::name)
                .collect(Collectors.joining(", "));
    }
}
