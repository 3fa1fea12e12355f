package io.switchover4j.examples.operator;

import io.switchover4j.Endpoint;
import io.switchover4j.postgresql.LocalProcessControl;
import io.switchover4j.postgresql.PostgresBackend;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;

/**
 * The properties file that names the journal, the instances and their nodes. A relative path in it counts from the folder of the
 * file. What may be in it: {@link Help}.
 */
final class Configuration {

    private final Path file;
    private final Map<String, String> values = new HashMap<>();
    private final Set<String> read = new HashSet<>();

    private Configuration(Path file) {
        this.file = file;
    }

    /**
     * @throws UsageException if the file cannot be read
     */
    static Configuration of(Path file) {
        Configuration configuration = new Configuration(file.toAbsolutePath());
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new UsageException("The configuration %s cannot be read: %s".formatted(file, e));
        }
        properties.forEach((name, value) -> configuration.values.put((String) name, ((String) value).strip()));
        return configuration;
    }

    /** The folder of the journal. */
    Path journal() {
        return path("journal");
    }

    /**
     * A backend of all instances.
     *
     * @throws UsageException if a value is missing, cannot be read or is not known: nothing is made of half a file
     */
    PostgresBackend backend() {
        journal();
        PostgresBackend.Builder backend = PostgresBackend.builder().credentials(required("user"), password());
        optional("database").ifPresent(backend::database);
        try {
            for (String id : list("instances")) {
                backend.instance(id, instance -> {
                    instance.region(optional(id + ".region").orElse("local"));
                    for (String node : list(id + ".nodes")) {
                        String prefix = id + '.' + node + '.';
                        instance.node(node, settings -> {
                            optional(prefix + "zone").ifPresent(settings::zone);
                            settings.endpoint(endpoint(prefix + "endpoint")).control(control(node, prefix));
                        });
                    }
                });
            }
            requireNothingElse();
            return backend.build();
        } catch (IllegalArgumentException e) {
            throw new UsageException("%s: %s".formatted(file, e.getMessage()));
        }
    }

    private LocalProcessControl control(String node, String prefix) {
        LocalProcessControl control = new LocalProcessControl(
                node, path(prefix + "data"), command(prefix + "start"), environment(prefix), path(prefix + "log"));
        return optional(prefix + "rewind").isPresent() ? control.rewindWith(command(prefix + "rewind")) : control;
    }

    private Map<String, String> environment(String prefix) {
        Map<String, String> environment = new HashMap<>();
        String all = prefix + "environment.";
        values.forEach((name, value) -> {
            if (name.startsWith(all)) {
                read.add(name);
                environment.put(name.substring(all.length()), value);
            }
        });
        return environment;
    }

    private String password() {
        Optional<String> given = optional("password");
        if (given.isPresent()) {
            return given.get();
        }
        Path path = path("passwordFile");
        try {
            return Files.readString(path).strip();
        } catch (IOException e) {
            throw new UsageException("%s: the passwordFile cannot be read: %s".formatted(file, e));
        }
    }

    private Endpoint endpoint(String name) {
        String text = required(name);
        int colon = text.lastIndexOf(':');
        try {
            String host = text.substring(0, Math.max(0, colon)).replaceAll("^\\[|]$", "");
            return new Endpoint(host, Integer.parseInt(text.substring(colon + 1)));
        } catch (IllegalArgumentException e) {
            throw new UsageException(
                    "%s: %s is '%s'; it must be host:port such as 10.0.0.1:5432".formatted(file, name, text));
        }
    }

    private Path path(String name) {
        return file.resolveSibling(required(name));
    }

    private List<String> command(String name) {
        return Words.split(required(name));
    }

    private List<String> list(String name) {
        List<String> names = new ArrayList<>(Arrays.asList(required(name).split("[\\s,]+")));
        names.removeIf(String::isEmpty);
        return names;
    }

    private String required(String name) {
        return optional(name)
                .filter(value -> !value.isEmpty())
                .orElseThrow(() -> new UsageException("%s: %s is missing".formatted(file, name)));
    }

    private Optional<String> optional(String name) {
        read.add(name);
        return Optional.ofNullable(values.get(name));
    }

    private void requireNothingElse() {
        List<String> unknown = values.keySet().stream()
                .filter(name -> !read.contains(name))
                .filter(name -> !name.equals("password") && !name.equals("passwordFile"))
                .sorted()
                .toList();
        if (!unknown.isEmpty()) {
            throw new UsageException(
                    "%s: nothing is known of %s; see help".formatted(file, String.join(", ", unknown)));
        }
    }
}
