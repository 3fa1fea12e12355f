package io.switchover4j.jdbc.internal;

import org.jspecify.annotations.Nullable;

/**
 * What a statement sets in its session. Immutable.
 *
 * @param effect what it does to the settings before it
 * @param key what is set: a later one of the same key replaces it
 * @param sql sets it again
 * @param property the property of the connection that sets the same; null if none does
 */
record Setting(
        Effect effect, String key, String sql, @Nullable Property property) {

    /** What a statement does to the settings before it. */
    enum Effect {
        /** Sets one; a rollback undoes it. */
        SET,
        /** Makes something that a rollback does not undo. */
        MAKE,
        /** Takes away what {@link #MAKE} made. */
        REMOVE,
        /** Takes away everything of which the key begins with this key. */
        REMOVE_ALL,
        /** Resets all that {@link #SET} set, but for the user and the role. */
        RESET_ALL,
        /** As if the session had just begun. */
        DISCARD_ALL,
        /** Nothing that has to be set again. */
        NONE
    }

    /** A property of the connection. */
    enum Property {
        SCHEMA,
        APPLICATION_NAME,
        ISOLATION
    }

    static Setting set(String key, String sql, @Nullable Property property) {
        return new Setting(Effect.SET, key, sql, property);
    }

    static Setting of(Effect effect, String key, String sql) {
        return new Setting(effect, key, sql, null);
    }
}
