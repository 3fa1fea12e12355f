package io.switchover4j.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The configuration files of a server: what the pair shares, what a node has for itself, and whom a standby follows. */
final class ServerConfiguration {

    private static final String OWN = "node.conf";

    private ServerConfiguration() {}

    /** Travels with the data when a standby is seeded. */
    static void writeShared(Path dataDirectory, Map<String, String> settings) throws IOException {
        String lines = settings.entrySet().stream()
                .map(setting -> line(setting.getKey(), setting.getValue()))
                .collect(Collectors.joining());
        Files.writeString(
                dataDirectory.resolve("postgresql.conf"),
                "\n" + lines + line("include", OWN),
                StandardOpenOption.APPEND);
    }

    static void writeOwn(Path dataDirectory, String nodeId, int port) throws IOException {
        Files.writeString(
                dataDirectory.resolve(OWN), line("port", Integer.toString(port)) + line("cluster_name", nodeId));
    }

    /** As pg_basebackup -R does it. */
    static void follow(Path dataDirectory, PostgresNode primary, Credentials replication, String nodeId)
            throws IOException {
        Path file = dataDirectory.resolve("postgresql.auto.conf");
        List<String> lines = new ArrayList<>(Files.readAllLines(file));
        lines.removeIf(line -> line.startsWith("primary_conninfo") || line.startsWith("primary_slot_name"));
        String conninfo = "host=%s port=%d user=%s password=%s application_name=%s"
                .formatted(primary.host(), primary.port(), replication.user(), replication.password(), nodeId);
        lines.add(line("primary_conninfo", conninfo).strip());
        Files.write(file, lines);
        Files.writeString(dataDirectory.resolve("standby.signal"), "");
    }

    private static String line(String name, String value) {
        return name + " = '" + value.replace("'", "''") + "'\n";
    }
}
