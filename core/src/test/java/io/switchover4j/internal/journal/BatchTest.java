package io.switchover4j.internal.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.spi.JournalException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class BatchTest {

    private static final int MIB = 1 << 20;

    @Test
    void isFullAtAMebibyteHoweverFewTheRecords() {
        Batch batch = new Batch();
        batch.add(Records.requested("orders", "one"), new byte[MIB / 2]);
        batch.add(Records.requested("orders", "two"), new byte[MIB / 2 - 1]);
        assertThat(batch.isFull()).isFalse();

        batch.add(Records.requested("orders", "three"), new byte[1]);
        assertThat(batch.isFull()).isTrue();
    }

    @Test
    void isFullWithAsManyRecordsAsAFrameNumbers() {
        Batch batch = new Batch();
        for (int i = 1; i < Frame.MAX_RECORDS; i++) {
            batch.add(Records.requested("orders", "one"), new byte[1]);
        }
        assertThat(batch.isFull()).isFalse();

        batch.add(Records.requested("orders", "one"), new byte[1]);
        assertThat(batch.isFull()).isTrue();
    }

    @Test
    void whoWaitsForItIsToldOfItsInterruptAfterwards() throws Exception {
        Batch batch = new Batch();
        AtomicBoolean interrupted = new AtomicBoolean();
        CountDownLatch waiting = new CountDownLatch(1);
        Thread waiter = new Thread(() -> {
            Thread.currentThread().interrupt();
            waiting.countDown();
            batch.awaitSettled();
            interrupted.set(Thread.currentThread().isInterrupted());
        });
        waiter.start();
        waiting.await();
        batch.settle();
        waiter.join();

        assertThat(interrupted).isTrue();
    }

    @Test
    void whatIsNotSaidToBeKeptIsNot() {
        Batch.Entry entry = new Batch().add(Records.fencing("orders", "one"), new byte[1]);
        assertThatThrownBy(entry::requireKept)
                .isInstanceOf(JournalException.class)
                .hasMessage("The record INTENT may not be kept");

        entry.fail("the disk is full", new IllegalStateException("why"));
        assertThatThrownBy(entry::requireKept)
                .isInstanceOf(JournalException.class)
                .hasMessage("the disk is full")
                .hasRootCauseMessage("why");

        entry.keep();
        entry.requireKept();
    }
}
