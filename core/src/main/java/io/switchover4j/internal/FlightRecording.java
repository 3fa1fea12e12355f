package io.switchover4j.internal;

import io.switchover4j.FailoverMode;
import io.switchover4j.Phase;
import io.switchover4j.SwitchoverEvent;
import io.switchover4j.SwitchoverListener;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.Topology;
import java.time.Duration;
import java.time.Instant;

/** Writes what happens to switchovers into Flight Recorder, where that records; else it costs some fields set. Thread-safe. */
final class FlightRecording implements SwitchoverListener {

    /** A phase begins; its event is to be handed to {@link #left} at its end. */
    static PhaseLasted entered(Phase phase, Operation operation) {
        PhaseLasted recorded = new PhaseLasted();
        recorded.begin();
        recorded.instance = operation.request().instanceId();
        recorded.operation = operation.operationId();
        recorded.phase = phase.name();
        return recorded;
    }

    static void left(PhaseLasted recorded, Phase next) {
        recorded.end();
        recorded.next = next.name();
        recorded.commit();
    }

    /** Traffic begins to be held; its event is to be handed to {@link #released}. */
    static TrafficHeld held(Operation operation, int participants) {
        TrafficHeld recorded = new TrafficHeld();
        recorded.begin();
        recorded.instance = operation.request().instanceId();
        recorded.operation = operation.operationId();
        recorded.participants = participants;
        return recorded;
    }

    static void released(TrafficHeld recorded, int openUnits, Topology to) {
        recorded.end();
        recorded.openUnits = openUnits;
        recorded.releasedTo = to.primaryNodeId();
        recorded.commit();
    }

    /**
     * @param operationId the switchover around which it was changed; empty if a user changed it
     */
    static void failoverMode(String instanceId, String operationId, FailoverMode mode) {
        FailoverModeChanged recorded = new FailoverModeChanged();
        if (recorded.shouldCommit()) {
            recorded.instance = instanceId;
            recorded.operation = operationId;
            recorded.mode = mode.toString();
            recorded.commit();
        }
    }

    static void moved(Waiting waiting, Instant until, String why) {
        ScheduleMoved recorded = new ScheduleMoved();
        if (recorded.shouldCommit()) {
            recorded.instance = waiting.instanceId();
            recorded.operation = waiting.operation().operationId();
            recorded.before = waiting.startsAt().toEpochMilli();
            recorded.startsAt = until.toEpochMilli();
            recorded.why = why;
            recorded.commit();
        }
    }

    static void missed(Waiting waiting, String why) {
        ScheduleMissed recorded = new ScheduleMissed();
        if (recorded.shouldCommit()) {
            recorded.instance = waiting.instanceId();
            recorded.operation = waiting.operation().operationId();
            recorded.startsAt = waiting.startsAt().toEpochMilli();
            recorded.why = why;
            recorded.commit();
        }
    }

    /** An interrupted switchover begins to be taken up; its event is to be handed to {@link #takenUp}. */
    static SwitchoverTakenUp takingUp(Recollection past) {
        SwitchoverTakenUp recorded = new SwitchoverTakenUp();
        recorded.begin();
        recorded.instance = past.instanceId();
        recorded.operation = past.operationId();
        recorded.phase = past.phase().name();
        return recorded;
    }

    static void takenUp(SwitchoverTakenUp recorded, TakeOver.Result result) {
        recorded.end();
        recorded.result = result.text();
        recorded.commit();
    }

    @Override
    public void onTransition(SwitchoverEvent event) {
        PhaseEntered recorded = new PhaseEntered();
        if (recorded.isEnabled()) {
            recorded.instance = event.instanceId();
            recorded.operation = event.operationId();
            recorded.from = event.from().name();
            recorded.to = event.to().name();
            recorded.why = event.message();
            recorded.commit();
        }
    }

    @Override
    public void onEnd(SwitchoverReport report) {
        SwitchoverEnded recorded = new SwitchoverEnded();
        if (recorded.isEnabled()) {
            recorded.instance = report.instanceId();
            recorded.operation = report.operationId();
            recorded.outcome = report.outcome().name();
            recorded.oldPrimary = report.oldPrimary().orElse("");
            recorded.newPrimary = report.newPrimary().orElse("");
            recorded.writePause = report.writePause().map(Duration::toNanos).orElse(SwitchoverEnded.UNKNOWN);
            recorded.hold = report.hold().map(Duration::toNanos).orElse(SwitchoverEnded.UNKNOWN);
            recorded.message = report.message();
            recorded.commit();
        }
    }
}
