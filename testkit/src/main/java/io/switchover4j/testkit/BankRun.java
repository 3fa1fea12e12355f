package io.switchover4j.testkit;

import io.switchover4j.TimeSource;
import io.switchover4j.spi.Deadline;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import javax.sql.DataSource;

/** A run of a {@link Bank} whose workers are at work until it is stopped or reaches its limits. Thread-safe. */
public final class BankRun implements AutoCloseable {

    private static final Duration AFTER_ABORT = Duration.ofSeconds(5);

    private final BankOptions options;
    private final RunClock clock;
    private final long id = ThreadLocalRandom.current().nextLong(Long.MAX_VALUE);
    private final List<BankWorker> workers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final LongAdder committed = new LongAdder();
    private final LongAdder errors = new LongAdder();
    private final AtomicLong begun = new AtomicLong();
    private final AtomicLong lastCommit = new AtomicLong();
    private final AtomicLong stoppedAt = new AtomicLong(-1);

    BankRun(DataSource dataSource, BankOptions options, TimeSource time) {
        this.options = options;
        this.clock = new RunClock(time);
        for (int number = 0; number < options.workers(); number++) {
            BankWorker worker = new BankWorker(number, dataSource, options, this);
            Thread thread = new Thread(worker, "switchover4j-bank-" + number);
            thread.setDaemon(true);
            workers.add(worker);
            threads.add(thread);
        }
    }

    void start() {
        threads.forEach(Thread::start);
    }

    /** How many commits were acknowledged so far. */
    public long committed() {
        return committed.sum();
    }

    /** How many errors the workers were given so far. */
    public long errors() {
        return errors.sum();
    }

    /** How the run stands. */
    public Progress progress() {
        long now = clock.now();
        return new Progress(
                Duration.ofNanos(now), committed(), errors(), Duration.ofNanos(Math.max(0, now - lastCommit.get())));
    }

    /**
     * How a run stands. Immutable.
     *
     * @param elapsed since its start
     * @param committed acknowledged commits so far
     * @param errors errors so far
     * @param sinceLastCommit since the last acknowledged commit, or since the start if there is none
     */
    public record Progress(Duration elapsed, long committed, long errors, Duration sinceLastCommit) {}

    /**
     * Waits until this many commits were acknowledged since the call.
     *
     * @return whether that happened within {@code timeout}
     * @throws PairException if the caller was interrupted
     */
    public boolean awaitCommits(long count, Duration timeout) {
        long goal = committed() + count;
        return Await.until(
                count + " more transfers are committed", timeout, Duration.ofMillis(1), () -> committed() >= goal);
    }

    /**
     * Waits until the run has reached its limit of transfers or of time.
     *
     * @throws InterruptedException if the caller was interrupted; the run goes on
     */
    public void await() throws InterruptedException {
        for (Thread thread : threads) {
            thread.join();
        }
    }

    /**
     * Lets the workers end their transfers, retries included, and waits for them. Connections of workers that have not ended within the stop
     * time-out are aborted; who does not end even then is named in the report. Idempotent.
     */
    public void stop() {
        stoppedAt.compareAndSet(-1, clock.now());
        boolean interrupted = !join(options.stopTimeout());
        for (int i = 0; i < threads.size(); i++) {
            if (threads.get(i).isAlive()) {
                threads.get(i).interrupt();
                workers.get(i).abort();
            }
        }
        interrupted |= !join(AFTER_ABORT);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Returns false if the caller was interrupted; it does not wait any longer then. */
    private boolean join(Duration timeout) {
        Deadline deadline = Deadline.after(timeout);
        try {
            for (Thread thread : threads) {
                // A join of 0 ms waits for ever.
                TimeUnit.MILLISECONDS.timedJoin(thread, deadline.remainingMillis());
            }
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    /**
     * Stops the run and compares what the workers were told with what the database kept.
     *
     * @param truth the database that counts: the surviving primary, asked directly
     */
    public BankReport reconcile(DataSource truth) throws SQLException {
        stop();
        return BankJudge.judge(this, options, truth);
    }

    /** {@link #stop()}. */
    @Override
    public void close() {
        stop();
    }

    boolean mayBeginTransfer() {
        if (stoppedAt.get() >= 0) {
            return false;
        }
        if (clock.now() >= options.duration().toNanos() || begun.incrementAndGet() > options.transfers()) {
            stoppedAt.compareAndSet(-1, clock.now());
            return false;
        }
        return true;
    }

    void countCommit(long atNanos) {
        committed.increment();
        lastCommit.accumulateAndGet(atNanos, Math::max);
    }

    void countError() {
        errors.increment();
    }

    long id() {
        return id;
    }

    RunClock clock() {
        return clock;
    }

    long stoppedAtNanos() {
        return stoppedAt.get();
    }

    /** The workers that have ended: only their records may be read. */
    List<BankWorker> endedWorkers() {
        List<BankWorker> ended = new ArrayList<>();
        for (int i = 0; i < threads.size(); i++) {
            if (!threads.get(i).isAlive()) {
                ended.add(workers.get(i));
            }
        }
        return ended;
    }
}
