package io.switchover4j.simulated;

import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;

/** Decides which calls go wrong. Is asked before each call, in the order of the calls of one process. */
@FunctionalInterface
public interface Faults {

    /**
     * Decides about one call.
     *
     * @param nth counts the calls of this kind from 1
     * @return the fault of this call; empty if nothing goes wrong
     */
    Optional<Fault> next(Call call, int nth);

    /** Nothing goes wrong. */
    static Faults none() {
        return (call, nth) -> Optional.empty();
    }

    /**
     * Each call fails, times out or is slow with this probability, before or after its effect. The same seed gives the same
     * faults for the same calls.
     *
     * @throws IllegalArgumentException if the probability is not in 0..1
     */
    static Faults random(long seed, double probability) {
        if (!(probability >= 0 && probability <= 1)) {
            throw new IllegalArgumentException("The probability is %s; it must be in 0..1".formatted(probability));
        }
        SplittableRandom random = new SplittableRandom(seed);
        return (call, nth) -> {
            if (random.nextDouble() >= probability) {
                return Optional.empty();
            }
            Fault fault = switch (random.nextInt(3)) {
                case 0 -> Fault.error("simulated failure of " + call);
                case 1 -> Fault.timeOut();
                default -> Fault.slow(Duration.ofMillis(random.nextInt(1, 2000)));
            };
            return Optional.of(random.nextBoolean() ? fault.afterEffect() : fault);
        };
    }
}
