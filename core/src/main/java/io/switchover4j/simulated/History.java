package io.switchover4j.simulated;

import org.jspecify.annotations.Nullable;

/** What a database has written since a promotion, and what it branched off from. Immutable. */
final class History {

    private final int timeline;
    private final @Nullable History parent;
    private final long fork;

    private History(int timeline, @Nullable History parent, long fork) {
        this.timeline = timeline;
        this.parent = parent;
        this.fork = fork;
    }

    static History first() {
        return new History(1, null, 0);
    }

    History branch(long at) {
        return new History(timeline + 1, this, at);
    }

    int timeline() {
        return timeline;
    }

    /** Where it left its parent. */
    long fork() {
        return fork;
    }

    /** Whether a database that is at {@code end} of this history has what was written at {@code position} of another one. */
    boolean contains(long end, History other, long position) {
        long reach = end;
        for (History h = this; h != null; h = h.parent) {
            if (h == other) {
                return position <= reach;
            }
            reach = Math.min(reach, h.fork);
        }
        return false;
    }

    String position(long at) {
        return "%d/%X".formatted(timeline, at);
    }
}
