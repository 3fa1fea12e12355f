package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random schedules through the real coordinator. One that fails names its seed, and is run again by
 * {@code mvn test -pl core -Dtest=SimulationTest#replay -Dsimulation.seed=SEED}.
 */
class SimulationTest {

    @Test
    void manySchedulesKeepEveryPromise() throws Exception {
        run(Integer.getInteger("simulation.schedules", 5_000));
    }

    @Test
    @Tag("soak")
    void aHundredThousandSchedulesKeepEveryPromise() throws Exception {
        run(100_000);
    }

    @Test
    void replay() {
        Long seed = Long.getLong("simulation.seed");
        if (seed != null) {
            new SimulatedRun(seed, SimulatedRun.noOutcomes()).run();
        }
        SimulatedRun first = new SimulatedRun(4711, SimulatedRun.noOutcomes());
        first.run();
        SimulatedRun second = new SimulatedRun(4711, SimulatedRun.noOutcomes());
        second.run();
        assertThat(second.trace()).as("the same seed gives the same run").isEqualTo(first.trace());
    }

    private static void run(int schedules) throws Exception {
        long seed = System.nanoTime();
        long began = System.nanoTime();
        Map<Phase, Integer> outcomes = SimulatedRun.noOutcomes();
        long[] seeds = new SplittableRandom(seed).longs(schedules).toArray();
        AtomicInteger next = new AtomicInteger();
        int workers = Runtime.getRuntime().availableProcessors();
        ExecutorService pool = Executors.newFixedThreadPool(workers);
        try {
            Callable<Boolean> work = () -> {
                for (int i = next.getAndIncrement(); i < schedules; i = next.getAndIncrement()) {
                    new SimulatedRun(seeds[i], outcomes).run();
                }
                return true;
            };
            for (Future<Boolean> worker : pool.invokeAll(Collections.nCopies(workers, work))) {
                assertThat(worker.get()).isTrue();
            }
        } finally {
            pool.shutdownNow();
        }
        System.out.printf(
                "simulation: %d schedules from seed %d in %d ms; switchovers ended %s%n",
                schedules, seed, Duration.ofNanos(System.nanoTime() - began).toMillis(), outcomes);
        assertThat(outcomes)
                .containsKeys(
                        Phase.COMPLETED,
                        Phase.COMPLETED_DEGRADED,
                        Phase.REJECTED,
                        Phase.ROLLED_BACK,
                        Phase.ABORTED,
                        Phase.CANCELLED,
                        Phase.EXPIRED,
                        Phase.NEEDS_OPERATOR);
        assertThat(outcomes.keySet()).allMatch(Phase::isEnd);
    }
}
