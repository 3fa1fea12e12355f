package io.switchover4j.jdbc.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What can be read from a JDBC URL of the common form {@code jdbc:product://host:port,host:port/database?options}. */
final class JdbcUrl {

    private static final Pattern AUTHORITY = Pattern.compile("^jdbc:[^/]*//([^/?;]*)");
    private static final Pattern PRIMARY_ONLY = Pattern.compile("(?i)([?&]targetServerType=)(primary|master)\\b");
    private static final String CONNECT_SECONDS = "5";
    private static final String SOCKET_SECONDS = "10";
    private static final String CONNECT_MILLIS = "5000";
    private static final String SOCKET_MILLIS = "10000";

    private final String url;

    JdbcUrl(String url) {
        this.url = url;
    }

    /** Host names and addresses without ports. */
    List<String> hosts() {
        List<String> hosts = new ArrayList<>();
        Matcher matcher = AUTHORITY.matcher(url);
        if (!matcher.find()) {
            return hosts;
        }
        String authority = matcher.group(1);
        for (String host : authority.substring(authority.lastIndexOf('@') + 1).split(",", -1)) {
            int end = host.startsWith("[") ? host.indexOf(']') + 1 : host.indexOf(':');
            String name = end > 0 ? host.substring(0, end) : host;
            if (!name.isBlank()) {
                hosts.add(name);
            }
        }
        return hosts;
    }

    /** What an option is set to; null if it is not. */
    @Nullable
    String option(String key) {
        Matcher matcher =
                Pattern.compile("[?&;]" + Pattern.quote(key) + "=([^&;]*)").matcher(url);
        return matcher.find() ? matcher.group(1) : null;
    }

    /** Whether the driver is told to refuse standbys. */
    boolean isPrimaryOnly() {
        return PRIMARY_ONLY.matcher(url).find();
    }

    /** The same, except that standbys are not refused. */
    String forAnyRole() {
        return PRIMARY_ONLY.matcher(url).replaceAll("$1any");
    }

    /** Time-outs for a watch's connection, in the driver's own terms, where {@code properties} and the URL name none. */
    Properties withTimeouts(Properties properties) {
        Properties bounded = new Properties();
        bounded.putAll(properties);
        String product = url.toLowerCase(Locale.ROOT);
        if (product.startsWith("jdbc:postgresql:")) {
            add(bounded, "connectTimeout", CONNECT_SECONDS);
            add(bounded, "loginTimeout", CONNECT_SECONDS);
            add(bounded, "socketTimeout", SOCKET_SECONDS);
            add(bounded, "ApplicationName", "switchover4j-watch");
        } else if (product.startsWith("jdbc:mysql:") || product.startsWith("jdbc:mariadb:")) {
            add(bounded, "connectTimeout", CONNECT_MILLIS);
            add(bounded, "socketTimeout", SOCKET_MILLIS);
        } else if (product.startsWith("jdbc:sqlserver:")) {
            add(bounded, "loginTimeout", CONNECT_SECONDS);
            add(bounded, "socketTimeout", SOCKET_MILLIS);
        }
        return bounded;
    }

    private void add(Properties properties, String key, String value) {
        if (!url.contains(key + '=')) {
            properties.putIfAbsent(key, value);
        }
    }
}
