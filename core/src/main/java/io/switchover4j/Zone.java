package io.switchover4j;

import io.switchover4j.spi.Names;

/**
 * A failure domain inside a region: what fails together when a rack, a room or a data centre fails. Immutable.
 *
 * @param region the region, for example {@code eu-central-1}
 * @param id the zone's name, unique in its region
 */
public record Zone(String region, String id) {

    /**
     * @throws IllegalArgumentException if region or id is blank or contains control characters
     */
    public Zone {
        Names.require("region", region);
        Names.require("zone id", id);
    }

    @Override
    public String toString() {
        return region + '/' + id;
    }
}
