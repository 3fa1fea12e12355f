package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;

/** Threads that insert one row per transaction, each id once, and repeat what was certainly not applied. */
final class Inserters implements AutoCloseable {

    final Queue<Long> acknowledged = new ConcurrentLinkedQueue<>();
    final Queue<SQLException> unexpected = new ConcurrentLinkedQueue<>();
    final AtomicLong unknown = new AtomicLong();
    final AtomicLong notApplied = new AtomicLong();
    private final Queue<Long> committedAt = new ConcurrentLinkedQueue<>();
    private final AtomicLong ids = new AtomicLong(1_000);
    private final List<Thread> threads = new ArrayList<>();
    private final List<AtomicLong> commits = new ArrayList<>();
    private final DataSource dataSource;
    private volatile boolean stopped;

    Inserters(DataSource dataSource, int workers) {
        this.dataSource = dataSource;
        for (int i = 0; i < workers; i++) {
            AtomicLong mine = new AtomicLong();
            commits.add(mine);
            threads.add(new Thread(() -> work(mine), "inserter-" + i));
        }
        threads.forEach(Thread::start);
    }

    private void work(AtomicLong mine) {
        while (!stopped) {
            long id = ids.incrementAndGet();
            boolean again = true;
            while (again && !stopped) {
                again = false;
                try (Connection connection = dataSource.getConnection()) {
                    connection.setAutoCommit(false);
                    FrozenHostIT.insert(connection, id);
                    connection.commit();
                    acknowledged.add(id);
                    committedAt.add(System.nanoTime());
                    mine.incrementAndGet();
                    TimeUnit.MILLISECONDS.sleep(2);
                } catch (SQLException e) {
                    switch (String.valueOf(e.getSQLState())) {
                        case "40001" -> {
                            notApplied.incrementAndGet();
                            again = true;
                        }
                        case "08007" -> unknown.incrementAndGet();
                        default -> unexpected.add(e);
                    }
                } catch (InterruptedException e) {
                    unexpected.add(new SQLException("an interrupt that nobody sent reached the application", e));
                }
            }
        }
    }

    /** When the first commit after this was acknowledged. */
    long firstCommitAfter(long nanos) {
        return committedAt.stream()
                .mapToLong(Long::longValue)
                .filter(at -> at - nanos > 0)
                .min()
                .orElseThrow();
    }

    /** Until each thread has committed twice from now on: so none hangs, and none of these commits was under way before. */
    void awaitCommitOfEach() throws InterruptedException {
        List<Long> before = commits.stream().map(AtomicLong::get).toList();
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        for (int i = 0; i < before.size(); i++) {
            while (commits.get(i).get() < before.get(i) + 2) {
                assertThat(System.nanoTime())
                        .as(() -> "a worker hangs:\n" + stacks())
                        .isLessThan(until);
                TimeUnit.MILLISECONDS.sleep(1);
            }
        }
    }

    private String stacks() {
        StringBuilder text = new StringBuilder();
        for (Thread thread : threads) {
            text.append(thread.getName()).append('\n');
            for (StackTraceElement element : thread.getStackTrace()) {
                text.append("    ").append(element).append('\n');
            }
        }
        return text.append(unexpected).toString();
    }

    void stop() throws InterruptedException {
        stopped = true;
        for (Thread thread : threads) {
            thread.join(TimeUnit.SECONDS.toMillis(40));
            assertThat(thread.isAlive()).as("%s goes on", thread.getName()).isFalse();
        }
    }

    @Override
    public void close() {
        stopped = true;
        threads.forEach(Thread::interrupt);
    }
}
