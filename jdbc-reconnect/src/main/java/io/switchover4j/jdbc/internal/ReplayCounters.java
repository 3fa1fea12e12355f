package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.ReplayOff;
import io.switchover4j.jdbc.ReplayStatistics;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What became of lost transactions; nothing of it is counted while all goes well. Thread-safe. */
final class ReplayCounters {

    private final String dataSourceName;
    private final LongAdder cut = new LongAdder();
    private final LongAdder replayed = new LongAdder();
    private final LongAdder calls = new LongAdder();
    private final LongAdder attempts = new LongAdder();
    private final LongAdder differed = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final Map<ReplayOff, LongAdder> refused = adders();
    private final Map<ReplayOff, LongAdder> switchedOff = adders();

    ReplayCounters() {
        this("");
    }

    ReplayCounters(String dataSourceName) {
        this.dataSourceName = dataSourceName;
    }

    private static Map<ReplayOff, LongAdder> adders() {
        Map<ReplayOff, LongAdder> adders = new EnumMap<>(ReplayOff.class);
        for (ReplayOff reason : ReplayOff.values()) {
            adders.put(reason, new LongAdder());
        }
        return adders;
    }

    void cut() {
        cut.increment();
    }

    void attempted() {
        attempts.increment();
    }

    void replayed(int numberOfCalls) {
        replayed.increment();
        FlightEvents.replayed(dataSourceName, numberOfCalls);
        calls.add(numberOfCalls);
    }

    void differed() {
        differed.increment();
        FlightEvents.refused(dataSourceName, "an answer was not the one that the application had seen");
    }

    void failed() {
        failed.increment();
        FlightEvents.refused(dataSourceName, "it could not be finished");
    }

    /** Returns whether it is the first for this reason. */
    boolean refused(ReplayOff reason) {
        FlightEvents.refused(dataSourceName, reason.name());
        LongAdder adder = refused.get(reason);
        if (adder == null) {
            return false;
        }
        adder.increment();
        return adder.sum() == 1;
    }

    void switchedOff(ReplayOff reason) {
        LongAdder adder = switchedOff.get(reason);
        if (adder != null) {
            adder.increment();
        }
    }

    ReplayStatistics snapshot() {
        return new ReplayStatistics(
                cut.sum(),
                replayed.sum(),
                calls.sum(),
                attempts.sum(),
                differed.sum(),
                failed.sum(),
                sums(refused),
                sums(switchedOff));
    }

    private static Map<ReplayOff, Long> sums(Map<ReplayOff, LongAdder> adders) {
        Map<ReplayOff, Long> sums = new EnumMap<>(ReplayOff.class);
        adders.forEach((reason, adder) -> {
            if (adder.sum() > 0) {
                sums.put(reason, adder.sum());
            }
        });
        return sums;
    }
}
