package io.switchover4j.simulated;

import io.switchover4j.Check;
import io.switchover4j.Topology;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.DrainResult;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.spi.OpenUnit;
import io.switchover4j.spi.TrafficParticipant;
import java.time.Duration;
import java.util.List;

/** A participant as one process reaches it. Thread-safe. */
final class ProcessTraffic implements TrafficParticipant {

    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final CoordinatorProcess process;
    private final TrafficParticipant participant;

    ProcessTraffic(CoordinatorProcess process, TrafficParticipant participant) {
        this.process = process;
        this.participant = participant;
    }

    @Override
    public String name() {
        return participant.name();
    }

    @Override
    public List<Check> check() {
        return participant.check();
    }

    @Override
    public List<OpenUnit> openUnits() {
        return participant.openUnits();
    }

    @Override
    public boolean drains() {
        return participant.drains();
    }

    @Override
    public DrainResult hold(HoldRequest request) throws InterruptedException {
        try {
            return process.call(Call.HOLD, name(), request.drainUntil(), () -> {
                try {
                    return participant.hold(request);
                } catch (InterruptedException e) {
                    throw new Interrupted(e);
                }
            });
        } catch (Interrupted e) {
            throw e.interrupt;
        }
    }

    @Override
    public int cut(String operationId) {
        return process.call(
                Call.CUT, name(), Deadline.after(PATIENCE, process.time()), () -> participant.cut(operationId));
    }

    /** An interrupt of its caller must not keep traffic held. */
    @Override
    public void release(String operationId, Topology topology) {
        if (process.isEnded()) {
            return;
        }
        boolean interrupted = Thread.interrupted();
        try {
            process.call(Call.RELEASE, name(), Deadline.after(PATIENCE, process.time()), () -> {
                participant.release(operationId, topology);
                return true;
            });
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static final class Interrupted extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final transient InterruptedException interrupt;

        Interrupted(InterruptedException interrupt) {
            super(interrupt);
            this.interrupt = interrupt;
        }
    }
}
