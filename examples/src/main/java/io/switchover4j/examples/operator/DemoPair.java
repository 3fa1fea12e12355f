package io.switchover4j.examples.operator;

import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.stream.Collectors;

/** Writes the configuration of a pair of the testkit. */
final class DemoPair {

    static final String INSTANCE = "orders";

    private DemoPair() {}

    /** Writes {@code operator.properties} into a folder, with the journal beside it. */
    static Path writeConfiguration(PostgresPair pair, Path folder) throws IOException {
        Properties properties = new Properties();
        properties.setProperty("journal", folder.resolve("journal").toString());
        properties.setProperty("user", pair.superuser().user());
        properties.setProperty("password", pair.superuser().password());
        properties.setProperty("instances", INSTANCE);
        properties.setProperty(INSTANCE + ".region", "local");
        properties.setProperty(
                INSTANCE + ".nodes", pair.nodes().stream().map(PostgresNode::id).collect(Collectors.joining(" ")));
        for (PostgresNode node : pair.nodes()) {
            String prefix = INSTANCE + '.' + node.id() + '.';
            properties.setProperty(prefix + "zone", "rack-" + node.id());
            properties.setProperty(prefix + "endpoint", node.endpoint().toString());
            properties.setProperty(prefix + "data", node.dataDirectory().toString());
            properties.setProperty(
                    prefix + "start",
                    node.startCommand().stream().map(word -> '"' + word + '"').collect(Collectors.joining(" ")));
            properties.setProperty(prefix + "log", node.logFile().toString());
            node.environment().forEach((name, value) -> properties.setProperty(prefix + "environment." + name, value));
        }
        Path file = folder.resolve("operator.properties");
        try (Writer writer = Files.newBufferedWriter(file)) {
            properties.store(writer, "a pair for trying out");
        }
        return file;
    }
}
