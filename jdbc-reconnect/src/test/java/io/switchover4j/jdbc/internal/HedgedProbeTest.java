package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connecting through an endpoint whose first attempt hangs in a frozen host. */
@Timeout(30)
final class HedgedProbeTest {

    private final FakeServer old = new FakeServer("old", true);
    private final FakeServer next = new FakeServer("next", true);
    private final AtomicInteger attempts = new AtomicInteger();
    private final CountDownLatch firstEnded = new CountDownLatch(1);

    private ProbeSource endpointThatMoves() {
        return () -> {
            if (attempts.incrementAndGet() > 1) {
                return next.dataSource().getConnection();
            }
            try {
                return old.dataSource().getConnection();
            } finally {
                firstEnded.countDown();
            }
        };
    }

    @Test
    void anAttemptThatHangsIsNotWaitedForAndItsConnectionIsClosedShouldItCome() throws Exception {
        old.freeze();
        Connection connection = new HedgedProbe("orders", endpointThatMoves()).connect();
        assertThat(next.openConnections()).isEqualTo(1);
        assertThat(connection.isClosed()).isFalse();

        old.thaw();
        firstEnded.await();
        while (old.openConnections() > 0) {
            Thread.onSpinWait();
        }
        assertThat(attempts).hasValue(2);
    }

    @Test
    void aServerThatAnswersIsAskedOnce() throws Exception {
        try (Connection connection = new HedgedProbe("orders", endpointThatMoves()).connect()) {
            assertThat(connection.isClosed()).isFalse();
        }
        assertThat(attempts).hasValue(1);
    }

    @Test
    void anErrorIsTheCallersAsItWas() {
        SQLException refused = new SQLException("refused", "08001");
        old.refuse(refused);
        assertThatThrownBy(() -> new HedgedProbe("orders", endpointThatMoves()).connect())
                .isSameAs(refused);
    }
}
