package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.ReplayControl;
import io.switchover4j.jdbc.ReplayOff;
import java.util.Optional;

/** The replay control of one logical connection. */
final class ConnectionReplayControl implements ReplayControl {

    private final LogicalConnection connection;

    ConnectionReplayControl(LogicalConnection connection) {
        this.connection = connection;
    }

    @Override
    public Optional<ReplayOff> whyOff() {
        return Optional.ofNullable(connection.whyNotReplayed());
    }

    @Override
    public void disable() {
        Recording recording = connection.knownRecording();
        if (recording != null) {
            recording.disable();
        }
    }
}
