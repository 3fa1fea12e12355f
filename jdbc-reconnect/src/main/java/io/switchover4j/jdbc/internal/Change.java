package io.switchover4j.jdbc.internal;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What follows from a change of the gate's state; done outside its lock. */
final class Change {

    /** Who goes on, the first first. */
    final List<Waiters.Waiter> wake = new ArrayList<>();

    /** The gate closed just now. */
    boolean nowClosed;

    /** The gate opened, and more wait than were woken. */
    boolean othersWait;

    /** Another primary than before was accepted. */
    boolean newPrimary;

    /** The primary before that; {@link PrimaryVerdict#NONE} if it is the first. */
    int primaryBefore = PrimaryVerdict.NONE;

    /** A node that says it is writable on a history that is known to be abandoned, described; null if there is no news. */
    @Nullable
    String stale;

    /** A hold that ended; null if none did. */
    @Nullable
    Hold ended;

    /** A hold that ended because nobody released it; null if none did. */
    @Nullable
    Hold expired;
}
