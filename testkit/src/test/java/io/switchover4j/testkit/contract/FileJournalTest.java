package io.switchover4j.testkit.contract;

import io.switchover4j.FileJournal;
import io.switchover4j.spi.SwitchoverJournal;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class FileJournalTest extends SwitchoverJournalContract {

    @TempDir
    Path directory;

    @Override
    protected SwitchoverJournal createJournal() {
        return FileJournal.in(directory);
    }
}
