package io.switchover4j.simulated;

import io.switchover4j.Endpoint;
import io.switchover4j.Node;
import io.switchover4j.Replication;
import io.switchover4j.Role;
import io.switchover4j.Zone;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** One server. Guarded by the world's lock. */
final class NodeState {

    /** How far behind a standby may be and still be called streaming. */
    private static final long NEAR = 64L << 20;

    final String id;
    final Zone zone;
    final Endpoint endpoint;

    boolean running = true;
    boolean frozen;
    /** Coordinators cannot reach it; applications can. */
    boolean isolated;

    boolean standby;
    boolean fenced;
    History history;
    long position;

    @Nullable
    NodeState upstream;

    boolean replicates = true;
    Duration lag;

    boolean promoting;
    long promotedAt;

    @Nullable
    Lease lease;
    /** The holder is gone, and this node has not noticed. */
    boolean leaseOrphaned;

    /** Where this node was when, for standbys that are behind. */
    private final Deque<long[]> samples = new ArrayDeque<>();

    NodeState(String id, Zone zone, Endpoint endpoint, History history, Duration lag) {
        this.id = id;
        this.zone = zone;
        this.endpoint = endpoint;
        this.history = history;
        this.lag = lag;
    }

    boolean isAlive() {
        return running && !frozen;
    }

    boolean takesWrites() {
        return running && !frozen && !standby && !fenced;
    }

    /** Why a coordinator gets no answer; empty if it does. */
    Optional<String> silence() {
        if (!running) {
            return Optional.of("connection refused");
        }
        return frozen || isolated ? Optional.of("no answer") : Optional.empty();
    }

    boolean follows() {
        NodeState from = upstream;
        return standby
                && isAlive()
                && replicates
                && !promoting
                && from != null
                && from.isAlive()
                && !from.standby
                && from.history.contains(from.position, history, position);
    }

    /** Lets a primary's load, or a standby's replication, go on until {@code now}. */
    void advance(long from, long now, long bytesPerSecond) {
        if (bytesPerSecond > 0 && now > from && takesWrites()) {
            sample(from);
            position += (long) ((now - from) * 1e-9 * bytesPerSecond);
            sample(now);
        }
    }

    void replicate(long now) {
        NodeState from = upstream;
        if (from == null || !follows()) {
            return;
        }
        long received = lag.isZero() ? from.position : from.positionAt(now - lag.toNanos());
        if (received >= position) {
            position = received;
            history = from.history;
        }
    }

    void write(long now, long bytes) {
        sample(now);
        position += bytes;
        sample(now);
    }

    private void sample(long now) {
        samples.addLast(new long[] {now, position});
        if (samples.size() > 4096) {
            samples.removeFirst();
        }
    }

    /** Forgets what no standby asks for any more. */
    void forgetBefore(long now) {
        while (samples.size() > 2) {
            long[] first = samples.removeFirst();
            if (samples.getFirst()[0] > now) {
                samples.addFirst(first);
                return;
            }
        }
    }

    private long positionAt(long time) {
        long[] before = null;
        for (long[] sample : samples) {
            if (sample[0] > time) {
                if (before == null) {
                    return sample[1];
                }
                double share = (double) (time - before[0]) / (sample[0] - before[0]);
                return before[1] + (long) ((sample[1] - before[1]) * share);
            }
            before = sample;
        }
        return position;
    }

    long lagBytes() {
        NodeState from = upstream;
        return from == null ? 0 : Math.max(0, from.position - position);
    }

    Node describe() {
        Optional<String> silence = silence();
        if (silence.isPresent()) {
            return node(Role.UNKNOWN, Optional.empty(), silence.get());
        }
        if (standby) {
            return node(Role.STANDBY, Optional.of(replication()), promoting ? "is being promoted" : "");
        }
        return fenced ? node(Role.UNKNOWN, Optional.empty(), "fenced") : node(Role.PRIMARY, Optional.empty(), "");
    }

    private Replication replication() {
        if (!follows()) {
            return new Replication(Replication.State.DISCONNECTED, false, OptionalLong.empty());
        }
        long bytes = lagBytes();
        Replication.State state = bytes > NEAR ? Replication.State.CATCHING_UP : Replication.State.STREAMING;
        return new Replication(state, false, OptionalLong.of(bytes));
    }

    private Node node(Role role, Optional<Replication> replication, String detail) {
        return new Node(id, zone, role, endpoint, replication, detail);
    }
}
