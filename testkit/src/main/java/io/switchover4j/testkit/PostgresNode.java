package io.switchover4j.testkit;

import io.switchover4j.Endpoint;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;

/**
 * One PostgreSQL server of a {@link PostgresPair}: a real process that can be stopped, killed, frozen and re-seeded.
 * Thread-safe. The server may also be stopped and started by others, with {@link #startCommand()}; what this class says
 * about it is read from the server and its files each time.
 *
 * <p>Every wait ends in a {@link PairException} that quotes the end of the server's log: starting and stopping after 60 s,
 * everything else earlier.
 */
public final class PostgresNode {

    static final String DATA = "data";

    private static final Duration LIFECYCLE_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(2);
    private static final String TIMELINE = """
            SELECT CASE WHEN pg_is_in_recovery()
              THEN greatest((SELECT received_tli FROM pg_stat_wal_receiver),
                            (SELECT timeline_id FROM pg_control_checkpoint()),
                            (SELECT min_recovery_end_timeline FROM pg_control_recovery()))
              ELSE ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int END""";

    private final PairContext context;
    private final String id;
    private final Path folder;
    // Of start and stop; a crash must be possible in the middle of either.
    private final ReentrantLock lifecycle = new ReentrantLock();
    private volatile int port;

    PostgresNode(PairContext context, String id) {
        this.context = context;
        this.id = id;
        this.folder = context.folder().path().resolve(id);
    }

    /** The node's name in its pair. */
    public String id() {
        return id;
    }

    public String host() {
        return Loopback.HOST;
    }

    /** The port, the same for the life of the pair. */
    public int port() {
        return port;
    }

    public Endpoint endpoint() {
        return new Endpoint(host(), port);
    }

    public Path dataDirectory() {
        return folder.resolve(DATA);
    }

    /** Where the server writes its log when {@link #start()} started it; appended to over restarts. */
    public Path logFile() {
        return folder.resolve("server.log");
    }

    /** The command that starts this server in the foreground; it needs {@link #environment()}. */
    public List<String> startCommand() {
        return context.runAs()
                .command(List.of(
                        context.binaries().postgres().toString(),
                        "-D",
                        dataDirectory().toString()));
    }

    /** What the server's environment must hold beside what it inherits. */
    public Map<String, String> environment() {
        return ServerEnvironment.VARIABLES;
    }

    /** The JDBC URL of a database on this node, without credentials. */
    public String url(String database) {
        return "jdbc:postgresql://" + host() + ":" + port + "/" + database;
    }

    /** A new superuser connection to the database {@code postgres}. Fails within 10 s if the server does not answer. */
    public Connection connect() throws SQLException {
        return dataSource(context.accounts().superuser(), "postgres").getConnection();
    }

    /** A DataSource without pool of the database {@code app} on this node. */
    public DataSource dataSource(Credentials user) {
        return dataSource(user, PostgresPair.APPLICATION_DATABASE);
    }

    /** A DataSource without pool of {@code database} on this node. */
    public DataSource dataSource(Credentials user, String database) {
        return new NodeDataSource(() -> url(database), user, context.options().sessionTimeZone());
    }

    /** Whether the server's main process exists; a frozen one does. */
    public boolean isRunning() {
        return Processes.postmaster(dataDirectory()).isPresent();
    }

    /**
     * The id of the server's main process.
     *
     * @throws PairException if none runs
     */
    public long pid() {
        return Processes.postmaster(dataDirectory())
                .orElseThrow(() -> new PairException("No server runs as " + this + "." + logTail()));
    }

    /** Whether the main process exists and is stopped by a signal. */
    public boolean isFrozen() {
        OptionalLong pid = Processes.postmaster(dataDirectory());
        return pid.isPresent() && Processes.isFrozen(pid.getAsLong());
    }

    /** Whether the server says that it takes writes. False as well if it does not answer within 2 s. */
    public boolean isWritable() {
        return askBoolean("SELECT NOT pg_is_in_recovery() AND NOT current_setting('transaction_read_only')::bool");
    }

    /** Whether the server says that it is a standby. False as well if it does not answer within 2 s. */
    public boolean isInRecovery() {
        return askBoolean("SELECT pg_is_in_recovery()");
    }

    /**
     * The newest timeline that this server knows of.
     *
     * @throws PairException if it does not answer within 2 s
     */
    public int timeline() {
        try {
            return Integer.parseInt(ask(TIMELINE));
        } catch (SQLException e) {
            throw new PairException("Could not ask " + this + " for its timeline: " + e.getMessage(), e);
        }
    }

    /** Kills the server and all its processes at once, and waits until they are gone. Without effect if none runs. */
    public void crash() {
        Processes.postmaster(dataDirectory()).ifPresent(Processes::kill);
    }

    /** Stops the server and all its processes by SIGSTOP, as a stalled machine would. Connections stay open. */
    public void freeze() {
        Processes.stop(pid());
    }

    /** Ends {@link #freeze()}. Without effect if the server is not frozen. */
    public void thaw() {
        Processes.postmaster(dataDirectory()).ifPresent(Processes::resume);
    }

    /** Stops the server in the fast mode and waits until it is gone. Without effect if none runs; thaws a frozen one. */
    public void stop() {
        lifecycle.lock();
        try {
            OptionalLong running = Processes.postmaster(dataDirectory());
            if (running.isEmpty()) {
                return;
            }
            long pid = running.getAsLong();
            Processes.signal("INT", List.of(pid));
            Processes.resume(pid);
            if (!Await.until(this + " has stopped", LIFECYCLE_TIMEOUT, POLL, () -> !Processes.isAlive(pid))) {
                throw new PairException("%s did not stop within %d s after SIGINT; it still runs as process %d.%s"
                        .formatted(this, LIFECYCLE_TIMEOUT.toSeconds(), pid, logTail()));
            }
        } finally {
            lifecycle.unlock();
        }
    }

