package io.switchover4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ReadmeTest {

    private static final Pattern SHOWN = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final Pattern COMPILED = Pattern.compile("// README\n(.*?)// END", Pattern.DOTALL);

    @Test
    void everyPieceOfCodeInTheReadmeIsCompiled() throws IOException {
        List<String> shown = pieces(SHOWN, Path.of("../README.md"));
        List<String> compiled = pieces(COMPILED, Path.of("src/test/java/io/switchover4j/examples/ReadmeCode.java"));

        assertThat(shown)
                .hasSizeGreaterThanOrEqualTo(4)
                .allSatisfy(piece -> assertThat(compiled).contains(piece));
        assertThat(compiled).allSatisfy(piece -> assertThat(shown).contains(piece));
    }

    private static List<String> pieces(Pattern pattern, Path file) throws IOException {
        return pattern.matcher(Files.readString(file))
                .results()
                .map(MatchResult::group)
                .map(text -> text.replaceAll("```java|```|// README|// END", ""))
                .map(text -> text.replaceAll("\\s+", "")) // where the formatter breaks a line does not matter
                .toList();
    }
}
