package io.switchover4j;

import static java.util.Objects.requireNonNull;

import io.switchover4j.spi.Names;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a caller asks for: which instance to switch, to which node, when, and within which limits. Immutable.
 *
 * <pre>{@code
 * SwitchoverRequest request = SwitchoverRequest.of("orders")
 *         .target("pg-2")
 *         .pauseBudget(Duration.ofSeconds(3))
 *         .requestedBy("alice", "kernel update of rack 7")
 *         .build();
 * }</pre>
 */
public final class SwitchoverRequest {

    private final String instanceId;
    private final Optional<String> target;
    private final Optional<String> expectedPrimary;
    private final Timing timing;
    private final boolean replace;
    private final Duration catchUpTimeout;
    private final Duration drainTimeout;
    private final OnDrainTimeout onDrainTimeout;
    private final Duration pauseBudget;
    private final Duration rejoinTimeout;
    private final long maximumLagBytes;
    private final boolean failover;
    private final Optional<LossLimit> acceptedLoss;
    private final boolean evenIfPrimaryAnswers;
    private final String requestedBy;
    private final String reason;

    private SwitchoverRequest(Builder builder) {
        instanceId = builder.instanceId;
        target = Optional.ofNullable(builder.target);
        expectedPrimary = Optional.ofNullable(builder.expectedPrimary);
        timing = builder.timing;
        replace = builder.replace;
        catchUpTimeout = builder.catchUpTimeout;
        drainTimeout = builder.drainTimeout;
        onDrainTimeout = builder.onDrainTimeout;
        pauseBudget = builder.pauseBudget;
        rejoinTimeout = builder.rejoinTimeout;
        maximumLagBytes = builder.maximumLagBytes;
        failover = builder.failover;
        acceptedLoss = Optional.ofNullable(builder.acceptedLoss);
        evenIfPrimaryAnswers = builder.evenIfPrimaryAnswers;
        requestedBy = builder.requestedBy;
        reason = builder.reason;
    }

    /**
     * Begins a request for one instance.
     *
     * @throws IllegalArgumentException if the id is blank or contains control characters
     */
    public static Builder of(String instanceId) {
        return new Builder(Names.require("instance id", instanceId));
    }

    public String instanceId() {
        return instanceId;
    }

    /** The node to promote; empty for the healthiest standby. */
    public Optional<String> target() {
        return target;
    }

    /** The node that must be primary when the switchover starts, or it is refused; empty if it does not matter. */
    public Optional<String> expectedPrimary() {
        return expectedPrimary;
    }

    public Timing timing() {
        return timing;
    }

    /**
     * Whether it takes the place of a switchover that waits for its time. Default false: a second one that is to
     * wait is refused, one that starts now does so beside it.
     */
    public boolean replacesWaiting() {
        return replace;
    }

    /** How long the target may take to come within milliseconds while the old primary still works. Default 60 s. */
    public Duration catchUpTimeout() {
        return catchUpTimeout;
    }

    /** How long open units of work may take to end once new ones are held. Default 2 s. */
    public Duration drainTimeout() {
        return drainTimeout;
    }

    /** What happens to the units that are open when the drain time-out has passed. Default {@link OnDrainTimeout#ABORT}. */
    public OnDrainTimeout onDrainTimeout() {
        return onDrainTimeout;
    }

    /**
     * How long new units of work may be held before the promotion is on its way; when it runs out, the switchover is
     * rolled back. Includes the drain. Default 5 s.
     */
    public Duration pauseBudget() {
        return pauseBudget;
    }

    /** How long the old primary may take to follow the new one. Default 5 min. */
    public Duration rejoinTimeout() {
        return rejoinTimeout;
    }

    /**
     * How many bytes the target may be behind when the switchover starts. Default 16 MiB. Not asked in a failover, which has
     * {@link #acceptedLoss()} instead.
     */
    public long maximumLagBytes() {
        return maximumLagBytes;
    }

