package io.switchover4j.examples.operator;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes commands of other processes on this machine, through a socket in the folder of the journal that only its owner may use.
 * Thread-safe.
 */
final class CommandSocket implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(CommandSocket.class);

    private final Commands commands;
    private final ServerSocketChannel server;
    private final Path path;

    private CommandSocket(Commands commands, ServerSocketChannel server, Path path) {
        this.commands = commands;
        this.server = server;
        this.path = path;
    }

    static Path path(Path journal) {
        return journal.resolve("commands.socket");
    }

    /**
     * Only for who holds the lock of the journal: what is left of a process that died is removed.
     *
     * @throws UsageException if there cannot be a socket
     */
    static CommandSocket listen(Path journal, Commands commands) {
        Path path = path(journal);
        try {
            Files.deleteIfExists(path);
            ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(path));
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
            CommandSocket socket = new CommandSocket(commands, server, path);
            thread("commands", socket::accept).start();
            return socket;
        } catch (IOException e) {
            throw new UsageException("No commands can be taken at %s, choose a shorter or another journal folder: %s"
                    .formatted(path, e.getMessage()));
        }
    }

    private static Thread thread(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                SocketChannel client = server.accept();
                thread("command", () -> serve(client)).start();
            } catch (IOException e) {
                if (server.isOpen()) {
                    log.warn("A command could not be taken", e);
                }
            }
        }
    }

    /** Who goes away while his command runs does not end it. */
    private void serve(SocketChannel client) {
        try (client) {
            DataInputStream in = new DataInputStream(Channels.newInputStream(client));
            DataOutputStream out = new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(client)));
            List<String> words = Frames.readWords(in);
            String user = words.get(0);
            log.info("{}: {}", user, words.subList(1, words.size()));
            ExitCode code = commands.run(words.subList(1, words.size()), user, new Sent(out));
            out.writeByte(Frames.END);
            out.writeInt(code.code());
            out.flush();
        } catch (IOException | RuntimeException e) {
            log.info("The answer to a command was not sent to its end: {}", e.toString());
        }
    }

    private static final class Sent implements Output {

        private final DataOutputStream to;
        private boolean gone;

        Sent(DataOutputStream to) {
            this.to = to;
        }

        @Override
        public void out(String text) {
            send(Frames.OUT, text);
        }

        @Override
        public void err(String text) {
            send(Frames.ERR, text);
        }

        private void send(byte kind, String text) {
            try {
                if (!gone) {
                    to.writeByte(kind);
                    Frames.writeText(to, text);
                    to.flush();
                }
            } catch (IOException e) {
                gone = true;
            }
        }
    }

    /**
     * Sends a command to the process that listens, and prints its answer.
     *
     * @return its exit code; {@link ExitCode#NO_COORDINATOR} if nobody listens
     */
    static ExitCode send(Path journal, List<String> words, String user, Output output) {
        Path path = path(journal);
        boolean sent = false;
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            DataOutputStream out = new DataOutputStream(Channels.newOutputStream(channel));
            DataInputStream in = new DataInputStream(Channels.newInputStream(channel));
            List<String> all = new ArrayList<>(List.of(user));
            all.addAll(words);
            sent = true;
            Frames.writeWords(out, all);
            while (true) {
                byte kind = in.readByte();
                if (kind == Frames.END) {
                    return ExitCode.of(in.readInt());
                }
                String text = Frames.readText(in);
                if (kind == Frames.OUT) {
                    output.out(text);
                } else {
                    output.err(text);
                }
            }
        } catch (IOException e) {
            output.err(
                    sent
                            ? "The coordinator ended before its answer: the command may have been carried out. Start it with: run CONFIG; then look at history.\n"
                            : "No coordinator answers at %s (%s). Start it with: run CONFIG\n"
                                    .formatted(path, e.getMessage()));
            return sent ? ExitCode.FAILED : ExitCode.NO_COORDINATOR;
        }
    }

    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(path);
        } catch (IOException e) {
            log.debug("The socket {} could not be removed", path, e);
        }
    }
}
