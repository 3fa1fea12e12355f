package io.switchover4j.simulated;

/** A node gives a coordinator no answer. */
final class SilentNode extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final boolean waits;

    SilentNode(NodeState node, String why) {
        super("'%s' at %s: %s".formatted(node.id, node.endpoint, why));
        this.waits = node.running;
    }

    /** Whether this takes the caller time to find out. */
    boolean waits() {
        return waits;
    }

    static void require(NodeState node) {
        node.silence().ifPresent(why -> {
            throw new SilentNode(node, why);
        });
    }
}
