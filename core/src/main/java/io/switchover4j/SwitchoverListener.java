package io.switchover4j;

/**
 * Is told of every transition. The first event of a switchover is that it was asked for, from {@link Phase#SCHEDULED} to the
 * same, also where it starts at once; further ones to the same phase tell that it starts at another time, or that units of work
 * are cut. Events of one switchover arrive in order, after the fact is in the journal, on a thread of
 * their own: a slow listener delays other listeners, never a switchover. What a listener throws is logged.
 */
public interface SwitchoverListener {

    /** A switchover was asked for, has entered a phase, or goes on in the one it is in for another reason. */
    default void onTransition(SwitchoverEvent event) {}

    /** The switchover has ended, and its instance may be switched again; the last call for it. */
    default void onEnd(SwitchoverReport report) {}
}
