package io.switchover4j.internal.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RealDiskTest {

    private final Disk disk = new RealDisk();

    @TempDir
    Path folder;

    @Test
    void writesAndReadsWhereItIsTold() throws Exception {
        Path file = folder.resolve("file");
        try (Disk.Handle handle = disk.open(file)) {
            handle.write(3, new byte[] {4, 5});
            handle.write(0, new byte[] {1, 2, 3});
            assertThat(handle.length()).isEqualTo(5);

            byte[] read = new byte[4];
            assertThat(handle.read(1, read, 4)).isEqualTo(4);
            assertThat(read).containsExactly(2, 3, 4, 5);
            assertThat(handle.read(4, read, 4)).as("fewer at the end").isEqualTo(1);

            handle.truncate(2);
            handle.force();
        }
        assertThat(Files.readAllBytes(file)).containsExactly(1, 2);
    }

    @Test
    void whatIsClosedIsOfNoUse() throws Exception {
        Disk.Handle handle = disk.open(folder.resolve("file"));
        handle.close();

        assertThatThrownBy(handle::length).isInstanceOf(IOException.class);
        assertThatThrownBy(handle::force).as("nothing looks forced").isInstanceOf(IOException.class);
    }

    @Test
    void aDirectoryThatIsGoneIsNotForced() throws Exception {
        disk.forceDirectory(folder);

        assertThatThrownBy(() -> disk.forceDirectory(folder.resolve("gone"))).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void anInterruptComesAfterTheDirectoryIsForced() throws Exception {
        Thread.currentThread().interrupt();
        disk.forceDirectory(folder);

        assertThat(Thread.interrupted()).isTrue();
    }
}
