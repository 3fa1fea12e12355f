package io.switchover4j.jdbc.internal;

import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** What in the driver's own time-outs makes a host that freezes cost more than it has to, in words a person can act on. */
final class DriverReport {

    /** Statements that take longer are nothing unusual. */
    private static final int SHORT_SECONDS = 10;

    private DriverReport() {}

    static List<String> of(String name, DataSource source, boolean endpoint) {
        String url = NodePools.url(source);
        return url == null || !url.startsWith("jdbc:postgresql:")
                ? List.of()
                : ofPgjdbc(name, endpoint, setting("loginTimeout", url, source), setting("socketTimeout", url, source));
    }

    private static @Nullable String setting(String key, String url, DataSource source) {
        String inUrl = new JdbcUrl(url).option(key);
        return inUrl == null ? NodePools.driverProperty(source, key) : inUrl;
    }

    static List<String> ofPgjdbc(
            String name, boolean endpoint, @Nullable String loginTimeout, @Nullable String socketTimeout) {
        List<String> warnings = new ArrayList<>();
        if (endpoint && seconds(loginTimeout) == 0) {
            warnings.add(
                    ("The pool of '%s' has no loginTimeout: a connection that it opens to a host that froze hangs, and keeps"
                                    + " it from opening one to the new primary for as long. Set loginTimeout=5 or less in"
                                    + " the URL.")
                            .formatted(name));
        }
        int socket = seconds(socketTimeout);
        if (socket > 0 && socket < SHORT_SECONDS) {
            warnings.add(
                    ("The pool of '%s' has socketTimeout=%d: a statement that takes longer is given up, and whether it was"
                                    + " applied is not known then. What hangs in a frozen host is ended here as soon as there"
                                    + " is a new primary: make it longer than the longest statement, or leave it out.")
                            .formatted(name, socket));
        }
        return warnings;
    }

    private static int seconds(@Nullable String value) {
        if (value == null) {
            return 0;
        }
        try {
            return (int) Double.parseDouble(value.strip());
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
