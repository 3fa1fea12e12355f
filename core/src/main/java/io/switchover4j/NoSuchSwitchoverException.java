package io.switchover4j;

/** No switchover of the instance is running or waiting in this coordinator. Nothing was changed. */
public final class NoSuchSwitchoverException extends SwitchoverException {

    private static final long serialVersionUID = 1L;

    public NoSuchSwitchoverException(String instanceId) {
        super(
                "No switchover of '%s' is running or waiting in this coordinator. Nothing was changed."
                        .formatted(instanceId),
                null);
    }
}
