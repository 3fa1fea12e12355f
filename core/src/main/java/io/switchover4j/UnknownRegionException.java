package io.switchover4j;

import java.util.Collection;

/** There is no instance in a region of that name. Nothing was changed. */
public final class UnknownRegionException extends SwitchoverException {

    private static final long serialVersionUID = 1L;

    public UnknownRegionException(String region, Collection<String> known) {
        super("There is no region '%s'; known are %s. Nothing was changed.".formatted(region, known), null);
    }
}
