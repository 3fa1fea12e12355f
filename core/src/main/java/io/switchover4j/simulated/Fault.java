package io.switchover4j.simulated;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * What goes wrong with one call. Immutable.
 *
 * <p>A fault happens before the call takes effect; {@link #afterEffect()} makes it happen after that, so that only the answer
 * is lost. A time-out lasts until the deadline of the call.
 */
public final class Fault {

    /** What is done at the point where the fault happens. */
    enum Kind {
        ERROR,
        TIME_OUT,
        SLOW,
        CRASH,
        RUN
    }

    private final Kind kind;
    private final boolean afterEffect;
    private final String message;
    private final Duration duration;
    private final Runnable action;

    private Fault(Kind kind, boolean afterEffect, String message, Duration duration, Runnable action) {
        this.kind = kind;
        this.afterEffect = afterEffect;
        this.message = message;
        this.duration = duration;
        this.action = action;
    }

    private static Fault of(Kind kind, String message) {
        return new Fault(kind, false, message, Duration.ZERO, () -> {});
    }

    /** The call fails with this message. */
    public static Fault error(String message) {
        return of(Kind.ERROR, requireNonNull(message, "message"));
    }

    /** The call does not answer before its deadline. */
    public static Fault timeOut() {
        return of(Kind.TIME_OUT, "the node did not answer in time");
    }

    /** The call takes longer by {@code duration}, but not longer than its deadline: then it is a time-out. */
    public static Fault slow(Duration duration) {
        return new Fault(Kind.SLOW, false, "the node was too slow", requireNonNull(duration, "duration"), () -> {});
    }

    /**
     * The process of the coordinator ends here: nothing it does afterwards takes effect, its leases are free. See
     * {@link SimulatedBackend#restarted()}.
     *
     * <p>The coordinator of that process is not stopped, as its code runs on in this JVM: a switchover that it carried out ends
     * there, mostly in {@link io.switchover4j.Phase#NEEDS_OPERATOR}, with a report that nobody outside could have seen, and that
     * no journal made by {@link SimulatedBackend#journal} has. What became of the switchover is told by the next coordinator.
     */
    public static Fault crash() {
        return of(Kind.CRASH, "the process of the coordinator ended");
    }

    /** Something happens meanwhile, for example to a node. What the action throws, the call throws. */
    public static Fault run(Runnable action) {
        return new Fault(Kind.RUN, false, "", Duration.ZERO, requireNonNull(action, "action"));
    }

    /** The same fault once the call has taken effect. */
    public Fault afterEffect() {
        return new Fault(kind, true, message, duration, action);
    }

    Kind kind() {
        return kind;
    }

    boolean isAfterEffect() {
        return afterEffect;
    }

    String message() {
        return message;
    }

    Duration duration() {
        return duration;
    }

    Runnable action() {
        return action;
    }

    @Override
    public String toString() {
        String what = switch (kind) {
            case ERROR -> "error '%s'".formatted(message);
            case TIME_OUT -> "time-out";
            case SLOW -> "slow by %d ms".formatted(duration.toMillis());
            case CRASH -> "crash";
            case RUN -> "interference";
        };
        return afterEffect ? what + " after its effect" : what;
    }
}
