package io.switchover4j.jdbc;

import java.util.List;
import java.util.regex.Pattern;

/** The table of a journal and every statement on it, in the SQL that all databases have in common. */
final class JournalTable {

    static final String COLUMNS =
            "instance_id, operation_id, sequence_no, part_no, append_no, recorded_at, kind, phase, written_by, content";

    /** Of an instance id and of an operation id, escaped: their columns, and a key over both, fit every database. */
    static final int MAX_ID = 200;

    private static final Pattern NAME = Pattern.compile("([A-Za-z_][A-Za-z0-9_]{0,49}\\.)?[A-Za-z_][A-Za-z0-9_]{0,49}");

    private final String name;
    private final String quoted;
    private final String index;

    /** @param quote what this database puts around a name; a blank if it knows no quotes */
    JournalTable(String name, String quote) {
        this.name = name;
        String mark = quote.isBlank() ? "" : quote;
        this.quoted = mark + name.replace(".", mark + "." + mark) + mark;
        this.index = mark + name.substring(name.indexOf('.') + 1) + "_order" + mark;
    }

    static String requireName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "The table name '%s' is not usable; letters, digits and underscores, at most 50, not beginning with a digit, e.g. 'switchover4j_journal' or 'ops.switchover4j_journal'"
                            .formatted(name));
        }
        return name;
    }

    String name() {
        return name;
    }

    List<String> ddl() {
        return List.of(
                """
                CREATE TABLE %s (
                  instance_id VARCHAR(%d) NOT NULL,
                  operation_id VARCHAR(%d) NOT NULL,
                  sequence_no BIGINT NOT NULL,
                  part_no INTEGER NOT NULL,
                  append_no BIGINT NOT NULL,
                  recorded_at VARCHAR(40) NOT NULL,
                  kind VARCHAR(40) NOT NULL,
                  phase VARCHAR(40) NOT NULL,
                  written_by VARCHAR(40) NOT NULL,
                  content VARCHAR(%d) NOT NULL,
                  PRIMARY KEY (instance_id, operation_id, sequence_no, part_no)
                )""".formatted(quoted, MAX_ID, MAX_ID, JournalText.PIECE),
                "CREATE INDEX %s ON %s (append_no)".formatted(index, quoted));
    }

    String probe() {
        return "SELECT %s FROM %s WHERE 1 = 0".formatted(COLUMNS, quoted);
    }

    String newestAppend() {
        return "SELECT MAX(append_no) FROM %s".formatted(quoted);
    }

    String newestSequence() {
        return "SELECT MAX(sequence_no) FROM %s WHERE instance_id = ? AND operation_id = ?".formatted(quoted);
    }

    String insert() {
        return "INSERT INTO %s (%s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)".formatted(quoted, COLUMNS);
    }

    /** Removes a record that the same journal wrote, or may have written. */
    String deleteOwn() {
        return "DELETE FROM %s WHERE instance_id = ? AND operation_id = ? AND sequence_no = ? AND written_by = ?"
                .formatted(quoted);
    }

    String read() {
        return "SELECT %s FROM %s WHERE instance_id = ? ORDER BY append_no, operation_id, sequence_no, part_no"
                .formatted(COLUMNS, quoted);
    }

    String unfinished() {
        return """
                SELECT %1$s FROM %2$s r
                WHERE EXISTS (SELECT 1 FROM %2$s q WHERE q.instance_id = r.instance_id
                    AND q.operation_id = r.operation_id AND q.kind = 'REQUESTED')
                  AND NOT EXISTS (SELECT 1 FROM %2$s e WHERE e.instance_id = r.instance_id
                    AND e.operation_id = r.operation_id AND e.kind = 'ENDED')
                ORDER BY append_no, operation_id, sequence_no, part_no""".formatted(COLUMNS, quoted);
    }

    String ends() {
        return "SELECT instance_id, operation_id, recorded_at, content FROM %s WHERE kind = 'ENDED' AND part_no = 0 ORDER BY append_no DESC"
                .formatted(quoted);
    }

    String deleteOperation() {
        return "DELETE FROM %s WHERE instance_id = ? AND operation_id = ?".formatted(quoted);
    }
}