    /** Whether the target is to be promoted by force: {@link Builder#failover()}. Default false. */
    public boolean isFailover() {
        return failover;
    }

    /** What a failover may lose; empty if the caller has accepted nothing yet, so that it is refused. Default empty. */
    public Optional<LossLimit> acceptedLoss() {
        return acceptedLoss;
    }

    /** Whether a failover goes on although the old primary answers. Default false. */
    public boolean isEvenIfPrimaryAnswers() {
        return evenIfPrimaryAnswers;
    }

    /** Who asked, for the journal and the report. Default: the name of the process's user. */
    public String requestedBy() {
        return requestedBy;
    }

    /** Why, for the journal and the report. Default: empty. */
    public String reason() {
        return reason;
    }

    @Override
    public String toString() {
        return "%s of '%s' to %s, %s"
                .formatted(
                        failover ? "failover" : "switchover",
                        instanceId,
                        target.map(t -> "'" + t + "'").orElse("its healthiest standby"),
                        timing);
    }

    /** Collects the parts of a {@link SwitchoverRequest}. Not thread-safe. */
    public static final class Builder {

        private final String instanceId;
        private @Nullable String target;
        private @Nullable String expectedPrimary;
        private Timing timing = Timing.now();
        private boolean replace;
        private Duration catchUpTimeout = Duration.ofSeconds(60);
        private Duration drainTimeout = Duration.ofSeconds(2);
        private OnDrainTimeout onDrainTimeout = OnDrainTimeout.ABORT;
        private Duration pauseBudget = Duration.ofSeconds(5);
        private Duration rejoinTimeout = Duration.ofMinutes(5);
        private long maximumLagBytes = 16L << 20;
        private boolean failover;
        private @Nullable LossLimit acceptedLoss;
        private boolean evenIfPrimaryAnswers;
        private String requestedBy = Values.ofUser();
        private String reason = "";

        private Builder(String instanceId) {
            this.instanceId = instanceId;
        }

        /**
         * Names the node to promote.
         *
         * @throws IllegalArgumentException if the id is blank or contains control characters
         */
        public Builder target(String nodeId) {
            this.target = Names.require("target node id", nodeId);
            return this;
        }

        /**
         * Names the node that must be primary when the switchover starts: much may happen between a request and its time.
         *
         * @throws IllegalArgumentException if the id is blank or contains control characters
         */
        public Builder expectedPrimary(String nodeId) {
            this.expectedPrimary = Names.require("expected primary's node id", nodeId);
            return this;
        }

        public Builder timing(Timing timing) {
            this.timing = requireNonNull(timing, "timing");
            return this;
        }

        /** Lets it take the place of a switchover of this instance that waits for its time; that one is cancelled. */
        public Builder replace() {
            this.replace = true;
            return this;
        }

        /**
         * How long the target may take to come within milliseconds. Default: 60 s.
         *
         * @throws IllegalArgumentException if the time-out is not positive, or longer than 365 days
         */
        public Builder catchUpTimeout(Duration timeout) {
            this.catchUpTimeout = Values.requirePositive("catchUpTimeout", timeout);
            return this;
        }

        /**
         * How long open units of work may take to end once new ones are held. Default: 2 s.
         *
         * @throws IllegalArgumentException if the time-out is not positive, or longer than 365 days
         */
        public Builder drainTimeout(Duration timeout) {
            this.drainTimeout = Values.requirePositive("drainTimeout", timeout);
            return this;
        }

        public Builder onDrainTimeout(OnDrainTimeout onDrainTimeout) {
            this.onDrainTimeout = requireNonNull(onDrainTimeout, "onDrainTimeout");
            return this;
        }

        /**
         * How long new units of work may be held before the promotion is on its way. Default: 5 s.
         *
         * @throws IllegalArgumentException if the budget is not positive, or longer than 365 days
         */
        public Builder pauseBudget(Duration budget) {
            this.pauseBudget = Values.requirePositive("pauseBudget", budget);
            return this;
        }

