package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.ReconnectStatistics;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;

/** What happened so far; none of it is counted on the hot path. Thread-safe. */
final class Counters {

    private final LongAdder waits = new LongAdder();
    private final LongAdder waitNanos = new LongAdder();
    private final LongAccumulator longestWait = new LongAccumulator(Math::max, 0);
    private final LongAdder gaveUp = new LongAdder();
    private final LongAdder letThrough = new LongAdder();
    private final LongAdder troubles = new LongAdder();
    private final LongAdder holds = new LongAdder();
    private final LongAdder holdNanos = new LongAdder();
    private final LongAccumulator longestHold = new LongAccumulator(Math::max, 0);
    private final LongAdder primaries = new LongAdder();
    private final LongAdder cutOff = new LongAdder();
    private final LongAdder calledBack = new LongAdder();
    private final AtomicLong suspicions = new AtomicLong();
    private final LongAdder affected = new LongAdder();
    private final LongAdder notApplied = new LongAdder();
    private final LongAdder unknown = new LongAdder();

    void waiting() {
        waits.increment();
    }

    void waited(long nanos) {
        waitNanos.add(nanos);
        longestWait.accumulate(nanos);
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

    void holdEnded(long nanos) {
        holdNanos.add(nanos);
        longestHold.accumulate(nanos);
    }

    void newPrimary() {
        primaries.increment();
    }

    void cutOff(int units) {
        cutOff.add(units);
    }

    void calledBack(int threads) {
        calledBack.add(threads);
    }

    void suspected() {
        suspicions.incrementAndGet();
    }

    /** A call failed, because its connection was lost. */
    void affected() {
        affected.increment();
    }

    /** The application was told what became of a unit. */
    void outcome(boolean certainlyNotApplied) {
        (certainlyNotApplied ? notApplied : unknown).increment();
    }

    long affectedCalls() {
        return affected.sum();
    }

    long notAppliedUnits() {
        return notApplied.sum();
    }

    long unknownOutcomes() {
        return unknown.sum();
    }

    ReconnectStatistics snapshot(int waitingNow) {
        return new ReconnectStatistics(
                primaries.sum(),
                suspicions.get(),
                holds.sum(),
                Duration.ofNanos(holdNanos.sum()),
                Duration.ofNanos(longestHold.get()),
                waits.sum(),
                Duration.ofNanos(waitNanos.sum()),
                Duration.ofNanos(longestWait.get()),
                waitingNow,
                gaveUp.sum(),
                letThrough.sum(),
                cutOff.sum(),
                calledBack.sum(),
                troubles.sum());
    }
}
