package io.switchover4j;

import static java.util.Objects.requireNonNull;

import io.switchover4j.internal.CoordinatorSettings;
import io.switchover4j.internal.CoordinatorSettings.Registration;
import io.switchover4j.internal.DefaultCoordinator;
import io.switchover4j.spi.Names;
import io.switchover4j.spi.SwitchoverBackend;
import io.switchover4j.spi.SwitchoverJournal;
import io.switchover4j.spi.TrafficParticipant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * Switches the instances of one backend, one switchover per instance at a time. Thread-safe.
 *
 * <pre>{@code
 * try (SwitchoverCoordinator coordinator = SwitchoverCoordinator.builder()
 *         .backend(backend)
 *         .participant(dataSource) // drained before, released after
 *         .build()) {
 *     SwitchoverRequest request = SwitchoverRequest.of("orders").build();
 *     System.out.println(coordinator.preflight(request).describe());
 *     System.out.println(coordinator.start(request).await().describe());
 * }
 * }</pre>
 *
 * <p>Methods that ask the backend block for at most 10 s ({@link #preflight}: 40 s) and throw
 * {@link io.switchover4j.spi.BackendException} if the backend itself cannot answer or the caller was interrupted; nothing
 * was changed then. Who is switching an instance in another process is left open in what they return if its nodes do not
 * tell in that time.
 *
 * <p>What a request does not limit, the coordinator does: 10 s to observe, 10 s to take the lease, 30 s for the backend's
 * checks, 30 s to promote, 30 s to resolve a promotion in doubt, 30 s for the first write, and a fresh 30 s to undo.
 */
public interface SwitchoverCoordinator extends AutoCloseable {

    static Builder builder() {
        return new Builder();
    }

    /**
     * The regions in which there are instances, sorted.
     *
     * @throws IllegalStateException if the coordinator is closed
     */
    List<String> regions();

    /**
     * Every instance, observed now.
     *
     * @throws IllegalStateException if the coordinator is closed
     */
    List<Instance> instances();

    /**
     * Every instance of a region, observed now.
     *
     * @throws UnknownRegionException if there is none
     * @throws IllegalStateException if the coordinator is closed
     */
    List<Instance> instances(String region);

    /**
     * One instance, observed now.
     *
     * @throws UnknownInstanceException if the backend has no such instance
     * @throws IllegalStateException if the coordinator is closed
     */
    Instance instance(String instanceId);

    /**
     * The dry run: every check with its verdict and figure, and what would be done, in order. Changes nothing, and may be
     * called while the instance is being switched.
     *
     * @throws UnknownInstanceException if the backend has no such instance
     * @throws IllegalStateException if the coordinator is closed
     */
    Preflight preflight(SwitchoverRequest request);

    /**
     * Starts a switchover on a thread of its own, after one look at the instance on the caller's, or lets it wait for its
     * time. Everything that goes wrong from then on is told by the report, not thrown.
     *
     * <p>One that waits is in the journal when this method returns, and with a durable journal outlives this process: the
     * next coordinator with that journal lets it wait on. When its time comes, the instance is looked at as if it had been
     * asked for then; if something else is switching the instance at that moment, it is refused. It starts in a maintenance
     * window only if the window stays open for its catch-up time-out, its drain time-out and the predicted pause. Of many
     * whose time comes at once, 64 are carried out at the same time.
     *
     * <p>Of one instance, one switchover waits at most. One that starts now does so beside it and leaves it there, even if it
     * switches back what this one switched: preflight, the log, the first event and the report's notes tell of it. With
     * {@code replace()} the one that waits is cancelled, and has ended when this method returns, unless its end cannot be
     * written within 1 s.
     *
     * @throws UnknownInstanceException if the backend has no such instance; nothing was started
     * @throws SwitchoverInProgressException if this coordinator is switching that instance; nothing was started. A
     *     switchover of another coordinator is found by the lease: one that is to start now ends in {@link Phase#REJECTED}
     * @throws SwitchoverWaitingException if it is to wait, one of that instance waits already, here or, as the journal says, in
     *     another process, and the request does not say {@code replace()}; nothing was changed
     * @throws NoMaintenanceWindowException if it is to wait for a maintenance window and the instance has none
     * @throws IllegalArgumentException if it is to wait and its time is in the past, no opening of the window is long enough
     *     for it, or the instance has no node of the name of its target or expected primary; nothing was started
     * @throws io.switchover4j.spi.JournalException if it is to wait and cannot be kept; nothing was changed
     * @throws IllegalStateException if the coordinator is closed; nothing was started
     */
    Switchover start(SwitchoverRequest request);

    /**
     * Cancels the switchover of an instance: the one that is under way or, if there is none, the one that waits.
     *
     * @return the switchover, which ends soon
     * @throws UnknownInstanceException if the backend has no such instance
     * @throws NoSuchSwitchoverException if this coordinator has none of that instance
     * @throws NotCancellableException if it has come too far: the message names the phase
     */
    Switchover cancel(String instanceId);

    /**
     * Sets when planned work on an instance may start: in the product itself where it has maintenance windows, else in the
     * journal. A switchover that waits for the window waits for the new one from then on. A window is replaced, never removed:
     * one that is always open is {@code daily 00:00 for 24h Z}.
     *
     * @throws UnknownInstanceException if the backend has no such instance
     * @throws SwitchoverInProgressException if the instance is being switched, by this coordinator or, as far as its nodes
     *     tell, by another process; nothing was changed
     * @throws IllegalArgumentException if the window is too short for the switchover that waits for it; nothing was changed
     * @throws io.switchover4j.spi.BackendException if the product did not take it, or may not have
     * @throws io.switchover4j.spi.JournalException if the journal cannot keep it; nothing was changed
     * @throws IllegalStateException if the coordinator is closed
     */
    void modifyMaintenanceWindow(String instanceId, MaintenanceWindow window);

    /**
     * Sets whether the product fails the instance over by itself. While a switchover of ours is under way it never does:
     * the mode is suspended for as long, and what it was before holds again afterwards.
     *
     * @throws UnknownInstanceException if the backend has no such instance
     * @throws UnsupportedFailoverModeException if the product never fails over by itself
     * @throws SwitchoverInProgressException if the instance is being switched, by this coordinator or, as far as its nodes
     *     tell, by another process; nothing was changed
     * @throws io.switchover4j.spi.BackendException if the product did not take it, or may not have
     * @throws IllegalStateException if the coordinator is closed
     */
    void modifyFailoverMode(String instanceId, FailoverMode mode);

    /**
     * The switchover of an instance that this coordinator is carrying out now, or is taking up after a restart.
     *
     * @throws UnknownInstanceException if the backend has no such instance
     */
    Optional<Switchover> running(String instanceId);

    /**
     * The switchover of an instance that waits for its time.
     *
     * @throws UnknownInstanceException if the backend has no such instance
     */
    Optional<Switchover> waiting(String instanceId);

    /** Every switchover that waits for its time, soonest first. */
    List<Switchover> waiting();

    /**
     * What the journal knows of an instance, oldest first; also after {@link #close()}.
     *
     * @throws UnknownInstanceException if the journal knows nothing of it, and the backend has no such instance
     * @throws io.switchover4j.spi.JournalException if the journal cannot be read
     */
    List<HistoryEntry> history(String instanceId);

    /**
     * Takes no more requests, and waits until what is running has ended: a switchover before its fence is cancelled, and
     * its report says that the coordinator was closed: it has ended, with a durable journal too, and must be asked for again; one
     * past it is let finish, within its time-outs, because stopping there would leave no node writable; one that was
     * interrupted in another process and not taken up yet stays in the journal. One that waits for its time waits on in a
     * durable journal, for the next coordinator, and its handle says so; otherwise it is cancelled. Then delivers the last
     * events. An interrupt ends the waiting, not the switchover. Idempotent. Closes neither backend, journal nor participants:
     * who made them closes them, afterwards.
     */
    @Override
    void close();

    /** Collects the parts of a {@link SwitchoverCoordinator}. Not thread-safe. */
    final class Builder {

        private @Nullable SwitchoverBackend backend;
        private @Nullable SwitchoverJournal journal;
        private final List<Registration> participants = new ArrayList<>();
        private final List<SwitchoverListener> listeners = new ArrayList<>();
        private TimeSource timeSource = TimeSource.system();
        private @Nullable ThreadFactory threadFactory;

        private Builder() {}

        /** Whose instances are switched. Required. */
        public Builder backend(SwitchoverBackend backend) {
            this.backend = requireNonNull(backend, "backend");
            return this;
        }

        /** Where intents and results are kept. Default: {@link SwitchoverJournal#inMemory()}, which the log mentions. */
        public Builder journal(SwitchoverJournal journal) {
            this.journal = requireNonNull(journal, "journal");
            return this;
        }

        /** Adds traffic that is held while any instance is switched. Releases follow the order of the calls. */
        public Builder participant(TrafficParticipant participant) {
            participants.add(new Registration(Optional.empty(), requireNonNull(participant, "participant")));
            return this;
        }

        /**
         * Adds traffic that is held while one instance is switched. An id that the backend does not know is not refused, as
         * {@link #build} asks no node: the dry run of an instance that nobody is registered for names the ids that there are.
         *
         * @throws IllegalArgumentException if the id is blank or contains control characters
         */
        public Builder participant(String instanceId, TrafficParticipant participant) {
            participants.add(new Registration(
                    Optional.of(Names.require("instance id", instanceId)), requireNonNull(participant, "participant")));
            return this;
        }

        public Builder listener(SwitchoverListener listener) {
            listeners.add(requireNonNull(listener, "listener"));
            return this;
        }

        public Builder timeSource(TimeSource timeSource) {
            this.timeSource = requireNonNull(timeSource, "timeSource");
            return this;
        }

        /**
         * Makes the threads: one per running switchover, one per participant while it is held, one for the listeners. Their
         * names are set by the coordinator. Default: daemon platform threads; virtual threads do as well.
         */
        public Builder threadFactory(ThreadFactory threadFactory) {
            this.threadFactory = requireNonNull(threadFactory, "threadFactory");
            return this;
        }

        /**
         * Makes the coordinator. What waits in the journal for its time waits on, and begins here if its time has come: a
         * coordinator that was made to read a history carries it out as any other does, and {@link SwitchoverCoordinator#close}
         * cancels it up to its fence. In the background it takes up every switchover of this backend that a process left
         * unfinished when it died: it is finished or rolled back by what the nodes say, and ends in NEEDS_OPERATOR where that
         * cannot be decided or its lease cannot be had within 10 min. Until then {@link #running} shows it, another
         * switchover of that instance is refused, and this coordinator's participants are told at its end who is primary. One
         * whose request this version cannot read is left in the journal, and its instance is shown as NEEDS_OPERATOR.
         *
         * @throws IllegalStateException if no backend was given
         * @throws io.switchover4j.spi.JournalException if the journal cannot be read
         */
        public SwitchoverCoordinator build() {
            if (backend == null) {
                throw new IllegalStateException("A coordinator needs a backend; call backend(...) before build()");
            }
            SwitchoverJournal kept = journal == null ? SwitchoverJournal.inMemory() : journal;
            return DefaultCoordinator.start(
                    new CoordinatorSettings(backend, kept, participants, listeners, timeSource, threadFactory));
        }
    }
}
