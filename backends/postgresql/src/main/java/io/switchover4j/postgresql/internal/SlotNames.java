package io.switchover4j.postgresql.internal;

import java.util.HexFormat;
import java.util.Locale;

/** Names of the replication slots of one switchover. */
final class SlotNames {

    static final String INTENT_PREFIX = "s4j_intent_";

    private static final String KEEP_PREFIX = "s4j_keep_";

    private static final int MAXIMUM_LENGTH = 63;

    private SlotNames() {}

    /** The mark on the target that says: this switchover is about to promote, or has promoted. */
    static String intent(String operationId) {
        return name(INTENT_PREFIX, operationId);
    }

    /** Keeps the new primary's log until the old primary streams it. */
    static String keep(String operationId) {
        return name(KEEP_PREFIX, operationId);
    }

    /** Slot names allow lower case letters, digits and underscores; what does not fit is told apart by a hash. */
    private static String name(String prefix, String operationId) {
        String plain = operationId.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_]", "_");
        if (plain.equals(operationId) && prefix.length() + plain.length() <= MAXIMUM_LENGTH) {
            return prefix + plain;
        }
        String hash = HexFormat.of().formatHex(Digests.sha256(operationId), 0, 8);
        int room = MAXIMUM_LENGTH - prefix.length() - hash.length() - 1;
        return prefix + plain.substring(0, Math.min(room, plain.length())) + "_" + hash;
    }
}
