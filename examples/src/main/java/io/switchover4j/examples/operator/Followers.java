package io.switchover4j.examples.operator;

import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverEvent;
import io.switchover4j.SwitchoverListener;
import io.switchover4j.SwitchoverReport;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Lets commands follow switchovers while they run. Thread-safe. */
final class Followers implements SwitchoverListener {

    private final Set<Follower> all = ConcurrentHashMap.newKeySet();

    /** Begins to listen: nothing that happens from now on is missed. */
    Follower begin() {
        Follower follower = new Follower();
        all.add(follower);
        return follower;
    }

    @Override
    public void onTransition(SwitchoverEvent event) {
        all.forEach(follower -> follower.happened.add(event));
    }

    @Override
    public void onEnd(SwitchoverReport report) {
        all.forEach(follower -> follower.happened.add(report));
    }

    /** One who listens. Confined to one thread. */
    final class Follower implements AutoCloseable {

        private final BlockingQueue<Object> happened = new LinkedBlockingQueue<>();

        private Follower() {}

        /**
         * Waits for the end.
         *
         * @param tell is told of each transition
         * @return the report; empty if it is not carried out here any more
         */
        Optional<SwitchoverReport> follow(Switchover switchover, Consumer<SwitchoverEvent> tell)
                throws InterruptedException {
            Object left = new Object();
            switchover.completion().whenComplete((report, failure) -> {
                if (failure != null) {
                    happened.add(left);
                }
            });
            while (true) {
                Object next = happened.poll(1, TimeUnit.DAYS);
                if (next == left) {
                    return Optional.empty();
                }
                if (next instanceof SwitchoverEvent event && event.operationId().equals(switchover.operationId())) {
                    tell.accept(event);
                }
                if (next instanceof SwitchoverReport report
                        && report.operationId().equals(switchover.operationId())) {
                    return Optional.of(report);
                }
            }
        }

        @Override
        public void close() {
            all.remove(this);
        }
    }
}
