package io.switchover4j.internal.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoriesTest {

    @TempDir
    Path folder;

    @Test
    void eachNameThatIsMadeIsOnTheMediumBeforeItIsUsed() throws Exception {
        RecordingDisk disk = new RecordingDisk();
        Path made = Directories.prepare(folder.resolve("one/two/three"), disk);

        assertThat(made).isDirectory().isEqualTo(folder.toRealPath().resolve("one/two/three"));
        assertThat(disk.done).containsExactly("force directory", "force directory", "force directory");
    }

    @Test
    void whatIsThereIsTakenAsItIsByItsRealPath() throws Exception {
        RecordingDisk disk = new RecordingDisk();
        Path real = Files.createDirectory(folder.resolve("real"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), real);

        assertThat(Directories.prepare(link, disk)).isEqualTo(real.toRealPath());
        assertThat(disk.done).isEmpty();
    }

    @Test
    void everyTroubleHasWords() {
        assertThat(Directories.words(new AccessDeniedException("/journal")))
                .isEqualTo("access to '/journal' is denied");
        assertThat(Directories.words(new FileSystemException("/journal")))
                .isEqualTo("java.nio.file.FileSystemException: /journal");
        assertThat(Directories.words(new FileSystemException("/journal", null, "No space left")))
                .isEqualTo("/journal: No space left");
        assertThat(Directories.words(new IOException("Input/output error"))).isEqualTo("Input/output error");
        assertThat(Directories.words(new IOException(" "))).isEqualTo("java.io.IOException:  ");
        assertThat(Directories.words(new IOException())).isEqualTo("java.io.IOException");
    }
}