    /** Starts the server and waits until it accepts connections. Without effect if it runs. */
    public void start() {
        if (!startUnlessPortIsTaken()) {
            throw new PairException("%s could not start: another process listens there.%s".formatted(this, logTail()));
        }
    }

    /**
     * Makes this node a new standby of {@code primary}: ends its server, removes its data, copies the primary's and starts.
     * Returns once it accepts connections; see {@link PostgresPair#awaitStreaming()}.
     *
     * @throws PairException if the primary does not run or is a standby itself; nothing was changed then
     */
    public void reseedFrom(PostgresNode primary) {
        if (primary == this || !primary.isWritable()) {
            throw new PairException(
                    "%s cannot be re-seeded from %s, which is not a primary that answers; nothing was changed"
                            .formatted(this, primary));
        }
        lifecycle.lock();
        try {
            crash();
            SharedMemory.removeLeftBehindBy(dataDirectory());
            Folders.delete(dataDirectory());
            StandbySeed.copy(primary, dataDirectory());
            follow(primary);
            configure();
            start();
        } catch (IOException | SQLException e) {
            throw new PairException(
                    "Could not re-seed %s from %s: %s. Its data are gone; re-seed it again"
                            .formatted(this, primary, e.getMessage()),
                    e);
        } finally {
            lifecycle.unlock();
        }
    }

    /** Lays the data down with which the pair begins. */
    void initialize(ClusterTemplate template, Map<String, String> settings) throws IOException {
        Files.createDirectories(folder);
        template.copyTo(dataDirectory());
        ServerConfiguration.writeShared(dataDirectory(), settings);
    }

    /** Takes a new port, to be used from the next start on. */
    void assignPort() throws IOException {
        port = context.folder().reservePort();
    }

    void configure() throws IOException {
        ServerConfiguration.writeOwn(dataDirectory(), id, port);
        context.runAs().own(folder);
    }

    /** Makes the copied data those of a standby of {@code primary}. */
    void follow(PostgresNode primary) throws IOException {
        ServerConfiguration.follow(dataDirectory(), primary, context.accounts().replication(), id);
    }

    boolean startUnlessPortIsTaken() {
        lifecycle.lock();
        try {
            long logBefore = Files.exists(logFile()) ? Files.size(logFile()) : 0;
            if (isRunning()) {
                awaitReady();
                return true;
            }
            Processes.awaitCollected(dataDirectory());
            Process server = launch(startCommand());
            if (!Await.until(
                    this + " runs", LIFECYCLE_TIMEOUT, POLL, () -> (isRunning() && isReady()) || !server.isAlive())) {
                throw notReady();
            }
            if (server.isAlive()) {
                return true;
            }
            String log = logFrom(logBefore);
            if (log.contains("Address already in use")) {
                return false;
            }
            throw new PairException("The server of %s ended with exit code %d while it started.%s"
                    .formatted(this, server.exitValue(), logTail()));
        } catch (IOException e) {
            throw new PairException("Could not start %s: %s".formatted(this, e.getMessage()), e);
        } finally {
            lifecycle.unlock();
        }
    }

    private void awaitReady() {
        if (!Await.until(this + " accepts connections", LIFECYCLE_TIMEOUT, POLL, this::isReady)) {
            throw notReady();
        }
    }

    private PairException notReady() {
        return new PairException("%s did not accept connections within %d s; its process is left running.%s"
                .formatted(this, LIFECYCLE_TIMEOUT.toSeconds(), logTail()));
    }

    private boolean isReady() {
        return PostmasterFile.read(dataDirectory())
                .filter(file -> file.status().equals("ready"))
                .isPresent();
    }

    private Process launch(List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()));
        ServerEnvironment.of(builder);
        return builder.start();
    }

    private boolean askBoolean(String sql) {
        try {
            return ask(sql).equals("t");
        } catch (SQLException e) {
            return false;
        }
    }

    private String ask(String sql) throws SQLException {
        if (!isRunning()) {
            throw new SQLException(this + " is not running", "08001");
        }
        Properties properties = new Properties();
        properties.setProperty("user", context.accounts().superuser().user());
        properties.setProperty("password", context.accounts().superuser().password());
        properties.setProperty("connectTimeout", "2");
        properties.setProperty("socketTimeout", "2");
        properties.setProperty("sslmode", "disable");
        properties.setProperty("gssEncMode", "disable");
        try (Connection connection = DriverManager.getConnection(url("postgres"), properties);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    private String logFrom(long position) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(logFile().toFile(), "r")) {
            file.seek(Math.min(position, file.length()));
            byte[] bytes = new byte[(int) Math.min(1 << 16, file.length() - file.getFilePointer())];
            file.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    /** The end of the server's log, for messages. */
    String logTail() {
        try {
            List<String> lines = new ArrayList<>(
                    logFrom(Math.max(0, Files.size(logFile()) - 4_096)).lines().toList());
            List<String> last = lines.subList(Math.max(0, lines.size() - 12), lines.size());
            return last.isEmpty() ? " Its log is empty." : " The end of its log:\n" + String.join("\n", last);
        } catch (IOException e) {
            return " It has no log.";
        }
    }

    @Override
    public String toString() {
        return "node '%s' at %s".formatted(id, endpointText());
    }

    private String endpointText() {
        return port == 0 ? "no port yet" : endpoint().toString();
    }
}
