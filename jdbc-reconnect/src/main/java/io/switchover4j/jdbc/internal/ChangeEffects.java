package io.switchover4j.jdbc.internal;

import io.switchover4j.TimeSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What follows from a change of the gate's state: waking, cutting off, asking nodes, telling people. Called outside the gate's
 * lock. Thread-safe.
 */
final class ChangeEffects {

    /** To people it is the gate that speaks, under the name that they may have configured. */
    private static final Logger log = LoggerFactory.getLogger(Gate.class);

    private final GateOptions options;
    private final List<NodePool> pools;
    private final GateState state;
    private final Evacuation evacuation;
    private final Counters counters;
    private final TimeSource time;

    private volatile @Nullable Watcher watcher;

    ChangeEffects(
            GateOptions options,
            List<NodePool> pools,
            GateState state,
            Evacuation evacuation,
            Counters counters,
            TimeSource time) {
        this.options = options;
        this.pools = pools;
        this.state = state;
        this.evacuation = evacuation;
        this.counters = counters;
        this.time = time;
    }

    /** Who asks the nodes; set once, before traffic. */
    void watchedBy(Watcher newWatcher) {
        watcher = newWatcher;
    }

    void of(Change change) {
        if (change.nowClosed) {
            lookAtAll();
        }
        if (change.newPrimary) {
            // Before anybody who is woken by it can look.
            counters.newPrimary();
        }
        change.wake.forEach(Waiters.Waiter::wake);
        if (change.ended != null) {
            long held = time.nanoTime() - change.ended.sinceNanos();
            counters.holdEnded(held);
            FlightEvents.holdEnded(options.name(), change.ended.operationId(), held);
        }
        Watcher asked = watcher;
        if (change.othersWait && asked != null) {
            asked.tickSoon();
        }
        if (change.newPrimary) {
            follow(change.primaryBefore);
        }
        if (change.stale != null) {
            log.warn(
                    "{}: {}, but a newer history was seen: a stale primary, which gets no traffic; fence it",
                    options.name(),
                    change.stale);
        }
    }

    /** Nobody may go on where the primary was before. */
    private void follow(int before) {
        TopologyView now = state.view;
        long epoch = now.epoch();
        String primary = now.node(now.primary()).name();
        // The idle ones, too: nothing more is sent there, and a thread may hang in their validation.
        int ended = evacuation.cutOff(
                unit -> unit.attachedEpoch() != 0 && unit.attachedEpoch() < epoch,
                "another node became the primary: " + primary);
        boolean moved = before != PrimaryVerdict.NONE && before != now.primary();
        if (before != PrimaryVerdict.NONE) {
            evacuation.callBack(epoch, pools.get(before), moved);
        }
        FlightEvents.primaryChanged(
                options.name(),
                primary,
                before == PrimaryVerdict.NONE ? "" : now.node(before).name(),
                epoch);
        Watcher asked = watcher;
        if (moved && asked != null) {
            asked.demoted(before);
        }
        log.info(
                "{}: {} is the primary{} (epoch {}{})",
                options.name(),
                primary,
                moved ? ", before: " + now.node(before).name() : "",
                epoch,
                ended == 0 ? "" : ", " + ended + " open units on the old one were ended");
    }

    void look(int node) {
        Watcher asked = watcher;
        if (asked != null) {
            asked.look(node);
        }
    }

    /** The answer of the new primary suffices where it is newer; the others are asked when it should be there. */
    void lookAfterRelease(int named) {
        Watcher asked = watcher;
        if (named == PrimaryVerdict.NONE || asked == null) {
            lookAtAll();
            return;
        }
        asked.look(named);
        for (int i = 0; i < pools.size(); i++) {
            if (i != named) {
                asked.lookSoon(i);
            }
        }
    }

    void lookAtAllSoon() {
        Watcher asked = watcher;
        for (int i = 0; asked != null && i < pools.size(); i++) {
            asked.lookSoon(i);
        }
    }

    void lookAtAll() {
        for (int i = 0; i < pools.size(); i++) {
            look(i);
        }
    }
}
