package io.switchover4j.testkit;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a pair was asked to be. Immutable. */
record PairOptions(Path directory, boolean synchronous, String sessionTimeZone, Map<String, String> settings) {

    PairOptions {
        settings = Map.copyOf(settings);
    }

    Map<String, String> serverSettings() {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("listen_addresses", Loopback.HOST);
        all.put("unix_socket_directories", "");
        all.put("timezone", sessionTimeZone);
        all.put("max_connections", "200");
        all.put("wal_level", "replica");
        all.put("hot_standby", "on");
        all.put("wal_log_hints", "on");
        all.put("max_wal_senders", "10");
        all.put("max_replication_slots", "10");
        // No slot holds the log for a standby that is away.
        all.put("wal_keep_size", "256MB");
        // initdb derives these from the small segments: a checkpoint every 64 MB would distort every figure.
        all.put("min_wal_size", "80MB");
        all.put("max_wal_size", "1GB");
        // The default leaves files in /dev/shm when the server is killed.
        all.put("dynamic_shared_memory_type", "mmap");
        all.put("log_line_prefix", "%m [%p] %q%u@%d ");
        if (synchronous) {
            all.put("synchronous_standby_names", "*");
        }
        all.putAll(settings);
        return all;
    }
}
