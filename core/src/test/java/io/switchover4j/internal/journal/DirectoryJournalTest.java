package io.switchover4j.internal.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.Phase;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.JournalRecord.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DirectoryJournalTest {

    @TempDir
    Path directory;

    @Test
    void everythingIsThereAfterItWasOpenedAgain() {
        List<JournalRecord> ended = Records.switchover("orders", "op1", Records.NOON);
        JournalRecord waiting = Records.requested("orders", "op2");
        JournalRecord fencing = Records.fencing("orders", "op2");
        JournalRecord setting = Records.setting("billing", "mode", 7);
        try (DirectoryJournal journal = Journals.open(directory)) {
            ended.forEach(journal::append);
            List.of(waiting, setting, fencing).forEach(journal::append);
        }

        try (DirectoryJournal journal = Journals.open(directory)) {
            assertThat(journal.read("orders"))
                    .startsWith(ended.toArray(JournalRecord[]::new))
                    .endsWith(waiting, fencing);
            assertThat(journal.read("billing")).containsExactly(setting);
            assertThat(journal.unfinished()).containsExactly(List.of(waiting, fencing));
        }
    }

    @Test
    void theNumbersOfAnEarlierProcessAreRemembered() {
        try (DirectoryJournal journal = Journals.open(directory)) {
            journal.append(Records.requested("orders", "op1"));
        }

        try (DirectoryJournal journal = Journals.open(directory)) {
            assertThatThrownBy(() -> journal.append(Records.requested("orders", "op1")))
                    .isInstanceOf(JournalException.class)
                    .hasMessageContaining("it has the number 0, and the switchover has the record 0 already")
                    .hasMessageContaining("Somebody else works on it");
            journal.append(Records.fencing("orders", "op1"));
            assertThat(journal.read("orders")).hasSize(2);
        }
    }

    @Test
    void appendsThatMeetAreForcedTogether() throws Exception {
        int writers = 8;
        int each = 100;
        AtomicInteger forces = new AtomicInteger();
        Disk disk = new SlowDisk(forces);
        try (DirectoryJournal journal =
                DirectoryJournal.open(Journals.settings(directory, 16 << 20, Records.NOON), disk)) {
            int before = forces.get();
            CountDownLatch start = new CountDownLatch(1);
            List<Thread> threads = new ArrayList<>();
            List<Throwable> failures = new ArrayList<>();
            for (int writer = 0; writer < writers; writer++) {
                String operation = "op" + writer;
                Thread thread = new Thread(() -> {
                    try {
                        start.await();
                        for (int i = 0; i < each; i++) {
                            journal.append(Records.of("orders", operation, i, Kind.PHASE, Phase.CHECKING));
                        }
                    } catch (InterruptedException | RuntimeException e) {
                        synchronized (failures) {
                            failures.add(e);
                        }
                    }
                });
                thread.start();
                threads.add(thread);
            }
            start.countDown();
            for (Thread thread : threads) {
                thread.join();
            }

            assertThat(failures).isEmpty();
            assertThat(forces.get() - before).isBetween(each, writers * each / 2);
        }
        try (DirectoryJournal journal = Journals.open(directory)) {
            assertThat(journal.read("orders")).hasSize(writers * each);
            for (int writer = 0; writer < writers; writer++) {
                String operation = "op" + writer;
                assertThat(journal.read("orders").stream()
                                .filter(record -> record.operationId().equals(operation))
                                .map(JournalRecord::sequence))
                        .hasSize(each)
                        .isSorted();
            }
        }
    }

    @Test
    void readsGoOnWhileTheFileIsReplaced() throws Exception {
        try (DirectoryJournal journal =
                DirectoryJournal.open(Journals.settings(directory, 4096, Records.NOON), FaultyDisk.healthy())) {
            JournalRecord waiting = Records.requested("billing", "waiting");
            journal.append(waiting);
            AtomicInteger reads = new AtomicInteger();
            List<Throwable> failures = new ArrayList<>();
            Thread reader = new Thread(() -> {
                try {
                    while (!Thread.currentThread().isInterrupted()) {
                        assertThat(journal.unfinished()).contains(List.of(waiting));
                        assertThat(journal.read("billing")).containsExactly(waiting);
                        reads.incrementAndGet();
                    }
                } catch (RuntimeException | AssertionError e) {
                    failures.add(e);
                }
            });
            reader.start();
            for (int i = 0; i < 300 || reads.get() < 20 && reader.isAlive(); i++) {
                Records.switchover("orders", "op" + i, Records.NOON.minusSeconds(1))
                        .forEach(journal::append);
            }
            reader.interrupt();
            reader.join();

            assertThat(failures).isEmpty();
            assertThat(Files.size(Journals.file(directory))).isLessThan(20_000);
        }
    }

    @Test
    void tenThousandWaitingSwitchesAreReadAgain() {
        try (DirectoryJournal journal = Journals.open(directory)) {
            for (int i = 0; i < 10_000; i++) {
                journal.append(Records.requested("instance-" + i, "op" + i));
            }
        }
        Journals.open(directory).close();

        long start = System.nanoTime();
        try (DirectoryJournal journal = Journals.open(directory)) {
            assertThat(journal.unfinished()).hasSize(10_000);
        }
        System.out.println("10,000 waiting switchovers read in "
                + Duration.ofNanos(System.nanoTime() - start).toMillis() + " ms");
    }

    @Test
    void aRecordThatIsTooLargeIsRefusedAndNothingElse() {
        JournalRecord large = new JournalRecord(
                "orders",
                "op1",
                0,
                Records.NOON,
                Kind.REQUESTED,
                Phase.SCHEDULED,
                "",
                Map.of("reason", "x".repeat(1 << 20)));
        try (DirectoryJournal journal = Journals.open(directory)) {
            assertThatThrownBy(() -> journal.append(large))
                    .isInstanceOf(JournalException.class)
                    .hasMessageContaining("does not keep the record REQUESTED of switchover op1 of 'orders'")
                    .hasMessageContaining("the journal takes 1048576 at most");
            journal.append(Records.requested("orders", "op1"));
            assertThat(journal.unfinished()).hasSize(1);
        }
    }

    @Test
    void aClosedJournalSaysSo() {
        DirectoryJournal journal = Journals.open(directory);
        journal.close();
        journal.close();

        assertThatThrownBy(() -> journal.append(Records.requested("orders", "op1")))
                .isInstanceOf(JournalException.class)
                .hasMessageEndingWith("does not keep the record REQUESTED of switchover op1 of 'orders': it is closed");
        assertThatThrownBy(() -> journal.read("orders"))
                .isInstanceOf(JournalException.class)
                .hasMessageEndingWith("is closed; open it again to read it");
        assertThatThrownBy(journal::unfinished).isInstanceOf(JournalException.class);
        assertThat(journal.isDurable()).isTrue();
        assertThat(journal).hasToString("journal in '%s'".formatted(journal.directory()));
    }

    @Test
    void aMissingDirectoryIsMadeWithAllAboveIt() {
        Path deep = directory.resolve("a/b/c");

        try (DirectoryJournal journal = Journals.open(deep)) {
            journal.append(Records.requested("orders", "op1"));
        }

        assertThat(Journals.file(deep)).isNotEmptyFile();
    }

    @Test
    void aFileInTheWayIsNamed() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));

        assertThatThrownBy(() -> Journals.open(file))
                .isInstanceOf(JournalException.class)
                .hasMessage(
                        "The journal directory '%s' cannot be used: '%s' is not a directory. Nothing was changed."
                                + " Name a directory, or a path where one can be made",
                        file, file);
        assertThatThrownBy(() -> Journals.open(file.resolve("below")))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining("'%s' is not a directory", file);
    }

    @Test
    void anInterruptStopsNeitherOpeningNorAppendingAndStays() {
        Thread.currentThread().interrupt();
        try (DirectoryJournal journal =
                DirectoryJournal.open(Journals.settings(directory, 2000, Records.NOON), new RealDisk())) {
            for (int i = 0; i < 10; i++) {
                Records.switchover("orders", "op" + i, Records.NOON.minusSeconds(1))
                        .forEach(journal::append);
            }
            assertThat(journal.read("orders")).hasSizeBetween(4, 20);
        }
        assertThat(Thread.interrupted()).isTrue();
        try (DirectoryJournal journal = Journals.open(directory)) {
            assertThat(journal.read("orders"))
                    .last()
                    .isEqualTo(Records.ended("orders", "op9", 3, Records.NOON.minusSeconds(1)));
        }
    }

    @Test
    void whatACompactionLeftHalfDoneIsRemoved() throws Exception {
        Journals.open(directory).close();
        Path fresh = directory.resolve(JournalFile.NEW_NAME);
        Files.writeString(fresh, "half");

        Journals.open(directory).close();

        assertThat(fresh).doesNotExist();
    }

    /** Counts its forces, each of which takes a moment, as on a disk. */
    private record SlowDisk(AtomicInteger forces, Disk disk) implements Disk {

        SlowDisk(AtomicInteger forces) {
            this(forces, FaultyDisk.healthy());
        }

        @Override
        public Handle open(Path file) throws IOException {
            Handle handle = disk.open(file);
            return new Handle() {
                @Override
                public long length() throws IOException {
                    return handle.length();
                }

                @Override
                public int read(long position, byte[] target, int length) throws IOException {
                    return handle.read(position, target, length);
                }

                @Override
                public void write(long position, byte[] bytes) throws IOException {
                    handle.write(position, bytes);
                }

                @Override
                public void force() throws IOException {
                    forces.incrementAndGet();
                    LockSupport.parkNanos(300_000);
                    handle.force();
                }

                @Override
                public void truncate(long length) throws IOException {
                    handle.truncate(length);
                }

                @Override
                public void close() throws IOException {
                    handle.close();
                }
            };
        }

        @Override
        public Handle openForReading(Path file) throws IOException {
            return disk.openForReading(file);
        }

        @Override
        public boolean exists(Path file) {
            return disk.exists(file);
        }

        @Override
        public Object identity(Path file) throws IOException {
            return disk.identity(file);
        }

        @Override
        public void deleteIfExists(Path file) throws IOException {
            disk.deleteIfExists(file);
        }

        @Override
        public void replace(Path from, Path to) throws IOException {
            disk.replace(from, to);
        }

        @Override
        public void forceDirectory(Path directory) throws IOException {
            disk.forceDirectory(directory);
        }
    }
}
