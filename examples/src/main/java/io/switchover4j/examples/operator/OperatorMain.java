package io.switchover4j.examples.operator;

import io.switchover4j.spi.JournalException;
import io.switchover4j.testkit.PostgresPair;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** The command line. */
public final class OperatorMain {

    private OperatorMain() {}

    public static void main(String[] args) throws Exception {
        System.exit(run(List.of(args), Output.to(System.out, System.err)).code());
    }

    static ExitCode run(List<String> words, Output output) throws IOException, InterruptedException {
        try {
            if (words.isEmpty() || List.of("help", "--help", "-h").contains(words.get(0))) {
                output.out(Help.TEXT);
                return ExitCode.DONE;
            }
            if (words.equals(List.of("demo"))) {
                return demo(output);
            }
            if (words.size() == 2 && words.get(0).equals("run")) {
                return serve(Path.of(words.get(1)), output);
            }
            if (words.size() == 1 || words.get(0).equals("run")) {
                throw new UsageException("'%s' is no complete command".formatted(String.join(" ", words)));
            }
            Path journal = Configuration.of(Path.of(words.get(0))).journal();
            return CommandSocket.send(journal, words.subList(1, words.size()), user(), output);
        } catch (UsageException e) {
            output.err(e.getMessage() + "\n\n" + Help.TEXT);
            return ExitCode.USAGE;
        } catch (JournalException e) {
            output.err(e.getMessage() + "\n");
            return ExitCode.FAILED;
        }
    }

    private static String user() {
        return System.getProperty("user.name", "unknown");
    }

    /** Until the process is told to end. */
    private static ExitCode serve(Path file, Output output) throws InterruptedException {
        Service service = new Service(Configuration.of(file));
        Runtime.getRuntime().addShutdownHook(new Thread(service::close, "shutdown"));
        output.out("Ready. Commands: operator %s COMMAND ... Ctrl-C ends what runs safely and leaves what waits.\n"
                .formatted(file));
        new CountDownLatch(1).await();
        return ExitCode.DONE;
    }

    private static ExitCode demo(Output output) throws IOException {
        Path folder = Files.createTempDirectory("switchover4j-demo");
        try (PostgresPair pair = PostgresPair.start()) {
            Path file = DemoPair.writeConfiguration(pair, folder);
            try (Service service = new Service(Configuration.of(file))) {
                output.out("""
                        Two PostgreSQL servers run, "%s" is their instance. Its configuration: %s
                        Type commands here, or give them from another terminal. Try, in this order:
                          instances
                          preflight orders
                          switch orders --now --reason "to see it"
                          window orders 22:00Z-02:00Z
                          switch orders --in-window
                          cancel orders
                          history orders
                          exit
                        """.formatted(DemoPair.INSTANCE, file));
                converse(service.commands(), output);
            }
        }
        return ExitCode.DONE;
    }

    private static void converse(Commands commands, Output output) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset()));
        output.out("> ");
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.strip().equals("exit")) {
                return;
            }
            if (!line.isBlank()) {
                converse(commands, line, output);
            }
            output.out("> ");
        }
    }

    private static void converse(Commands commands, String line, Output output) {
        ExitCode code;
        try {
            code = commands.run(Words.split(line), user(), output);
        } catch (UsageException e) {
            output.err(e.getMessage() + "\n");
            code = ExitCode.USAGE;
        }
        if (code != ExitCode.DONE) {
            output.err("(exit code %d: %s)\n".formatted(code.code(), code));
        }
    }
}
