package io.switchover4j.postgresql;

import io.switchover4j.LossLimit;
import io.switchover4j.SwitchoverRequest;
import java.time.Duration;

/** What a coordinator would make of a pair if it did not die. */
enum CrashStory {
    COMPLETES("A switchover"),
    /** Replay is held on the target from before the fence on, so that its position cannot be confirmed. */
    ROLLS_BACK("A switchover"),
    /** The session that asked for the promotion is ended while that is under way. */
    LOSES_THE_ANSWER_OF_THE_PROMOTION("A switchover"),
    /** The primary was killed before. */
    FAILS_OVER_A_DEAD_PRIMARY("A failover of a dead primary"),
    FAILS_OVER_A_PRIMARY_THAT_ANSWERS("A failover of a primary that answers");

    /** Of the page's table that shows it. */
    final String heading;

    CrashStory(String heading) {
        this.heading = "## " + heading;
    }

    boolean isFailover() {
        return this == FAILS_OVER_A_DEAD_PRIMARY || this == FAILS_OVER_A_PRIMARY_THAT_ANSWERS;
    }

    SwitchoverRequest request(String target) {
        SwitchoverRequest.Builder request = SwitchoverRequest.of(Backends.INSTANCE)
                .target(target)
                .rejoinTimeout(Duration.ofSeconds(30))
                .requestedBy("alice", "a test");
        if (isFailover()) {
            request.failover().acceptLoss(LossLimit.unlimited());
        }
        if (this == FAILS_OVER_A_PRIMARY_THAT_ANSWERS) {
            request.evenIfPrimaryAnswers();
        }
        return request.build();
    }
}
