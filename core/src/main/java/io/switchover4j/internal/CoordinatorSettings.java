package io.switchover4j.internal;

import io.switchover4j.SwitchoverListener;
import io.switchover4j.TimeSource;
import io.switchover4j.spi.SwitchoverBackend;
import io.switchover4j.spi.SwitchoverJournal;
import io.switchover4j.spi.TrafficParticipant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * What a coordinator is made of. Immutable.
 *
 * @param journal goes on trying to write what the one that is given could not keep
 * @param threadFactory null for daemon platform threads
 */
public record CoordinatorSettings(
        SwitchoverBackend backend,
        SwitchoverJournal journal,
        List<Registration> participants,
        List<SwitchoverListener> listeners,
        TimeSource timeSource,
        @Nullable ThreadFactory threadFactory) {

    public CoordinatorSettings {
        journal = PatientJournal.over(journal, timeSource, threadFactory);
        participants = List.copyOf(participants);
        listeners = List.copyOf(listeners);
    }

    /**
     * A participant and the traffic it stands for.
     *
     * @param instanceId the instance; empty for every instance
     */
    public record Registration(Optional<String> instanceId, TrafficParticipant participant) {}

    Participants participantsOf(String instanceId) {
        List<String> elsewhere = participants.stream()
                .flatMap(registration -> registration.instanceId().stream())
                .filter(id -> !id.equals(instanceId))
                .distinct()
                .sorted()
                .toList();
        return new Participants(instanceId, trafficOf(instanceId), elsewhere);
    }

    private List<TrafficParticipant> trafficOf(String instanceId) {
        return participants.stream()
                .filter(registration ->
                        registration.instanceId().map(instanceId::equals).orElse(true))
                .map(Registration::participant)
                .distinct()
                .toList();
    }
}
