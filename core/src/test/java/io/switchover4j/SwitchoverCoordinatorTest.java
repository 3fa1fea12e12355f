package io.switchover4j;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import org.junit.jupiter.api.Test;

class SwitchoverCoordinatorTest {

    @Test
    void aBackendIsRequired() {
        assertThatIllegalStateException()
                .isThrownBy(() -> SwitchoverCoordinator.builder().build())
                .withMessage("A coordinator needs a backend; call backend(...) before build()");
    }

    @Test
    @SuppressWarnings("NullAway") // What a caller without a null checker may do.
    void nullsAreRefusedWhereTheyAreGiven() {
        SwitchoverCoordinator.Builder builder = SwitchoverCoordinator.builder();

        assertThatNullPointerException().isThrownBy(() -> builder.backend(null)).withMessage("backend");
        assertThatNullPointerException().isThrownBy(() -> builder.journal(null)).withMessage("journal");
        assertThatNullPointerException()
                .isThrownBy(() -> builder.participant(null))
                .withMessage("participant");
        assertThatNullPointerException()
                .isThrownBy(() -> builder.listener(null))
                .withMessage("listener");
        assertThatNullPointerException()
                .isThrownBy(() -> builder.timeSource(null))
                .withMessage("timeSource");
        assertThatNullPointerException()
                .isThrownBy(() -> builder.threadFactory(null))
                .withMessage("threadFactory");
        assertThatNullPointerException()
                .isThrownBy(() -> builder.participant("orders", null))
                .withMessage("participant");
    }

    @Test
    void instanceIdsAreChecked() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SwitchoverRequest.of(" "))
                .withMessage("The instance id is ' '; it must not be blank");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SwitchoverRequest.of("or\nders"))
                .withMessage(
                        "The instance id 'or\\u000aders' contains the control character U+000A at index 2; write it without");
    }
}
