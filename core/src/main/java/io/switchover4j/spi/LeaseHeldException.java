package io.switchover4j.spi;

import static java.util.Objects.requireNonNull;

/** Somebody else holds the lease on an instance. Nothing was changed. */
public final class LeaseHeldException extends BackendException {

    private static final long serialVersionUID = 1L;

    private final String holder;

    /**
     * @param instanceId the instance
     * @param holder who holds the lease, since when and in which phase, as far as the nodes tell
     */
    public LeaseHeldException(String instanceId, String holder) {
        super("Instance '%s' is being switched by %s".formatted(instanceId, requireNonNull(holder, "holder")));
        this.holder = holder;
    }

    /** Who holds the lease, since when and in which phase, as far as the nodes tell. */
    public String holder() {
        return holder;
    }
}
