package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.ReconnectStatistics;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/** What happened so far; none of it is counted on the hot path. Thread-safe. */
final class Counters {

    private final LongAdder waits = new LongAdder();
    private final LongAdder waitNanos = new LongAdder();
    private final LongAdder gaveUp = new LongAdder();
    private final LongAdder letThrough = new LongAdder();
    private final LongAdder troubles = new LongAdder();
    private final LongAdder holds = new LongAdder();
    private final LongAdder primaries = new LongAdder();
    private final LongAdder cutOff = new LongAdder();

    void waiting() {
        waits.increment();
    }

    void waited(long nanos) {
        waitNanos.add(nanos);
    }

    void gaveUp() {
        gaveUp.increment();
    }

    void letThrough() {
        letThrough.increment();
    }

    void trouble() {
        troubles.increment();
    }

    void held() {
        holds.increment();
    }

    void newPrimary() {
        primaries.increment();
    }

    void cutOff(int units) {
        cutOff.add(units);
    }

    ReconnectStatistics snapshot(int waitingNow) {
        return new ReconnectStatistics(
                primaries.sum(),
                holds.sum(),
                waits.sum(),
                Duration.ofNanos(waitNanos.sum()),
                waitingNow,
                gaveUp.sum(),
                letThrough.sum(),
                cutOff.sum(),
                troubles.sum());
    }
}
