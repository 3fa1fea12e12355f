package io.switchover4j;

/** The product does not fail over by itself, so that there is nothing to suspend. Nothing was changed. */
public final class UnsupportedFailoverModeException extends SwitchoverException {

    private static final long serialVersionUID = 1L;

    public UnsupportedFailoverModeException(String instanceId, String backend) {
        super(
                "Instance '%s' never fails over by itself: the backend '%s' has no failover mode. Nothing was changed."
                        .formatted(instanceId, backend),
                null);
    }
}
