package io.switchover4j;

import java.util.Collection;

/** There is no instance of that name. Nothing was changed. */
public final class UnknownInstanceException extends SwitchoverException {

    private static final long serialVersionUID = 1L;

    private final String instanceId;

    public UnknownInstanceException(String instanceId, Collection<String> known) {
        super("There is no instance '%s'; known are %s. Nothing was changed.".formatted(instanceId, known), null);
        this.instanceId = instanceId;
    }

    public String instanceId() {
        return instanceId;
    }
}