        /**
         * How long the old primary may take to follow the new one. Default: 5 min.
         *
         * @throws IllegalArgumentException if the time-out is not positive, or longer than 365 days
         */
        public Builder rejoinTimeout(Duration timeout) {
            this.rejoinTimeout = Values.requirePositive("rejoinTimeout", timeout);
            return this;
        }

        /**
         * How many bytes the target may be behind when the switchover starts. Default: 16 MiB.
         *
         * @throws IllegalArgumentException if the limit is negative
         */
        public Builder maximumLagBytes(long bytes) {
            if (bytes < 0) {
                throw new IllegalArgumentException("maximumLagBytes is %d; it must be 0 or more".formatted(bytes));
            }
            this.maximumLagBytes = bytes;
            return this;
        }

        /**
         * Asks for a failover: the target is promoted by force, because the primary is dead or cannot be reached. What needs a
         * living primary is left out, units of work that are open are ended at once instead of drained, and what the target
         * has not received is lost. It is refused until that loss is accepted: {@link SwitchoverCoordinator#preflight} shows
         * the estimate, {@link #acceptLoss(LossLimit)} accepts it.
         */
        public Builder failover() {
            this.failover = true;
            return this;
        }

        /**
         * Accepts that a failover loses up to so many bytes, as estimated: the figure that the preflight showed, or a limit.
         *
         * @throws IllegalArgumentException if {@code bytes} is negative
         */
        public Builder acceptLoss(long bytes) {
            return acceptLoss(LossLimit.of(bytes));
        }

        /** As {@link #acceptLoss(long)}; {@link LossLimit#unlimited()} also accepts an estimate that is unknown. */
        public Builder acceptLoss(LossLimit limit) {
            this.acceptedLoss = requireNonNull(limit, "limit");
            return this;
        }

        /**
         * Insists on a failover although the old primary answers. Who can wait asks for a switchover instead, which loses
         * nothing.
         */
        public Builder evenIfPrimaryAnswers() {
            this.evenIfPrimaryAnswers = true;
            return this;
        }

        /**
         * Says who asks and why, for the journal, the report, and other coordinators that are refused meanwhile.
         *
         * @throws IllegalArgumentException if the name is blank, or either contains control characters
         */
        public Builder requestedBy(String who, String why) {
            this.requestedBy = Names.require("requestedBy", who);
            this.reason = requireNonNull(why, "why").isEmpty() ? why : Names.require("reason", why);
            return this;
        }

        /**
         * The request as it was described.
         *
         * @throws IllegalArgumentException if the drain time-out is not shorter than the pause budget that includes it; if a
         *     loss is accepted, or a primary that answers is to be passed over, without {@link #failover()}; if a failover is
         *     to wait for a time
         */
        public SwitchoverRequest build() {
            if (drainTimeout.compareTo(pauseBudget) >= 0) {
                throw new IllegalArgumentException(
                        "drainTimeout %s is not shorter than pauseBudget %s, which includes it; raise pauseBudget"
                                .formatted(drainTimeout, pauseBudget));
            }
            requireConsistentFailover();
            return new SwitchoverRequest(this);
        }

        private void requireConsistentFailover() {
            if (failover) {
                if (timing != Timing.now()) {
                    throw new IllegalArgumentException(
                            "A failover cannot wait (%s): what it would lose is only known now; leave its timing at now"
                                    .formatted(timing));
                }
                return;
            }
            if (acceptedLoss != null) {
                throw new IllegalArgumentException(
                        "acceptLoss(%s) without failover(): a planned switchover loses nothing"
                                .formatted(acceptedLoss));
            }
            if (evenIfPrimaryAnswers) {
                throw new IllegalArgumentException(
                        "evenIfPrimaryAnswers() without failover(): a planned switchover needs a primary that answers");
            }
        }
    }
}
