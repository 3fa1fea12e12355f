package io.switchover4j.postgresql;

import io.switchover4j.Endpoint;
import io.switchover4j.FileJournal;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.NodeControl;
import io.switchover4j.spi.SwitchoverJournal;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A coordinator in a process of its own that ends at a chosen record of its journal, as by SIGKILL: no hook, no finally, no
 * farewell to a server.
 */
final class DyingCoordinator {

    private static final String SEPARATOR = "\u001f";

    private static final String RECORD = "record ";

    /**
     * Where it dies.
     *
     * @param record the kind and the phase of the record, or {@code #} and its number, counted from 0
     * @param after whether the record is kept before it dies; else only what was done before it remains
     */
    record Death(String record, boolean after) {

        boolean isAt(String name, int number) {
            return record.equals(name) || record.equals("#" + number);
        }

        @Override
        public String toString() {
            return (after ? "after " : "before ") + record;
        }
    }

    private DyingCoordinator() {}

    /**
     * Lets such a process switch the pair, and waits for its end.
     *
     * @param failingAfter the kind and the phase of a record after which the next look at a control file fails; may be empty
     * @return the kinds and the phases of the records that are in its journal
     */
    static List<String> run(PostgresPair pair, Path journal, String target, Death death, String failingAfter)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                SwitchProcess.classPath(),
                DyingCoordinator.class.getName(),
                journal.toString(),
                target,
                death.record(),
                Boolean.toString(death.after()),
                failingAfter,
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
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        List<String> records = new ArrayList<>();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            // A server that it started keeps its own output, so the stream ends with the process.
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.startsWith(RECORD)) {
                    records.add(line.substring(RECORD.length()));
                }
            }
            process.waitFor(60, TimeUnit.SECONDS);
        } finally {
            process.destroyForcibly();
        }
        return records;
    }

    public static void main(String[] args) throws Exception {
        Death death = new Death(args[2], Boolean.parseBoolean(args[3]));
        AtomicBoolean failing = new AtomicBoolean();
        PostgresBackend.Builder builder = PostgresBackend.builder().credentials(args[5], args[6]);
        builder.instance(Backends.INSTANCE, instance -> {
            for (int i = 7; i < args.length; i += 2) {
                String[] node = args[i].split(SEPARATOR);
                List<String> start = List.of(args[i + 1].split(SEPARATOR));
                NodeControl control = new LocalProcessControl(
                        node[0], Path.of(node[2]), start, Map.of("LC_ALL", "C"), Path.of(node[3]));
                instance.node(
                        node[0],
                        b -> b.endpoint(new Endpoint("127.0.0.1", Integer.parseInt(node[1])))
                                .control(new FailingOnce(control, failing)));
            }
        });
        try (SwitchoverJournal file = FileJournal.in(Path.of(args[0]));
                PostgresBackend backend = builder.build();
                SwitchoverCoordinator coordinator = SwitchoverCoordinator.builder()
                        .backend(backend)
                        .journal(new FatalJournal(file, death, args[4], failing))
                        .build()) {
            SwitchoverReport report = coordinator
                    .start(SwitchoverRequest.of(Backends.INSTANCE)
                            .target(args[1])
                            .requestedBy("alice", "a test")
                            .build())
                    .await(Duration.ofSeconds(60));
            System.out.println("ended " + report.outcome());
        }
    }

    /** Its next look at a file fails, once, when it is told to. */
    private static final class FailingOnce extends ControlWrapper {

        private final AtomicBoolean failing;

        FailingOnce(NodeControl control, AtomicBoolean failing) {
            super(control);
            this.failing = failing;
        }

        @Override
        public byte[] read(String name) throws IOException {
            if (failing.compareAndSet(true, false)) {
                throw new IOException("the disk does not answer");
            }
            return super.read(name);
        }
    }

    /** Ends the process at a record. */
    private static final class FatalJournal implements SwitchoverJournal {

        private final SwitchoverJournal journal;
        private final Death death;
        private final String failingAfter;
        private final AtomicBoolean failing;
        private int number;

        FatalJournal(SwitchoverJournal journal, Death death, String failingAfter, AtomicBoolean failing) {
            this.journal = journal;
            this.death = death;
            this.failingAfter = failingAfter;
            this.failing = failing;
        }

        @Override
        public void append(JournalRecord record) {
            String name = record.kind() + " " + record.phase();
            boolean dies = death.isAt(name, number++);
            if (dies && !death.after()) {
                Runtime.getRuntime().halt(137);
            }
            journal.append(record);
            System.out.println(RECORD + name);
            System.out.flush();
            if (dies) {
                Runtime.getRuntime().halt(137);
            }
            if (name.equals(failingAfter)) {
                failing.set(true);
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
