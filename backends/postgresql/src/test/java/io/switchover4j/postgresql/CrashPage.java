package io.switchover4j.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The column of docs/crash-matrix.md that tells what becomes of a PostgreSQL pair. Confined to one thread. */
final class CrashPage {

    private static final Path PAGE = Path.of("..", "..", "docs", "crash-matrix.md");

    private static final int POINT = 1;
    private static final int PAIR = 3;
    private static final int CELLS = 5;

    private CrashPage() {}

    /**
     * Makes sure that the page says what was seen; writes it there if asked to.
     *
     * @param records the kinds and the phases of the journal's records when the process died
     * @param after whether it died right after the last of them, and not in what followed
     */
    static void expect(List<String> records, boolean after, String outcome) throws IOException {
        List<String> lines = Files.readAllLines(PAGE);
        String record = "`%s`".formatted(records.get(records.size() - 1));
        String effect = record + ", then an effect";
        // Between some records nothing is done.
        int row = !after && find(lines, effect) >= 0 ? find(lines, effect) : find(lines, record);
        assertThat(row).as("a row for " + record).isNotNegative();
        String[] cells = lines.get(row).split("\\|", -1);
        Set<String> outcomes = Arrays.stream(cells[PAIR].split(","))
                .map(String::strip)
                .filter(cell -> !cell.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new));
        if ("write".equals(System.getProperty("switchover4j.docs")) && outcomes.add(outcome)) {
            cells[PAIR] = " %s ".formatted(String.join(", ", outcomes));
            lines.set(row, String.join("|", cells));
            Files.write(PAGE, lines);
        }
        assertThat(outcomes)
                .as("%s in %s; write it there with -Dswitchover4j.docs=write", cells[POINT], PAGE)
                .contains(outcome);
    }

    private static int find(List<String> lines, String point) {
        for (int i = 0; i < lines.size(); i++) {
            String[] cells = lines.get(i).split("\\|", -1);
            if (cells.length == CELLS && cells[POINT].strip().equals(point)) {
                return i;
            }
        }
        return -1;
    }
}
