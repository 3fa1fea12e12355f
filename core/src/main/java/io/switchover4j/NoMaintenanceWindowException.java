package io.switchover4j;

/** The instance has no maintenance window to wait for. Nothing was changed; set one, or name another time. */
public final class NoMaintenanceWindowException extends SwitchoverException {

    private static final long serialVersionUID = 1L;

    public NoMaintenanceWindowException(String instanceId) {
        super(
                "Instance '%s' has no maintenance window. Nothing was changed; set one with modifyMaintenanceWindow, or ask for Timing.now() or Timing.at(instant)."
                        .formatted(instanceId),
                null);
    }
}
