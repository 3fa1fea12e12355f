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

/** The columns of docs/crash-matrix.md that tell what becomes of a PostgreSQL pair. Confined to one thread. */
final class CrashPage {

    private static final Path PAGE = Path.of("..", "..", "docs", "crash-matrix.md");

    /** {@code write} puts into the page what is not there yet; {@code fill} does so too, and skips what has an outcome already. */
    private static final String DOCS = System.getProperty("switchover4j.docs", "");

    private static final int POINT = 1;
    private static final int PAIR = 3;
    private static final int CELLS = 5;

    private CrashPage() {}

    /** Whether what becomes of a process that dies there is to be seen, and not known already. */
    static boolean isAskedFor(CrashStory story, String record, boolean effect) throws IOException {
        List<String> lines = Files.readAllLines(PAGE);
        int row = find(lines, story, point(record, effect));
        return !"fill".equals(DOCS)
                || row < 0
                || lines.get(row).split("\\|", -1)[PAIR].isBlank();
    }

    private static String point(String record, boolean effect) {
        return effect ? thenAnEffect(record) : "`%s`".formatted(record);
    }

    /** Whether something is done after this record and before the next one. */
    static boolean hasEffectAfter(CrashStory story, String record) throws IOException {
        return find(Files.readAllLines(PAGE), story, thenAnEffect(record)) >= 0;
    }

    private static String thenAnEffect(String record) {
        return "`%s`, then an effect".formatted(record);
    }

    /**
     * Makes sure that the page says what was seen; writes it there if asked to.
     *
     * @param record the journal's last one when the process died
     * @param effect whether something had been done since then
     */
    static void expect(CrashStory story, String record, boolean effect, String outcome) throws IOException {
        List<String> lines = Files.readAllLines(PAGE);
        int row = find(lines, story, point(record, effect));
        assertThat(row).as("a row for %s of %s", record, story).isNotNegative();
        String[] cells = lines.get(row).split("\\|", -1);
        Set<String> outcomes = Arrays.stream(cells[PAIR].split(","))
                .map(String::strip)
                .filter(cell -> !cell.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new));
        if (!DOCS.isEmpty() && outcomes.add(outcome)) {
            cells[PAIR] = " %s ".formatted(String.join(", ", outcomes));
            lines.set(row, String.join("|", cells));
            Files.write(PAGE, lines);
        }
        assertThat(outcomes)
                .as("%s of %s in %s; write it there with -Dswitchover4j.docs=write", cells[POINT], story, PAGE)
                .contains(outcome);
    }

    private static int find(List<String> lines, CrashStory story, String point) {
        String heading = "";
        for (int i = 0; i < lines.size(); i++) {
            String[] cells = lines.get(i).split("\\|", -1);
            heading = lines.get(i).startsWith("## ") ? lines.get(i) : heading;
            if (heading.equals(story.heading)
                    && cells.length == CELLS
                    && cells[POINT].strip().equals(point)) {
                return i;
            }
        }
        return -1;
    }
}
