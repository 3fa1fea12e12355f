package io.switchover4j.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The page docs/crash-matrix.md: where a process can die, and what the next one makes of it. Confined to one thread. */
final class CrashMatrix {

    static final Path PAGE = Path.of("..", "docs", "crash-matrix.md");

    private static final String HEAD = """
            # What becomes of a switchover whose process dies

            The process that carries a switchover out is killed after every record of its journal and after every effect; the
            next process takes the switchover up. In every case at most one node took writes at every moment, no acknowledged
            commit was lost, and a second restart changed nothing. A cell lists every outcome that was seen at that point.

            The first column is by memory and by every single point, from `CrashMatrixTest`, which fails when this page is
            stale; rewrite it with `mvn -pl core test -Dtest=CrashMatrixTest -Dswitchover4j.docs=write`. The second is a
            PostgreSQL pair under load whose coordinator, a JVM of its own, is halted at that point as by SIGKILL: `CrashMatrixIT`,
            with `-Psoak` alone, rewritten with `-Dswitchover4j.docs=write` there. Where that cell
            is empty, the point was not run on a real pair yet.

            | the journal's last record, and what followed | in memory | PostgreSQL pair |
            |---|---|---|
            """;

    private final Map<String, Set<String>> outcomes = new LinkedHashMap<>();

    void add(MortalProcess.Point point, String outcome) {
        outcomes.computeIfAbsent(point.name(), name -> new TreeSet<>()).add(outcome);
    }

    /** The page with the cells of the real pair as they are now. */
    String markdown() throws IOException {
        Map<String, String> realPair = realPair();
        StringBuilder page = new StringBuilder(HEAD);
        outcomes.forEach((point, seen) -> page.append(
                "| %s | %s | %s |\n".formatted(point, String.join(", ", seen), realPair.getOrDefault(point, ""))));
        return page.toString();
    }

    /** The last cell of each row, by the first. */
    private static Map<String, String> realPair() throws IOException {
        Map<String, String> cells = new LinkedHashMap<>();
        List<String> lines = Files.exists(PAGE) ? Files.readAllLines(PAGE) : List.of();
        for (String line : lines) {
            String[] row = line.split("\\|", -1);
            if (row.length == 5) {
                cells.put(row[1].strip(), row[3].strip());
            }
        }
        return cells;
    }
}
