package io.switchover4j.internal;

import static io.switchover4j.internal.Text.quoted;

import io.switchover4j.Topology;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.DrainResult;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.spi.OpenUnit;
import io.switchover4j.spi.PrepareRequest;
import io.switchover4j.spi.TrafficParticipant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The participants of one switchover, from hold to release. Confined to the runner's thread; the participants are held on
 * threads of their own, because all of them must start to hold at once.
 */
final class Traffic {

    private static final Logger log = LoggerFactory.getLogger(Traffic.class);

    private final String instanceId;
    private final String operationId;
    private final List<TrafficParticipant> participants;
    private final Threads threads;
    private final Limits limits;

    private final List<Hold> holds = new ArrayList<>();
    private final Map<String, String> unreleased = new ConcurrentSkipListMap<>();
    private boolean holding;

    Traffic(
            String instanceId,
            String operationId,
            List<TrafficParticipant> participants,
            Threads threads,
            Limits limits) {
        this.instanceId = instanceId;
        this.operationId = operationId;
        this.participants = List.copyOf(participants);
        this.threads = threads;
        this.limits = limits;
    }

    int size() {
        return participants.size();
    }

    /** Whether a hold was begun and not released. */
    boolean isHolding() {
        return holding;
    }

    /**
     * Lets everybody get ready at once, and waits until all are or the time is over. Who fails is not ready, no more.
     *
     * @throws InterruptedException if interrupted; the participants are interrupted too
     */
    void prepare(PrepareRequest request) throws InterruptedException {
        List<FutureTask<Boolean>> tasks = new ArrayList<>();
        try {
            for (TrafficParticipant participant : participants) {
                FutureTask<Boolean> task = new FutureTask<>(() -> {
                    participant.prepare(request);
                    return true;
                });
                tasks.add(task);
                threads.create(instanceId + "-prepare-" + participant.name(), task)
                        .start();
            }
            for (int i = 0; i < tasks.size(); i++) {
                awaitReady(participants.get(i), tasks.get(i), request.until());
            }
        } finally {
            tasks.forEach(task -> task.cancel(true));
        }
    }

