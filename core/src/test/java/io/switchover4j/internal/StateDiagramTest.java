package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class StateDiagramTest {

    private static final Path PAGE = Path.of("..", "docs", "state-machine.md");

    @Test
    void thePageInDocsIsWhatTheCodePrints() throws IOException {
        if ("write".equals(System.getProperty("switchover4j.docs"))) {
            Files.createDirectories(PAGE.getParent());
            Files.writeString(PAGE, StateDiagram.markdown());
        }

        assertThat(PAGE).as("rewrite it with -Dswitchover4j.docs=write").hasContent(StateDiagram.markdown());
    }

    @Test
    void theDiagramDrawsEveryArrowAndEveryEnd() {
        assertThat(StateDiagram.mermaid())
                .startsWith("stateDiagram-v2\n    [*] --> SCHEDULED\n")
                .contains("    PROMOTING --> RESOLVING: failed, timed out, interrupted\n")
                .contains("    COMPLETED --> [*]\n");
        assertThat(StateDiagram.mermaid().lines().filter(line -> line.contains("-->")))
                .hasSize(1 + StateMachine.arrows().size() + 8);
    }
}
