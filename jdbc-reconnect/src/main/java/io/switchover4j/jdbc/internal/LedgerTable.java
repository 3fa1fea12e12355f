package io.switchover4j.jdbc.internal;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The name of a ledger's table, from which those of its functions are made. Immutable; only harmless letters get in. */
record LedgerTable(String schema, String name) {

    private static final Pattern NAME = Pattern.compile("(?:([a-z_][a-z0-9_]{0,47})\\.)?([a-z_][a-z0-9_]{0,47})");

    static LedgerTable parse(String text) {
        Matcher matcher = NAME.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "'%s' cannot be the name of a commit ledger's table: it must be of lower-case letters, digits and underscores, at most 48, with an optional schema before a dot"
                            .formatted(text));
        }
        return new LedgerTable(matcher.group(1) == null ? "public" : matcher.group(1), matcher.group(2));
    }

    /** Quoted, with {@code suffix} at its end. */
    String quoted(String suffix) {
        return "\"" + schema + "\".\"" + name + suffix + "\"";
    }

    @Override
    public String toString() {
        return schema + "." + name;
    }
}
