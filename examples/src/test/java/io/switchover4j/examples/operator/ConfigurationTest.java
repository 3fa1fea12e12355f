package io.switchover4j.examples.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationTest {

    private static final String COMPLETE = """
            journal = journal
            user = postgres
            passwordFile = password
            instances = orders
            orders.region = eu-central-1
            orders.nodes = a, b
            orders.a.zone = rack-1
            orders.a.endpoint = 127.0.0.1:5001
            orders.a.data = data-a
            orders.a.start = setsid "/opt/my postgres/bin/postgres" -D 'data a'
            orders.a.environment.LC_ALL = C
            orders.a.log = a.log
            orders.b.endpoint = [::1]:5002
            orders.b.data = data-b
            orders.b.start = postgres -D data-b
            orders.b.log = b.log
            """;

    @TempDir
    Path folder;

    private Configuration configuration(String text) throws IOException {
        Files.writeString(folder.resolve("password"), "s3cret\n");
        return Configuration.of(Files.writeString(folder.resolve("operator.properties"), text));
    }

    @Test
    void aCompleteOneMakesABackend() throws IOException {
        Configuration configuration = configuration(COMPLETE);

        configuration.backend().close();

        assertThat(configuration.journal()).isEqualTo(folder.resolve("journal"));
    }

    /** Each takes one line out, or changes one. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "journal              |                 | journal is missing",
                "user                 |                 | user is missing",
                "passwordFile         |                 | passwordFile is missing",
                "passwordFile         | nowhere         | the passwordFile cannot be read",
                "instances            |                 | instances is missing",
                "orders.nodes         |                 | orders.nodes is missing",
                "orders.nodes         | a b c           | orders.c.endpoint is missing",
                "orders.a.endpoint    | 127.0.0.1       | orders.a.endpoint is '127.0.0.1'; it must be host:port",
                "orders.a.endpoint    | here:there      | orders.a.endpoint is 'here:there'; it must be host:port",
                "orders.a.endpoint    | here:70000      | orders.a.endpoint is 'here:70000'",
                "orders.a.start       | postgres '      | The quote ' is not closed",
                "orders.a.data        |                 | orders.a.data is missing",
                "orders.a.datta       | x               | nothing is known of orders.a.datta",
            })
    void whatIsWrongIsNamed(String name, String value, String message) throws IOException {
        List<String> lines = new ArrayList<>(
                COMPLETE.lines().filter(line -> !line.startsWith(name + " ")).toList());
        if (value != null) {
            lines.add(name + " = " + value);
        }
        Configuration configuration = configuration(String.join("\n", lines));

        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(configuration::backend)
                .withMessageContaining(message);
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> Configuration.of(folder.resolve("nowhere")))
                .withMessageContaining("nowhere");
    }

    @Test
    void wordsAreSplitAsAShellDoes() {
        assertThat(Words.split("  a 'b c'd \"e 'f'\" '' ")).containsExactly("a", "b cd", "e 'f'", "");
        assertThat(Words.split(" ")).isEmpty();
    }
}
