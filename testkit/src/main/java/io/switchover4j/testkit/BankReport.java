package io.switchover4j.testkit;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the clients of a {@link Bank} were told against what the database kept. Immutable.
 *
 * @param seed of the run's random choices
 * @param committed transfers that were told to be committed
 * @param failed transfers that were told to have failed with certainty: any error but SQLState 08007
 * @param unknown transfers that were told to have an unknown outcome, SQLState 08007
 * @param lost told committed, but not in the database
 * @param appliedTwice in the database more than once, whatever was told
 * @param appliedThoughFailed in the database, but told failed, or never begun by any client
 * @param errors what the workers were given, also where a retry succeeded afterwards
 * @param balanceProblems which accounts do not add up, at most 10; none if the books balance
 * @param unfinishedWorkers workers that did not even end when their connection was aborted; they are not judged
 * @param commits when each commit was acknowledged
 */
public record BankReport(
        long seed,
        long committed,
        long failed,
        Unknown unknown,
        Finding lost,
        Finding appliedTwice,
        Finding appliedThoughFailed,
        List<BankError> errors,
        List<String> balanceProblems,
        int unfinishedWorkers,
        CommitSeries commits) {

    public BankReport {
        errors = List.copyOf(errors);
        balanceProblems = List.copyOf(balanceProblems);
    }

    /**
     * Transfers that something is wrong with. Immutable.
     *
     * @param count how many
     * @param examples the ids of at most 10 of them
     */
    public record Finding(long count, List<Long> examples) {

        public Finding {
            examples = List.copyOf(examples);
        }

        @Override
        public String toString() {
            return count == 0 ? "0" : count + " (for example transfers " + examples + ")";
        }
    }

    /**
     * Transfers whose client was told that the outcome is unknown.
     *
     * @param count how many
     * @param applied how many of them are in the database
     */
    public record Unknown(long count, long applied) {}

    /** How many errors the workers were given. */
    public long errorCount() {
        return errors.stream().mapToLong(BankError::count).sum();
    }

    /** How many errors there were of each SQLState. */
    public Map<String, Long> errorsBySqlState() {
        Map<String, Long> counts = new TreeMap<>();
        errors.forEach(error -> counts.merge(error.sqlState(), error.count(), Long::sum));
        return counts;
    }

    /** Whether every account holds what its transfers add up to, and all together hold what they held at first. */
    public boolean isBalanceRight() {
        return balanceProblems.isEmpty();
    }

    /** Whether nothing was lost, applied twice or applied though reported failed, the books balance and all workers ended. */
    public boolean isConsistent() {
        return lost.count() == 0
                && appliedTwice.count() == 0
                && appliedThoughFailed.count() == 0
                && isBalanceRight()
                && unfinishedWorkers == 0;
    }

    /** Whether it is consistent and no client saw an error. */
    public boolean isFlawless() {
        return isConsistent() && errorCount() == 0;
    }

    public Pause longestPause() {
        return commits.longestPause();
    }

    /** The longest pause that touches the time from {@code from} to {@code to}, in its full length. */
    public Pause longestPause(Instant from, Instant to) {
        return commits.longestPause(from, to);
    }

    public Duration latencyPercentile(double percent) {
        return commits.latencyPercentile(percent);
    }

    @Override
    public String toString() {
        return ("committed %d, errors %d %s, failed %d, unknown %d (%d of them applied), lost %s, applied twice %s,"
                        + " applied though reported failed %s, balance %s, unfinished workers %d, longest pause %s,"
                        + " latency p50 %.2f ms p99 %.2f ms, seed %d")
                .formatted(
                        committed,
                        errorCount(),
                        errors,
                        failed,
                        unknown.count(),
                        unknown.applied(),
                        lost,
                        appliedTwice,
                        appliedThoughFailed,
                        isBalanceRight() ? "right" : "WRONG " + balanceProblems,
                        unfinishedWorkers,
                        longestPause(),
                        latencyPercentile(50).toNanos() / 1e6,
                        latencyPercentile(99).toNanos() / 1e6,
                        seed);
    }
}
