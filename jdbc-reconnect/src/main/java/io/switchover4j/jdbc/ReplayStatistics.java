package io.switchover4j.jdbc;

import java.util.Map;

/**
 * What became of the transactions that were lost with their connection before their commit was sent. Immutable.
 *
 * @param cut how many were lost
 * @param replayed how many were replayed, so that the application saw a pause only
 * @param calls how many calls were run again for that
 * @param attempts how many times a replay was begun
 * @param differed how many were given up because an answer was not the one that the application had seen
 * @param failed how many were given up for another reason, such as no primary in time
 * @param refused how many were not replayed, by reason
 * @param switchedOff how many transactions replay was switched off for, lost or not, by reason; only reasons that show up while a
 *     transaction is open
 */
public record ReplayStatistics(
        long cut,
        long replayed,
        long calls,
        long attempts,
        long differed,
        long failed,
        Map<ReplayOff, Long> refused,
        Map<ReplayOff, Long> switchedOff) {

    public ReplayStatistics {
        refused = Map.copyOf(refused);
        switchedOff = Map.copyOf(switchedOff);
    }
}
