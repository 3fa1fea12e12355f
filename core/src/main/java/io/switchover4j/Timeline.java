package io.switchover4j;

import static java.util.Objects.requireNonNull;

/**
 * The history of a database since its last promotion, numbered so that two nodes' claims to be primary can be compared.
 * Immutable.
 *
 * @param lineage whose timelines these are (PostgreSQL: the system identifier); those of another cannot be compared
 * @param number the newer of one lineage has the greater one
 */
public record Timeline(String lineage, long number) {

    /** @throws IllegalArgumentException if the lineage is blank or the number not positive */
    public Timeline {
        requireNonNull(lineage, "lineage");
        if (lineage.isBlank() || number < 1) {
            throw new IllegalArgumentException("'%s' and %d are no timeline".formatted(lineage, number));
        }
    }
}
