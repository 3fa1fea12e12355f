package io.switchover4j.postgresql;

import io.switchover4j.Endpoint;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** A coordinator in a process of its own: waits for a line, switches, prints the outcome. */
final class SwitchProcess implements AutoCloseable {

    private static final String SEPARATOR = "\u001f";

    private final Process process;
    private final BufferedReader out;

    private SwitchProcess(Process process) {
        this.process = process;
        this.out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Returns once it is ready to switch to {@code target}. */
    static SwitchProcess start(PostgresPair pair, String target, String who) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                classPath(),
                SwitchProcess.class.getName(),
                target,
                who,
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
        SwitchProcess started = new SwitchProcess(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
        String line = started.out.readLine();
        if (!"ready".equals(line)) {
            started.close();
            throw new IOException("The coordinator's process said '%s' instead of 'ready'".formatted(line));
        }
        return started;
    }

    /** Lets it switch. */
    void go() throws IOException {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
    }

    /** What came of it: outcome and message. */
    String outcome() throws IOException {
        return String.valueOf(out.readLine());
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    static String classPath() {
        Set<String> entries = new LinkedHashSet<>();
        entries.add(Path.of("target", "test-classes").toAbsolutePath().toString());
        for (String property : List.of("jdk.module.path", "surefire.test.class.path", "java.class.path")) {
            entries.addAll(List.of(System.getProperty(property, "").split(File.pathSeparator)));
        }
        return entries.stream().filter(entry -> !entry.isEmpty()).collect(Collectors.joining(File.pathSeparator));
    }

    public static void main(String[] args) throws Exception {
        PostgresBackend.Builder builder = PostgresBackend.builder().credentials(args[2], args[3]);
        builder.instance(Backends.INSTANCE, instance -> {
            for (int i = 4; i < args.length; i += 2) {
                String[] node = args[i].split(SEPARATOR);
                List<String> start = List.of(args[i + 1].split(SEPARATOR));
                instance.node(
                        node[0],
                        b -> b.endpoint(new Endpoint("127.0.0.1", Integer.parseInt(node[1])))
                                .control(new LocalProcessControl(
                                        node[0], Path.of(node[2]), start, Map.of("LC_ALL", "C"), Path.of(node[3]))));
            }
        });
        try (PostgresBackend backend = builder.build();
                SwitchoverCoordinator coordinator =
                        SwitchoverCoordinator.builder().backend(backend).build()) {
            coordinator.instance(Backends.INSTANCE);
            System.out.println("ready");
            System.in.read();
            SwitchoverReport report = coordinator
                    .start(SwitchoverRequest.of(Backends.INSTANCE)
                            .target(args[0])
                            .requestedBy(args[1], "a test")
                            .build())
                    .await(Duration.ofSeconds(60));
            System.out.println(report.outcome() + " " + report.message().replace('\n', ' '));
        }
    }
}
