package io.switchover4j.internal;

import io.switchover4j.Check;
import io.switchover4j.Topology;
import io.switchover4j.spi.DrainResult;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.spi.OpenUnit;
import io.switchover4j.spi.TrafficParticipant;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Traffic in memory: remembers what it was asked, holds as it is told to. */
final class FakeTraffic implements TrafficParticipant {

    final List<String> calls = new CopyOnWriteArrayList<>();
    final CountDownLatch holding = new CountDownLatch(1);
    volatile boolean held;
    volatile Optional<HoldRequest> request = Optional.empty();
    volatile Optional<Topology> releasedTo = Optional.empty();

    private final String name;
    private volatile List<OpenUnit> open = List.of();
    private volatile @Nullable RuntimeException onHold;
    private volatile @Nullable RuntimeException onRelease;
    private volatile @Nullable RuntimeException onCut;
    private volatile @Nullable CountDownLatch gate;
    private volatile @Nullable CountDownLatch cutGate;
    private volatile List<Check> checks = List.of();

    FakeTraffic(String name) {
        this.name = name;
    }

    FakeTraffic withOpenUnit(String statement) {
        open = List.of(new OpenUnit("worker-1", Duration.ofMillis(2100), statement, true));
        return this;
    }

    FakeTraffic withUnits(int idle, int executing) {
        open = Stream.concat(
                        Stream.generate(() -> true).limit(idle),
                        Stream.generate(() -> false).limit(executing))
                .map(waits -> new OpenUnit("worker", Duration.ofMillis(20), "INSERT", waits))
                .toList();
        return this;
    }

    FakeTraffic failingToCut(String message) {
        onCut = new IllegalStateException(message);
        return this;
    }

    FakeTraffic failingToHold(String message) {
        onHold = new IllegalStateException(message);
        return this;
    }

    FakeTraffic failingToRelease(String message) {
        onRelease = new IllegalStateException(message);
        return this;
    }

    /** Holds, but does not answer before the gate opens; ignores the drain time-out. */
    FakeTraffic answeringAfter(CountDownLatch gate) {
        this.gate = gate;
        return this;
    }

    /** Cuts, but does not answer before the gate opens. */
    FakeTraffic cuttingAfter(CountDownLatch gate) {
        this.cutGate = gate;
        return this;
    }

    FakeTraffic warning(Check check) {
        checks = List.of(check);
        return this;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<Check> check() {
        return checks;
    }

    @Override
    public List<OpenUnit> openUnits() {
        return open;
    }

    @Override
    public DrainResult hold(HoldRequest request) throws InterruptedException {
        calls.add("hold");
        this.request = Optional.of(request);
        RuntimeException refusal = onHold;
        if (refusal != null) {
            throw refusal;
        }
        held = true;
        holding.countDown();
        CountDownLatch waitFor = gate;
        if (waitFor != null) {
            waitFor.await();
        }
        if (!open.isEmpty()) {
            // Waits out the drain as a real participant does.
            Thread.sleep(Math.min(50, request.drainUntil().remainingMillis()));
        }
        return new DrainResult(open);
    }

    /** A hold that was interrupted may come to its end only after its release, and is released once more then. */
    boolean awaitReleased() throws InterruptedException {
        for (int look = 0; held && look < 1_000; look++) {
            Thread.sleep(5);
        }
        return !held;
    }

    @Override
    public int cut(String operationId) {
        calls.add("cut");
        RuntimeException refusal = onCut;
        if (refusal != null) {
            throw refusal;
        }
        CountDownLatch waitFor = cutGate;
        if (waitFor != null) {
            try {
                waitFor.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
        }
        int ended = open.size();
        open = List.of();
        return ended;
    }

    @Override
    public void release(String operationId, Topology topology) {
        calls.add("release");
        releasedTo = Optional.of(topology);
        held = false;
        RuntimeException refusal = onRelease;
        if (refusal != null) {
            throw refusal;
        }
    }
}
