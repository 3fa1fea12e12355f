package io.switchover4j.internal;

import io.switchover4j.internal.MortalProcess.Point;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The page docs/crash-matrix.md: where a process can die, and what the next one makes of it. Confined to one thread. */
final class CrashMatrix {

    static final Path PAGE = Path.of("..", "docs", "crash-matrix.md");

    /** Each has a heading of its own, and the same columns. */
    enum Table {
        SWITCHOVER("A switchover"),
        DEAD_PRIMARY("A failover of a dead primary"),
        PRIMARY_THAT_ANSWERS("A failover of a primary that answers");

        private final String heading;

        Table(String heading) {
            this.heading = "## " + heading;
        }
    }

    private static final String HEAD = """
            # What becomes of a switchover whose process dies

            The process that carries a switchover out is killed after every record of its journal and after every effect; the
            next process takes the switchover up. In every case at most one node took writes at every moment, no acknowledged
            commit was lost, and a second restart changed nothing. A cell lists every outcome that was seen at that point.

            The column *in memory* is by every single point, from `CrashMatrixTest`, which fails when this page is stale;
            rewrite it with `mvn -pl core test -Dtest=CrashMatrixTest -Dswitchover4j.docs=write`. The column *PostgreSQL pair*
            is a real pair whose coordinator, a JVM of its own, is halted at that point as by SIGKILL: `CrashMatrixIT`, all
            points with `-Psoak` and a few without, rewritten with `-Dswitchover4j.docs=write` there. Besides records, that process dies
            after each call of a `NodeControl` that has an effect, and in the middle of the promotion, when the target
            was told to leave recovery and still says that it is in it. With `-Dswitchover4j.docs=fill` only points whose cell is
            empty are run, which is for rows that are new.

            On the real pair a switchover rolls back because the target's replay is held, and the answer of a promotion is lost
            because the session that asked for it is ended. Switchovers run under load. For a failover the load rests from before
            the primary dies until the coordinator has died, so that an acknowledged commit that is missing
            afterwards is a defect and not the price of a failover, and goes on while the failover is taken up.

            An interrupted failover of a dead primary that promoted nothing ends in ABORTED without a primary, as it began; a
            start of the old primary brings everything back.
            """;

    private static final String COLUMNS = """
            | the journal's last record, and what followed | in memory | PostgreSQL pair |
            |---|---|---|
            """;

    private final Map<Table, Map<String, Set<String>>> outcomes = new HashMap<>();

    void add(Table table, Point point, String outcome) {
        outcomes.computeIfAbsent(table, t -> new LinkedHashMap<>())
                .computeIfAbsent(point.name(), name -> new TreeSet<>())
                .add(outcome);
    }

    /** The page with the cells of the real pair as they are now. */
    String markdown() throws IOException {
        Map<String, Map<String, String>> realPair = realPair();
        StringBuilder page = new StringBuilder(HEAD);
        for (Table table : Table.values()) {
            Map<String, String> cells = realPair.getOrDefault(table.heading, Map.of());
            page.append("\n%s\n\n%s".formatted(table.heading, COLUMNS));
            outcomes.getOrDefault(table, Map.of())
                    .forEach((point, seen) -> page.append("| %s | %s | %s |\n"
                            .formatted(point, String.join(", ", seen), cells.getOrDefault(point, ""))));
        }
        return page.toString();
    }

    /** The last cell of each row, by heading and first cell. */
    private static Map<String, Map<String, String>> realPair() throws IOException {
        Map<String, Map<String, String>> cells = new HashMap<>();
        String heading = "";
        List<String> lines = Files.exists(PAGE) ? Files.readAllLines(PAGE) : List.of();
        for (String line : lines) {
            String[] row = line.split("\\|", -1);
            if (Arrays.stream(Table.values()).anyMatch(table -> table.heading.equals(line))) {
                heading = line;
            } else if (row.length == 5) {
                cells.computeIfAbsent(heading, h -> new HashMap<>()).put(row[1].strip(), row[3].strip());
            }
        }
        return cells;
    }
}
