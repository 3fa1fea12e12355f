package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.ReplayOff;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What the application set on its connection, to be set again on the next physical one, and what it made of the session that
 * cannot be set again. Only what was set is kept.
 */
final class Session {

    private static final int UNSET = -1;
    private static final String APPLICATION_NAME = "ApplicationName";

    /** What no rollback takes back. */
    private static final Set<ReplayOff> LASTING =
            EnumSet.of(ReplayOff.ADVISORY_LOCK, ReplayOff.OTHER_SERVER, ReplayOff.LASTING_STATE);

    @Nullable
    Boolean readOnly;

    int isolation = UNSET;
    int holdability = UNSET;

    @Nullable
    String catalog;

    private @Nullable String schema;

    int networkTimeoutMillis = UNSET;

    @Nullable
    Executor networkTimeoutExecutor;

    @Nullable
    Map<String, Class<?>> typeMap;

    private @Nullable Properties clientInfo;

    /** What SQL text set, the last last. */
    private Map<String, Setting> settings = new LinkedHashMap<>();

    /** What cannot be set again: the statement that did it. */
    private Map<ReplayOff, String> pins = new EnumMap<>(ReplayOff.class);

    /** What the call in flight added to what cannot be moved. */
    @Nullable
    ReplayOff pinnedByThisCall;

    /** What a savepoint or a transaction goes back to. */
    Session copy() {
        Session copy = new Session();
        copy.readOnly = readOnly;
        copy.isolation = isolation;
        copy.holdability = holdability;
        copy.networkTimeoutMillis = networkTimeoutMillis;
        copy.networkTimeoutExecutor = networkTimeoutExecutor;
        copy.typeMap = typeMap;
        copy.takeWhatRollsBack(this);
        copy.settings = new LinkedHashMap<>(settings);
        copy.pins = new EnumMap<>(pins);
        return copy;
    }

    private void takeWhatRollsBack(Session from) {
        catalog = from.catalog;
        schema = from.schema;
        Properties info = from.clientInfo;
        clientInfo = info == null ? null : (Properties) info.clone();
    }

    /** A rollback undid what was set since {@code before}, but for what no rollback undoes. */
    void rollBackTo(Session before) {
        takeWhatRollsBack(before);
        Map<String, Setting> kept = new LinkedHashMap<>(before.settings);
        kept.values().removeIf(setting -> setting.effect() == Setting.Effect.MAKE);
        settings.values().stream()
                .filter(setting -> setting.effect() == Setting.Effect.MAKE)
                .forEach(setting -> kept.put(setting.key(), setting));
        settings = kept;
        Map<ReplayOff, String> lasting = new EnumMap<>(pins);
        lasting.keySet().retainAll(LASTING);
        pins = new EnumMap<>(before.pins);
        pins.putAll(lasting);
    }

    void setSchema(String name) {
        schema = name;
        settings.values().removeIf(setting -> setting.property() == Setting.Property.SCHEMA);
    }

    void setIsolation(int level) {
        isolation = level;
        settings.values().removeIf(setting -> setting.property() == Setting.Property.ISOLATION);
    }

    void setClientInfo(String name, @Nullable String value) {
        Properties info = clientInfo;
        if (info == null) {
            info = new Properties();
            clientInfo = info;
        }
        if (value == null) {
            info.remove(name);
        } else {
            info.setProperty(name, value);
        }
        if (name.equals(APPLICATION_NAME)) {
            settings.values().removeIf(setting -> setting.property() == Setting.Property.APPLICATION_NAME);
        }
    }

    void set(Setting setting) {
        switch (setting.effect()) {
            case SET, MAKE -> {
                settings.remove(setting.key());
                settings.put(setting.key(), setting);
                forget(setting.property());
            }
            case REMOVE -> settings.remove(setting.key());
            case REMOVE_ALL -> settings.keySet().removeIf(key -> key.startsWith(setting.key()));
            case RESET_ALL -> resetAll(setting);
            case DISCARD_ALL -> {
                settings.clear();
                pins.clear();
                resetAll(setting);
            }
            case NONE -> {}
        }
    }

    private void resetAll(Setting reset) {
        settings.values()
                .removeIf(setting -> setting.effect() == Setting.Effect.SET
                        && !setting.key().equals("role")
                        && !setting.key().equals("session authorization"));
        Map<String, Setting> before = settings;
        settings = new LinkedHashMap<>();
        settings.put(reset.key(), Setting.set(reset.key(), "RESET ALL", null));
        settings.putAll(before);
        for (Setting.Property property : Setting.Property.values()) {
            forget(property);
        }
    }

    /** SQL text set it after the connection's own method did. */
    private void forget(Setting.@Nullable Property property) {
        if (property == null) {
            return;
        }
        switch (property) {
            case SCHEMA -> schema = null;
            case ISOLATION -> isolation = UNSET;
            case APPLICATION_NAME -> {
                if (clientInfo != null) {
                    clientInfo.remove(APPLICATION_NAME);
                }
            }
        }
    }

    /** What SQL text did last to the setting; null if nothing, or if it was taken back. */
    @Nullable
    Setting setting(String key) {
        return settings.get(key);
    }

    /** Whether SQL text set anything that a pool does not know of. */
    boolean hasSettings() {
        return !settings.isEmpty();
    }

    boolean isPinned() {
        return !pins.isEmpty();
    }

    /** Whether no rollback takes it back. */
    static boolean isLasting(ReplayOff what) {
        return LASTING.contains(what);
    }

    /** Returns whether that was news. */
    boolean pin(ReplayOff what, String headline) {
        return pins.putIfAbsent(what, headline) == null;
    }

    void unpin(ReplayOff what) {
        pins.remove(what);
    }

    /** The first thing that cannot be set again; null if there is none. */
    @Nullable
    ReplayOff firstPin() {
        return pins.isEmpty() ? null : pins.keySet().iterator().next();
    }

    /** For messages. */
    String describePins() {
        return String.join("', '", pins.values());
    }

    /** Sets everything on a connection that its pool just gave out, and autocommit last. */
    void applyTo(Connection physical, boolean autoCommit) throws SQLException {
        if (networkTimeoutMillis != UNSET) {
            physical.setNetworkTimeout(networkTimeoutExecutor, networkTimeoutMillis);
        }
        // Drivers refuse these two inside a transaction, and a driver's own SET for the others would begin one.
        if (readOnly != null) {
            physical.setReadOnly(readOnly);
        }
        if (isolation != UNSET) {
            physical.setTransactionIsolation(isolation);
        }
        boolean sets = catalog != null || schema != null || clientInfo != null || !settings.isEmpty();
        if (sets && !physical.getAutoCommit()) {
            physical.setAutoCommit(true);
        }
        if (clientInfo != null) {
            physical.setClientInfo(clientInfo);
        }
        if (catalog != null) {
            physical.setCatalog(catalog);
        }
        if (schema != null) {
            physical.setSchema(schema);
        }
        if (holdability != UNSET) {
            physical.setHoldability(holdability);
        }
        if (typeMap != null) {
            physical.setTypeMap(typeMap);
        }
        if (!settings.isEmpty()) {
            applySettings(physical);
        }
        if (physical.getAutoCommit() != autoCommit) {
            physical.setAutoCommit(autoCommit);
        }
    }

    private void applySettings(Connection physical) throws SQLException {
        try (Statement statement = physical.createStatement()) {
            for (Setting setting : settings.values()) {
                statement.execute(setting.sql());
            }
        }
    }
}
