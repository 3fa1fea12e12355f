package io.switchover4j.jdbc.internal;

/** Who asks the nodes. Thread-safe; no method blocks. */
interface Watcher {

    /** Asks a node now. */
    void look(int node);

    /** As {@link #look}, but leaves the processors to another node's answer for a few milliseconds. */
    void lookSoon(int node);

    /** The node is not the primary any more: its pool lets go of its connections as soon as the node answers. */
    void demoted(int node);

    /** Waiting units are being woken by and by: time should be told more often. */
    void tickSoon();
}