    private void awaitReady(TrafficParticipant participant, FutureTask<Boolean> task, Deadline until)
            throws InterruptedException {
        try {
            task.get(until.remainingNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            log.info(
                    "{}: participant '{}' was not ready in time; its pause may be longer",
                    instanceId,
                    participant.name());
        } catch (ExecutionException e) {
            log.warn(
                    "{}: participant '{}' could not get ready; its pause may be longer",
                    instanceId,
                    participant.name(),
                    e.getCause());
        }
    }

    /**
     * Holds everybody at once, and waits until all have answered or should have.
     *
     * @param meanwhile what the caller's thread does while open units end; without effect if there is nobody to hold
     * @throws InterruptedException if interrupted; new units go on waiting until {@link #release}
     */
    void hold(HoldRequest request, Runnable meanwhile) throws InterruptedException {
        if (participants.isEmpty()) {
            return;
        }
        holding = true;
        CountDownLatch answers = new CountDownLatch(participants.size());
        for (TrafficParticipant participant : participants) {
            Hold hold = new Hold(participant, request, answers);
            holds.add(hold);
            hold.start(threads.create(instanceId + "-hold-" + participant.name(), hold));
        }
        boolean answered = false;
        try {
            meanwhile.run();
            long patience =
                    request.drainUntil().remainingNanos() + limits.holdGrace().toNanos();
            answered = answers.await(patience, TimeUnit.NANOSECONDS);
        } finally {
            if (!answered) {
                holds.forEach(Hold::interrupt);
            }
        }
    }

    /** What went wrong, a sentence per participant that failed or did not answer. */
    List<String> failures() {
        return holds.stream()
                .filter(hold -> hold.result() == null)
                .map(hold -> "participant %s %s"
                        .formatted(
                                quoted(hold.participant.name()),
                                hold.failure("did not answer after its drain time-out")))
                .toList();
    }

    /** Every unit that is still open, with its participant. */
    List<String> openUnits() {
        List<String> open = new ArrayList<>();
        for (Hold hold : holds) {
            DrainResult result = hold.result();
            if (result != null) {
                for (OpenUnit unit : result.open()) {
                    open.add(quoted(hold.participant.name()) + ": " + unit);
                }
            }
        }
        return open;
    }

    /** How many units of those that are still open waited for the database rather than for the application. */
    int executing() {
        int executing = 0;
        for (Hold hold : holds) {
            DrainResult result = hold.result();
            if (result != null) {
                executing += (int)
                        result.open().stream().filter(unit -> !unit.idle()).count();
            }
        }
        return executing;
    }

    /**
     * Ends the units that are still open.
     *
     * @return how many
     * @throws InterruptedException if interrupted; the participant that is being waited for is interrupted too
     */
    int cut(Deadline deadline) throws InterruptedException {
        int ended = 0;
        for (Hold hold : holds) {
            DrainResult result = hold.result();
            if (result != null && !result.isDrained()) {
                ended += cut(hold.participant, deadline);
            }
        }
        return ended;
    }

    private int cut(TrafficParticipant participant, Deadline deadline) throws InterruptedException {
        FutureTask<Integer> cut = new FutureTask<>(() -> participant.cut(operationId));
        threads.create(instanceId + "-cut-" + participant.name(), cut).start();
        try {
            return cut.get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new IllegalStateException(
                    "participant %s did not end its open units in time".formatted(quoted(participant.name())), e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw new IllegalStateException(
                    "participant %s failed to end its open units: %s"
                            .formatted(quoted(participant.name()), Text.message(cause == null ? e : cause)),
                    e);
        } finally {
            cut.cancel(true);
        }
    }

    /** Lets everybody go on, in the order of registration. Without effect if nothing is held. */
    void release(Topology topology) {
        if (!holding) {
            return;
        }
        holding = false;
        holds.forEach(hold -> hold.release(topology));
    }

    /** Tells everybody who is primary, whoever held them: a process that has ended releases nobody. */
    void tell(Topology topology) {
        participants.forEach(participant -> release(participant, topology));
    }

    /** Whose last release failed, and why. */
    Map<String, String> unreleased() {
        return Map.copyOf(unreleased);
    }

    private void release(TrafficParticipant participant, Topology topology) {
        try {
            participant.release(operationId, topology);
            unreleased.remove(participant.name());
        } catch (RuntimeException | Error e) {
            unreleased.put(participant.name(), Text.withoutStop(Text.message(e)));
            log.warn(
                    "{}: participant '{}' failed to release its traffic to '{}'; it goes on by itself when its hold ends",
                    instanceId,
                    participant.name(),
                    topology.primaryNodeId(),
                    e);
        }
    }

    /** The hold of one participant. */
    private final class Hold implements Runnable {

        private final TrafficParticipant participant;
        private final HoldRequest request;
        private final CountDownLatch answers;

        /** Set by what comes first: the end of the hold, or its release. */
        private final AtomicBoolean settled = new AtomicBoolean();

        private volatile @Nullable Topology releasedTo;
        private volatile @Nullable Thread thread;
        private volatile @Nullable DrainResult result;
        private volatile @Nullable Throwable failure;

        Hold(TrafficParticipant participant, HoldRequest request, CountDownLatch answers) {
            this.participant = participant;
            this.request = request;
            this.answers = answers;
        }

        void start(Thread created) {
            thread = created;
            created.start();
        }

        @Override
        public void run() {
            try {
                DrainResult answer = participant.hold(request);
                if (answer == null) {
                    throw new IllegalStateException("hold returned null");
                }
                result = answer;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                failure = e;
            } catch (RuntimeException | Error e) {
                failure = e;
            } finally {
                boolean inTime = settled.compareAndSet(false, true);
                answers.countDown();
                Topology topology = releasedTo;
                if (!inTime && topology != null) {
                    // Its gate may have been closed after everybody was released: nobody else would open it.
                    Traffic.this.release(participant, topology);
                }
            }
        }

        void release(Topology topology) {
            releasedTo = topology;
            settled.compareAndSet(false, true);
            Traffic.this.release(participant, topology);
        }

        void interrupt() {
            Thread running = thread;
            if (running != null && result == null && failure == null) {
                running.interrupt();
            }
        }

        @Nullable
        DrainResult result() {
            return result;
        }

        String failure(String otherwise) {
            Throwable e = failure;
            if (e == null) {
                return otherwise;
            }
            return e instanceof InterruptedException ? "was interrupted" : "failed to hold: " + Text.message(e);
        }
    }
}
