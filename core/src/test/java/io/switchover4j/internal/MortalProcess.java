package io.switchover4j.internal;

import io.switchover4j.Check;
import io.switchover4j.FailoverMode;
import io.switchover4j.Instance;
import io.switchover4j.LossEstimate;
import io.switchover4j.Node;
import io.switchover4j.PlannedStep;
import io.switchover4j.Topology;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.DrainResult;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.spi.InterruptedSwitchover;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.Resolution;
import io.switchover4j.spi.StepContext;
import io.switchover4j.spi.SwitchoverBackend;
import io.switchover4j.spi.SwitchoverJournal;
import io.switchover4j.spi.SwitchoverOptions;
import io.switchover4j.spi.SwitchoverPlan;
import io.switchover4j.spi.SwitchoverSession;
import io.switchover4j.spi.SwitchoverStep;
import io.switchover4j.spi.TrafficParticipant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What a coordinator touches, until its process dies: from the chosen point on, nothing that it does has an effect any more.
 * Points are counted: each journal record that was kept, each call of the backend that returned, and each hold and release.
 */
final class MortalProcess {

    /** Nothing that production code waits for, or tries again after. */
    private static final class Dead extends VirtualMachineError {

        private static final long serialVersionUID = 1L;

        Dead() {
            super("the process is dead");
        }
    }

    private static final String RECORD = "record: ";

    /**
     * A moment at which a process can die.
     *
     * @param record the kind and the phase of the record that the journal held last; empty before the first
     * @param effect what had been done since then; empty if nothing
     */
    record Point(String record, String effect) {

        /** As the docs call it, for pairs of every kind. */
        String name() {
            return "`%s`%s".formatted(record, effect.isEmpty() ? "" : ", then an effect");
        }
    }

    final List<Point> points = new CopyOnWriteArrayList<>();

    private final FakePair pair;
    private final SwitchoverJournal journal;
    private final int diesAt;
    private final CountDownLatch death = new CountDownLatch(1);

    private String lastRecord = "";

    /**
     * @param diesAt the point after which it dies, counted from 0; negative if it does not die
     */
    MortalProcess(FakePair pair, SwitchoverJournal journal, int diesAt) {
        this.pair = pair;
        this.journal = journal;
        this.diesAt = diesAt;
        pair.afterCall = call -> reached("effect: " + call);
    }

    boolean isDead() {
        return death.getCount() == 0;
    }

    boolean awaitDeath() throws InterruptedException {
        return death.await(10, TimeUnit.SECONDS);
    }

    /** What the journal held last when the point was reached, and the point. */
    private synchronized void reached(String point) {
        requireAlive();
        boolean isRecord = point.startsWith(RECORD);
        lastRecord = isRecord ? point.substring(RECORD.length()) : lastRecord;
        points.add(new Point(lastRecord, isRecord ? "" : point));
        if (points.size() - 1 == diesAt) {
            // The server sees that its client is gone.
            pair.leaseTo("");
            pair.afterCall = call -> {};
            death.countDown();
            throw new Dead();
        }
    }

    private void requireAlive() {
        if (isDead()) {
            throw new Dead();
        }
    }

    SwitchoverJournal journal() {
        return new SwitchoverJournal() {
            @Override
            public void append(JournalRecord record) {
                requireAlive();
                journal.append(record);
                reached(RECORD + record.kind() + " " + record.phase());
            }

            @Override
            public List<JournalRecord> read(String instanceId) {
                requireAlive();
                return journal.read(instanceId);
            }

            @Override
            public List<List<JournalRecord>> unfinished() {
                requireAlive();
                return journal.unfinished();
            }

            @Override
            public boolean isDurable() {
                return journal.isDurable();
            }

            @Override
            public void close() {}
        };
    }

    SwitchoverBackend backend() {
        return new SwitchoverBackend() {
            @Override
            public String name() {
                return pair.name();
            }

            @Override
            public List<Instance> instances(Deadline deadline) {
                requireAlive();
                return pair.instances(deadline);
            }

            @Override
            public Instance describe(String instanceId, Deadline deadline) {
                requireAlive();
                return pair.describe(instanceId, deadline);
            }

            @Override
            public Set<Capability> capabilities() {
                return pair.capabilities();
            }

            @Override
            public void modifyFailoverMode(String instanceId, FailoverMode mode, Deadline deadline) {
                requireAlive();
                pair.modifyFailoverMode(instanceId, mode, deadline);
            }

            @Override
            public boolean canFailOver() {
                return pair.canFailOver();
            }

            @Override
            public LossEstimate estimateLoss(Instance instance, Node target, Deadline deadline) {
                requireAlive();
                return pair.estimateLoss(instance, target, deadline);
            }

            @Override
            public List<Check> check(Instance instance, Node target, SwitchoverOptions options, Deadline deadline) {
                requireAlive();
                return pair.check(instance, target, options, deadline);
            }

            @Override
            public SwitchoverPlan plan(Instance instance, Node target, SwitchoverOptions options, Deadline deadline) {
                requireAlive();
                return pair.plan(instance, target, options, deadline);
            }

            @Override
            public SwitchoverSession open(
                    Instance instance,
                    Node target,
                    SwitchoverOptions options,
                    String operationId,
                    String audit,
                    Deadline deadline) {
                requireAlive();
                return mortal(pair.open(instance, target, options, operationId, audit, deadline));
            }

            @Override
            public SwitchoverSession resume(InterruptedSwitchover interrupted, Deadline deadline) {
                requireAlive();
                return mortal(pair.resume(interrupted, deadline));
            }

            @Override
            public void close() {}
        };
    }

    private SwitchoverSession mortal(SwitchoverSession session) {
        List<SwitchoverStep> steps = new ArrayList<>();
        session.steps()
                .forEach(step -> steps.add(new SwitchoverStep() {
                    @Override
                    public PlannedStep describe() {
                        return step.describe();
                    }

                    @Override
                    public void apply(StepContext context) {
                        requireAlive();
                        step.apply(context);
                    }

                    @Override
                    public void undo(StepContext context) {
                        requireAlive();
                        step.undo(context);
                    }
                }));
        return new SwitchoverSession() {
            @Override
            public List<SwitchoverStep> steps() {
                return steps;
            }

            @Override
            public void verifyLease(Deadline deadline) {
                requireAlive();
                session.verifyLease(deadline);
            }

            @Override
            public Resolution resolve(Deadline deadline) {
                requireAlive();
                return session.resolve(deadline);
            }

            @Override
            public void close() {
                requireAlive();
                session.close();
            }
        };
    }

    TrafficParticipant traffic(TrafficParticipant participant) {
        return new TrafficParticipant() {
            @Override
            public String name() {
                return participant.name();
            }

            @Override
            public DrainResult hold(HoldRequest request) throws InterruptedException {
                requireAlive();
                DrainResult result = participant.hold(request);
                reached("effect: hold");
                return result;
            }

            @Override
            public int cut(String operationId) {
                requireAlive();
                return participant.cut(operationId);
            }

            @Override
            public void release(String operationId, Topology topology) {
                requireAlive();
                participant.release(operationId, topology);
                reached("effect: release");
            }
        };
    }
}
