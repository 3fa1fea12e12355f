package io.switchover4j.testkit;

import java.util.Map;

/** The environment of the server programs. */
final class ServerEnvironment {

    static final Map<String, String> VARIABLES = Map.of("LC_ALL", "C");

    private ServerEnvironment() {}

    static void of(ProcessBuilder program) {
        // A PGOPTIONS or PGSSLMODE of the developer would reach the server's own connections.
        program.environment().keySet().removeIf(name -> name.startsWith("PG"));
        program.environment().putAll(VARIABLES);
    }
}
