package io.switchover4j;

/**
 * Is told of every transition. Events of one switchover arrive in order, after the fact is in the journal, on a thread of
 * their own: a slow listener delays other listeners, never a switchover. What a listener throws is logged.
 */
public interface SwitchoverListener {

    default void onTransition(SwitchoverEvent event) {}

    /** The switchover has ended, and its instance may be switched again; the last call for it. */
    default void onEnd(SwitchoverReport report) {}
}
