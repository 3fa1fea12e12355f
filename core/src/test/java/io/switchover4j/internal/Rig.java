package io.switchover4j.internal;

import io.switchover4j.SwitchoverListener;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.TimeSource;
import io.switchover4j.internal.CoordinatorSettings.Registration;
import io.switchover4j.spi.SwitchoverJournal;
import io.switchover4j.spi.TrafficParticipant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A coordinator over a {@link FakePair}, with time-outs short enough for tests. */
final class Rig implements AutoCloseable {

    static final Limits SHORT = new Limits(
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            Duration.ofMillis(200),
            Duration.ofMillis(300),
            Duration.ofMillis(300),
            Duration.ofMillis(400),
            Duration.ofMillis(100),
            Duration.ofMillis(500),
            Duration.ofSeconds(2));

    final FakePair pair;
    final RecordingListener listener = new RecordingListener();
    final DefaultCoordinator coordinator;

    Rig(FakePair pair, SwitchoverJournal journal, TrafficParticipant... participants) {
        this(pair, journal, List.of(), participants);
    }

    Rig(FakePair pair, SwitchoverJournal journal, List<SwitchoverListener> first, TrafficParticipant... participants) {
        this.pair = pair;
        List<SwitchoverListener> listeners = new ArrayList<>(first);
        listeners.add(listener);
        coordinator = new DefaultCoordinator(
                new CoordinatorSettings(
                        pair,
                        journal,
                        Arrays.stream(participants)
                                .map(p -> new Registration(Optional.empty(), p))
                                .toList(),
                        listeners,
                        TimeSource.system(),
                        null),
                SHORT);
    }

    static SwitchoverRequest.Builder request() {
        return SwitchoverRequest.of(FakePair.ID)
                .catchUpTimeout(Duration.ofMillis(300))
                .drainTimeout(Duration.ofMillis(150))
                .pauseBudget(Duration.ofMillis(500))
                .rejoinTimeout(Duration.ofMillis(300))
                .requestedBy("alice", "kernel update");
    }

    SwitchoverReport run() throws Exception {
        return run(request().build());
    }

    SwitchoverReport run(SwitchoverRequest request) throws Exception {
        return coordinator.start(request).await(Duration.ofSeconds(20));
    }

    @Override
    public void close() {
        coordinator.close();
    }
}
