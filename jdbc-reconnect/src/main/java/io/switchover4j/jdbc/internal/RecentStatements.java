package io.switchover4j.jdbc.internal;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The texts of some of the statements that were prepared lately: at most one per slot, the last one. Thread-safe without
 * synchronization: texts are immutable, and one that is lost in a race is no loss.
 */
final class RecentStatements {

    private static final int SLOTS = 64;

    /** What is longer is generated for one use. */
    private static final int LONGEST = 8_192;

    private final @Nullable String[] texts = new String[SLOTS];

    /** On the hot path: in the usual case one read, because an application uses the same constant again. */
    @SuppressWarnings("ReferenceEquality") // Only to save the write; a text that is equal may well replace the other.
    void saw(String sql) {
        int slot = slot(sql);
        if (texts[slot] != sql && sql.length() <= LONGEST) {
            texts[slot] = sql;
        }
    }

    void forget(String sql) {
        int slot = slot(sql);
        if (sql.equals(texts[slot])) {
            texts[slot] = null;
        }
    }

    List<String> texts() {
        List<String> seen = new ArrayList<>();
        for (String text : texts) {
            if (text != null) {
                seen.add(text);
            }
        }
        return seen;
    }

    private static int slot(String sql) {
        int hash = sql.hashCode();
        return (hash ^ hash >>> 16) & SLOTS - 1;
    }
}
