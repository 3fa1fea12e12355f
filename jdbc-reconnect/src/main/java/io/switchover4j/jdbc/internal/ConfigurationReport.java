package io.switchover4j.jdbc.internal;

import java.security.Security;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** What in the application's settings would make a switch longer than it has to be, in words a person can act on. */
final class ConfigurationReport {

    static final String TTL_PROPERTY = "networkaddress.cache.ttl";

    /** What the JVM does where nothing is set. */
    private static final int DEFAULT_TTL_SECONDS = 30;

    private static final int LONGEST_TTL_SECONDS = 10;
    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|\\[.*]|localhost");

    private ConfigurationReport() {}

    static List<String> ofNode(String name, DataSource source) {
        List<String> warnings = new ArrayList<>();
        String url = NodePools.url(source);
        if (url != null && new JdbcUrl(url).isPrimaryOnly()) {
            warnings.add(
                    ("The URL of '%s' says targetServerType=primary: its pool cannot connect while the node is a standby, so"
                                    + " that no connection is ready when it is promoted. Take it out: the role is asked here.")
                            .formatted(name));
        }
        warnings.addAll(NodePools.warningsAsStandby(name, source));
        return warnings;
    }

    /** A planned stop ends commits over the extended protocol with errors although they were applied; the ledger finds out, late. */
    static List<String> ofLedger(String name, DataSource source) {
        String url = NodePools.url(source);
        if (url == null || !url.startsWith("jdbc:postgresql:") || url.contains("preferQueryMode=")) {
            return List.of();
        }
        return List.of(
                ("The URL of '%s' has no preferQueryMode=extendedForPrepared: with it a commit and its mark are one message, and"
                                + " a planned stop leaves fewer commits for the ledger to settle.")
                        .formatted(name));
    }

    static List<String> ofEndpoint(DataSource source) {
        String url = NodePools.url(source);
        return url == null ? List.of() : ofAddresses(new JdbcUrl(url).hosts(), ttlSeconds());
    }

    static List<String> ofAddresses(List<String> hosts, int ttlSeconds) {
        List<String> warnings = new ArrayList<>();
        for (String host : hosts) {
            boolean outlastsSwitch = ttlSeconds < 0 || ttlSeconds > LONGEST_TTL_SECONDS;
            if (outlastsSwitch && !ADDRESS.matcher(host).matches()) {
                warnings.add(
                        ("This JVM keeps the address of '%s' %s: if the endpoint moves by DNS, connections go to the old node"
                                        + " for so long. Set the security property '%s' to 5 or less before the first"
                                        + " connection.")
                                .formatted(
                                        host, ttlSeconds < 0 ? "for ever" : "for " + ttlSeconds + " s", TTL_PROPERTY));
            }
        }
        return warnings;
    }

    private static int ttlSeconds() {
        return ttlSeconds(Security.getProperty(TTL_PROPERTY), System.getProperty("sun.net.inetaddr.ttl"));
    }

    static int ttlSeconds(@Nullable String securityProperty, @Nullable String systemProperty) {
        for (String value : new @Nullable String[] {securityProperty, systemProperty}) {
            if (value != null) {
                try {
                    return Integer.parseInt(value.strip());
                } catch (NumberFormatException e) {
                    // The JVM ignores it, too.
                }
            }
        }
        return DEFAULT_TTL_SECONDS;
    }
}
