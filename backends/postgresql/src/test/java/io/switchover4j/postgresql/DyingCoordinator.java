package io.switchover4j.postgresql;

import io.switchover4j.Endpoint;
import io.switchover4j.FileJournal;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.postgresql.Death.Moment;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.NodeControl;
import io.switchover4j.spi.SwitchoverJournal;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A coordinator in a process of its own that ends at a chosen moment, as by SIGKILL: no hook, no finally, no farewell to a
 * server.
 */
final class DyingCoordinator {

    private static final String SEPARATOR = "\u001f";

    private static final String RECORD = "record ";

    private static final int KILLED = 137;

    /**
     * What became of such a process.
     *
     * @param records the kinds and the phases of the records that are in its journal
     * @param died whether it met the moment to die; else it brought everything to an end
     */
    record Life(List<String> records, boolean died) {}

    private DyingCoordinator() {}

    /** Lets such a process promote {@code target}, and waits for its end. */
    static Life run(
            PostgresPair pair, SharedClasses classes, Path journal, PostgresNode target, CrashStory story, Death death)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC"));
        command.addAll(classes.options(death.equals(Death.never())));
        command.addAll(List.of(
                DyingCoordinator.class.getName(),
                journal.toString(),
                target.id(),
                story.name(),
                death.moment().name(),
                death.what(),
                pair.superuser().user(),
                pair.superuser().password()));
        for (PostgresNode node : pair.nodes()) {
            command.add(String.join(
                    SEPARATOR,
                    node.id(),
                    Integer.toString(node.port()),
                    node.dataDirectory().toString(),
                    node.logFile().toString()));
            command.add(String.join(SEPARATOR, node.startCommand()));
        }
        Path log = journal.resolveSibling(journal.getFileName() + ".log");
        Process process =
                new ProcessBuilder(command).redirectError(log.toFile()).start();
        List<String> records = new ArrayList<>();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            // A server that it started keeps its own output, so the stream ends with the process.
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.startsWith(RECORD)) {
                    records.add(line.substring(RECORD.length()));
                }
            }
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                throw new IOException("The coordinator's process did not end");
            }
        } finally {
            process.destroyForcibly();
        }
        if (process.exitValue() != KILLED && process.exitValue() != 0) {
            throw new IOException("The coordinator's process failed: " + Files.readString(log));
        }
        return new Life(records, process.exitValue() == KILLED);
    }

    static void die() {
        Runtime.getRuntime().halt(KILLED);
    }

    public static void main(String[] args) throws Exception {
        String target = args[1];
        CrashStory story = CrashStory.valueOf(args[2]);
        Death death = new Death(Moment.valueOf(args[3]), args[4]);
        Mishap mishap = Mishap.NONE;
        PostgresBackend.Builder builder = PostgresBackend.builder().credentials(args[5], args[6]);
        for (int i = 7; i < args.length; i += 2) {
            String[] node = args[i].split(SEPARATOR);
            if (node[0].equals(target)) {
                mishap = Mishap.of(story, death, Integer.parseInt(node[1]), Path.of(node[2]), args[5], args[6]);
            }
        }
        builder.instance(Backends.INSTANCE, instance -> {
            for (int i = 7; i < args.length; i += 2) {
                String[] node = args[i].split(SEPARATOR);
                List<String> start = List.of(args[i + 1].split(SEPARATOR));
                NodeControl control = new LocalProcessControl(
                        node[0], Path.of(node[2]), start, Map.of("LC_ALL", "C"), Path.of(node[3]));
                instance.node(
                        node[0],
                        b -> b.endpoint(new Endpoint("127.0.0.1", Integer.parseInt(node[1])))
                                .control(new FatalControl(control, death)));
            }
        });
        try (SwitchoverJournal file = FileJournal.in(Path.of(args[0]));
                PostgresBackend backend = builder.build();
                SwitchoverCoordinator coordinator = SwitchoverCoordinator.builder()
                        .backend(backend)
                        .journal(new FatalJournal(file, death, mishap))
                        .build()) {
            SwitchoverReport report = coordinator.start(story.request(target)).await(Duration.ofSeconds(60));
            System.out.println("ended " + report.outcome());
        }
    }

    /** Ends the process after a call that had an effect. */
    private static final class FatalControl extends ControlWrapper {

        private final Death death;

        FatalControl(NodeControl control, Death death) {
            super(control);
            this.death = death;
        }

        private void called(String call) {
            if (death.isAfterCall(call)) {
                die();
            }
        }

        @Override
        public void requestStop(StopMode mode) {
            super.requestStop(mode);
            called("stop");
        }

        @Override
        public void start() {
            super.start();
            called("start");
        }

        @Override
        public void write(String name, byte[] content) throws IOException {
            super.write(name, content);
            called("write " + name);
        }

        @Override
        public void delete(String name) throws IOException {
            super.delete(name);
            called("delete " + name);
        }
    }

    /** Ends the process at a record. */
    private static final class FatalJournal implements SwitchoverJournal {

        private final SwitchoverJournal journal;
        private final Death death;
        private final Mishap mishap;
        private int number;

        FatalJournal(SwitchoverJournal journal, Death death, Mishap mishap) {
            this.journal = journal;
            this.death = death;
            this.mishap = mishap;
        }

        @Override
        public void append(JournalRecord record) {
            String name = record.kind() + " " + record.phase();
            if (death.isBefore(name, number)) {
                die();
            }
            journal.append(record);
            System.out.println(RECORD + name);
            System.out.flush();
            if (death.isAfter(name, number)) {
                die();
            }
            number++;
            try {
                mishap.after(name);
            } catch (SQLException | IOException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public List<JournalRecord> read(String instanceId) {
            return journal.read(instanceId);
        }

        @Override
        public List<List<JournalRecord>> unfinished() {
            return journal.unfinished();
        }

        @Override
        public boolean isDurable() {
            return journal.isDurable();
        }

        @Override
        public void close() {
            journal.close();
        }
    }
}
