package io.switchover4j.postgresql.internal;

import io.switchover4j.spi.Deadline;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What decides on a node whether and how fast it can be switched. Immutable. */
record NodeFacts(
        NodeConfig node,
        NodeAnswer answer,
        long systemIdentifier,
        List<String> missingRights,
        boolean replayPaused,
        int preparedTransactions,
        int slots,
        Map<String, String> logicalSlots,
        List<String> marks,
        String archiver,
        long filesToArchive,
        int baseBackups,
        double longestTransactionSeconds,
        long bytesSinceCheckpoint,
        Map<String, Setting> settings) {

    /** A server setting in its base unit, and where it comes from. */
    record Setting(String value, String source) {}

    private static final String[] SETTINGS = {
        "synchronous_standby_names",
        "wal_retrieve_retry_interval",
        "primary_conninfo",
        "primary_slot_name",
        "wal_log_hints",
        "data_checksums",
        "max_wal_senders",
        "max_replication_slots",
        "max_connections",
        "max_worker_processes",
        "max_prepared_transactions",
        "max_locks_per_transaction",
        "wal_keep_size",
        "wal_segment_size",
        "shared_buffers",
        "hot_standby",
        "wal_level"
    };

    private static final String RIGHTS = """
            SELECT array_to_string(ARRAY[
              CASE WHEN NOT has_function_privilege('pg_promote(boolean, integer)', 'EXECUTE') THEN 'execute pg_promote' END,
              CASE WHEN NOT has_function_privilege('pg_wal_replay_resume()', 'EXECUTE')
                THEN 'execute pg_wal_replay_resume' END,
              CASE WHEN NOT has_function_privilege('pg_wal_replay_pause()', 'EXECUTE')
                THEN 'execute pg_wal_replay_pause' END,
              CASE WHEN NOT has_function_privilege('pg_stat_file(text, boolean)', 'EXECUTE')
                THEN 'execute pg_stat_file(text, boolean)' END,
              CASE WHEN NOT has_function_privilege('pg_reload_conf()', 'EXECUTE') THEN 'execute pg_reload_conf' END,
              CASE WHEN NOT rolreplication THEN 'attribute REPLICATION' END,
              CASE WHEN NOT pg_has_role('pg_monitor', 'USAGE') THEN 'role pg_monitor' END,
              CASE WHEN NOT pg_has_role('pg_checkpoint', 'USAGE') THEN 'role pg_checkpoint' END,
              CASE WHEN NOT has_parameter_privilege('wal_retrieve_retry_interval', 'ALTER SYSTEM')
                THEN 'ALTER SYSTEM ON PARAMETER wal_retrieve_retry_interval' END,
              CASE WHEN NOT has_parameter_privilege('synchronous_standby_names', 'ALTER SYSTEM')
                THEN 'ALTER SYSTEM ON PARAMETER synchronous_standby_names' END,
              CASE WHEN NOT has_database_privilege(current_database(), 'CREATE') THEN 'CREATE on the database' END], ', ')
            FROM pg_roles WHERE rolname = current_user AND NOT rolsuper""";

    /** Before 15 neither CHECKPOINT nor ALTER SYSTEM can be granted. */
    private static final String RIGHTS_BEFORE_15 =
            "SELECT 'superuser' FROM pg_roles WHERE rolname = current_user AND NOT rolsuper";

    private static final String SERVER = """
            SELECT (SELECT system_identifier FROM pg_control_system()),
              CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() ELSE false END,
              (SELECT count(*) FROM pg_prepared_xacts),
              (SELECT count(*) FROM pg_replication_slots),
              (SELECT CASE WHEN current_setting('archive_mode') = 'off' THEN ''
                WHEN last_failed_time > coalesce(last_archived_time, '-infinity') THEN last_failed_wal ELSE '' END
                FROM pg_stat_archiver),
              (SELECT count(*) FROM pg_stat_progress_basebackup),
              (SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0) FROM pg_stat_activity
                WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()),
              CASE WHEN pg_is_in_recovery() THEN 0 ELSE pg_wal_lsn_diff(pg_current_wal_insert_lsn(),
                (SELECT redo_lsn FROM pg_control_checkpoint()))::bigint END""";

    static NodeFacts ask(PgSession session, Deadline deadline) {
        NodeAnswer answer = NodeAnswer.ask(session, deadline);
        List<String> missing = missingRights(session, deadline);
        Map<String, Setting> settings = session
                .list(
                        "read the settings",
                        "SELECT name, setting, source FROM pg_settings WHERE name = ANY (string_to_array(?, ','))",
                        deadline,
                        row -> Map.entry(row.getString(1), new Setting(row.getString(2), row.getString(3))),
                        String.join(",", SETTINGS))
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        Map<String, String> logical = session
                .list("look for logical slots", logicalSlots(session.serverMajor()), deadline, NodeFacts::nameAndKind)
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        List<String> marks = IntentMark.all(session, deadline);
        long toArchive = missing.isEmpty() ? filesToArchive(session, deadline) : 0;
        return session.one(
                "ask for its state",
                SERVER,
                deadline,
                row -> new NodeFacts(
                        session.node(),
                        answer,
                        row.getLong(1),
                        missing,
                        row.getBoolean(2),
                        row.getInt(3),
                        row.getInt(4),
                        logical,
                        marks,
                        row.getString(5),
                        toArchive,
                        row.getInt(6),
                        row.getDouble(7),
                        row.getLong(8),
                        settings));
    }

    private static List<String> missingRights(PgSession session, Deadline deadline) {
        String sql = session.serverMajor() < 15 ? RIGHTS_BEFORE_15 : RIGHTS;
        return session.list("ask for our rights", sql, deadline, row -> row.getString(1)).stream()
                .filter(missing -> !missing.isEmpty())
                .toList();
    }

    private static long filesToArchive(PgSession session, Deadline deadline) {
        return session.one(
                "count files to archive",
                "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'",
                deadline,
                row -> row.getLong(1));
    }

    /** Since 17 the server itself can keep a logical slot on the standby. */
    private static String logicalSlots(int major) {
        String kind = major >= 17 ? "CASE WHEN synced THEN 'synced' ELSE 'own' END" : "'own'";
        return "SELECT slot_name, " + kind + " FROM pg_replication_slots WHERE slot_type = 'logical' AND NOT temporary";
    }

    private static Map.Entry<String, String> nameAndKind(ResultSet row) throws SQLException {
        return Map.entry(row.getString(1), row.getString(2));
    }

    String setting(String name) {
        Setting setting = settings.get(name);
        return setting == null ? "" : setting.value();
    }

    long number(String name) {
        String value = setting(name);
        return value.isEmpty() ? 0 : Long.parseLong(value);
    }

    boolean isFromCommandLine(String name) {
        Setting setting = settings.get(name);
        return setting != null && setting.source().equals("command line");
    }
}
