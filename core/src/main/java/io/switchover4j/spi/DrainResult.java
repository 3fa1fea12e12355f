package io.switchover4j.spi;

import java.util.List;

/**
 * What became of the open units of work when a participant was held. Immutable.
 *
 * @param open the units that are still open; none if the participant is drained
 */
public record DrainResult(List<OpenUnit> open) {

    private static final DrainResult DRAINED = new DrainResult(List.of());

    public DrainResult {
        open = List.copyOf(open);
    }

    public static DrainResult drained() {
        return DRAINED;
    }

    public boolean isDrained() {
        return open.isEmpty();
    }
}
