package io.switchover4j.internal;

import io.switchover4j.SwitchoverEvent;
import io.switchover4j.SwitchoverListener;
import io.switchover4j.SwitchoverReport;
import java.time.Duration;

/** Writes what happens to a switchover into Flight Recorder, where that records. Thread-safe. */
final class FlightRecording implements SwitchoverListener {

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
