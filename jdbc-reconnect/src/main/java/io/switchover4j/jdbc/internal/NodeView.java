package io.switchover4j.jdbc.internal;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one node. Immutable. Times are readings of the watch's clock in nanoseconds.
 *
 * @param name the node's name
 * @param answer its last answer; null if it never gave one
 * @param answeredAt when that came
 * @param prompt whether it came without delay
 * @param failure why the last question was not answered; null if it was
 * @param silent whether it owes an answer to a question
 * @param silentSince since when; meaningless if it is not silent
 * @param doubt why the answer does not count until it is given again; null if it counts
 * @param doubtedAt since when; only a question asked later clears the doubt
 */
record NodeView(
        String name,
        @Nullable RoleAnswer answer,
        long answeredAt,
        boolean prompt,
        @Nullable Exception failure,
        boolean silent,
        long silentSince,
        @Nullable Exception doubt,
        long doubtedAt) {

    private static final long PROMPT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    static NodeView unknown(String name) {
        return new NodeView(name, null, 0, false, null, false, 0, null, 0);
    }

    NodeView asked(long now) {
        return silent ? this : new NodeView(name, answer, answeredAt, prompt, failure, true, now, doubt, doubtedAt);
    }

    /**
     * @param steady whether the next question goes the same way, so that it should be answered as fast
     */
    NodeView answered(RoleAnswer newAnswer, long askedAt, long now, boolean steady) {
        boolean doubtStays = doubt != null && askedAt - doubtedAt <= 0;
        boolean promptly = steady && now - askedAt <= PROMPT_NANOS;
        return new NodeView(name, newAnswer, now, promptly, null, false, 0, doubtStays ? doubt : null, doubtedAt);
    }

    NodeView failed(Exception newFailure) {
        return new NodeView(name, answer, answeredAt, prompt, newFailure, silent, silentSince, doubt, doubtedAt);
    }

    NodeView doubted(Exception reason, long now) {
        return new NodeView(name, answer, answeredAt, prompt, failure, silent, silentSince, reason, now);
    }

    /** Whether its last answer, given on its last question, says that it is writable; doubted or not. */
    boolean claimsToBePrimary() {
        return answer != null && answer.writable() && failure == null;
    }

    /**
     * Whether it owes an answer for so long that units should not go there. A node whose last answer took its time is given all
     * of it from the question on; one that answered promptly, nine tenths of it from that answer on, but four tenths at least
     * from the question on: so a host that freezes between two questions is suspected in time.
     */
    boolean isSuspected(long now, long suspectAfterNanos) {
        if (!silent) {
            return false;
        }
        long owed = now - silentSince;
        if (!prompt) {
            return owed > suspectAfterNanos;
        }
        return now - answeredAt > suspectAfterNanos / 10 * 9 && owed > suspectAfterNanos / 10 * 4;
    }

    boolean isFresh(long now, long freshNanos) {
        return answer != null && now - answeredAt <= freshNanos;
    }

    /** What a person should read about this node. */
    String describe(long now, long suspectAfterNanos) {
        if (failure != null) {
            return "%s failed: %s".formatted(name, oneLine(failure));
        }
        if (isSuspected(now, suspectAfterNanos)) {
            return "%s has not answered for %d ms"
                    .formatted(name, Duration.ofNanos(now - silentSince).toMillis());
        }
        if (answer == null) {
            return "%s has not answered yet".formatted(name);
        }
        String role = "%s is %s".formatted(name, answer.describe());
        return doubt == null ? role : "%s, but is asked again (%s)".formatted(role, oneLine(doubt));
    }

    private static String oneLine(Exception cause) {
        String message = cause.getMessage();
        if (message == null) {
            return cause.getClass().getSimpleName();
        }
        int lineEnd = message.indexOf('\n');
        String line = (lineEnd < 0 ? message : message.substring(0, lineEnd)).strip();
        return line.endsWith(".") ? line.substring(0, line.length() - 1) : line;
    }
}
