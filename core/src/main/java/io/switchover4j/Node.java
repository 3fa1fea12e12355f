package io.switchover4j;

import static java.util.Objects.requireNonNull;

import io.switchover4j.spi.Names;
import java.util.Optional;

/**
 * One server of an instance, as observed. Immutable.
 *
 * @param id the node's name, unique in its instance
 * @param zone where it stands
 * @param role what it says that it is
 * @param endpoint where clients reach it
 * @param replication how it follows the primary; empty for a primary and for a node that does not answer
 * @param detail what a person should know beyond that, for example why it does not answer; may be empty
 */
public record Node(
        String id, Zone zone, Role role, Endpoint endpoint, Optional<Replication> replication, String detail) {

    /**
     * @throws IllegalArgumentException if the id is blank or contains control characters
     */
    public Node {
        Names.require("node id", id);
        requireNonNull(zone, "zone");
        requireNonNull(role, "role");
        requireNonNull(endpoint, "endpoint");
        requireNonNull(replication, "replication");
        requireNonNull(detail, "detail");
    }

    @Override
    public String toString() {
        return "%s (%s at %s)".formatted(id, role.name().toLowerCase(java.util.Locale.ROOT), endpoint);
    }
}
