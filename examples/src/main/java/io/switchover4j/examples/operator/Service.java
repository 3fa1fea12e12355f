package io.switchover4j.examples.operator;

import io.switchover4j.FileJournal;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.TimeSource;
import io.switchover4j.postgresql.PostgresBackend;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/** The process that holds the journal: its coordinator carries out what waits, and takes commands. */
final class Service implements AutoCloseable {

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Commands commands;

    /**
     * @throws UsageException if the configuration is wrong
     * @throws io.switchover4j.spi.JournalException if the journal cannot be opened, for example because another process has it
     */
    Service(Configuration configuration) {
        boolean complete = false;
        try {
            Path folder = configuration.journal();
            PostgresBackend backend = opened(configuration.backend());
            FileJournal journal = opened(FileJournal.in(folder));
            Followers followers = new Followers();
            SwitchoverCoordinator coordinator = opened(SwitchoverCoordinator.builder()
                    .backend(backend)
                    .journal(journal)
                    .listener(followers)
                    .build());
            commands = new Commands(coordinator, followers, TimeSource.system());
            opened(CommandSocket.listen(folder, commands));
            complete = true;
        } finally {
            if (!complete) {
                close();
            }
        }
    }

    Commands commands() {
        return commands;
    }

    private <T extends AutoCloseable> T opened(T resource) {
        open.push(resource);
        return resource;
    }

    /** What runs is brought to its end; what waits, waits on in the journal. */
    @Override
    public synchronized void close() {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException("The service could not be closed: " + e.getMessage(), e);
            }
        }
    }
}
