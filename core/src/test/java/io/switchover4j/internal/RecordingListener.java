package io.switchover4j.internal;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverEvent;
import io.switchover4j.SwitchoverListener;
import io.switchover4j.SwitchoverReport;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Keeps what it is told. */
final class RecordingListener implements SwitchoverListener {

    final List<SwitchoverEvent> events = new CopyOnWriteArrayList<>();
    final List<SwitchoverReport> ends = new CopyOnWriteArrayList<>();
    private final CountDownLatch ended = new CountDownLatch(1);

    @Override
    public void onTransition(SwitchoverEvent event) {
        events.add(event);
    }

    @Override
    public void onEnd(SwitchoverReport report) {
        ends.add(report);
        ended.countDown();
    }

    List<Phase> phases() {
        return events.stream().map(SwitchoverEvent::to).toList();
    }

    boolean awaitEnd() throws InterruptedException {
        return ended.await(10, TimeUnit.SECONDS);
    }
}
