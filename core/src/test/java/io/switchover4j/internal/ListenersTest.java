package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Who closes between the moment at which an instance is free and the one at which its end is told waits for that. */
class ListenersTest {

    private final RecordingListener listener = new RecordingListener();
    private final Listeners listeners = new Listeners(List.of(listener), new Threads(Threads.daemons()));

    private static void awaitWaiting(Thread thread) {
        while (thread.getState() != Thread.State.TIMED_WAITING && thread.getState() != Thread.State.TERMINATED) {
            Thread.onSpinWait();
        }
    }

    @Test
    void anEndThatIsAboutToBeToldIsToldBeforeTheCloseReturns() throws Exception {
        CountDownLatch free = new CountDownLatch(1);
        CountDownLatch closing = new CountDownLatch(1);
        SwitchoverEvent end =
                new SwitchoverEvent("orders", "op1", Instant.EPOCH, Phase.REJOINING, Phase.COMPLETED, "done");
        Thread runner = Threads.daemons()
                .newThread(() -> listeners.end(() -> {
                    free.countDown();
                    try {
                        closing.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    listeners.tell("orders", told -> told.onTransition(end));
                }));
        runner.start();
        free.await();
        Thread closer = Threads.daemons().newThread(() -> listeners.close(Duration.ofSeconds(10)));
        closer.start();
        awaitWaiting(closer);

        closing.countDown();

        closer.join();
        assertThat(listener.events).containsExactly(end);
    }
}
