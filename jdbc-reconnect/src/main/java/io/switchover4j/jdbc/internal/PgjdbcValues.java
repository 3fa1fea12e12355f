package io.switchover4j.jdbc.internal;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgArray;
import org.postgresql.util.PGobject;

/** Parameters of pgjdbc's own classes, as the text that it would send for them. Stateless. */
final class PgjdbcValues {

    private static final boolean PRESENT =
            Classes.isPresent("org.postgresql.util.PGobject") && Classes.isPresent("org.postgresql.jdbc.PgArray");

    private PgjdbcValues() {}

    /** What nobody else holds and says the same; {@code value} itself if it is none of pgjdbc's. */
    static Object copyOf(Object value) {
        return PRESENT ? Loaded.copyOf(value) : value;
    }

    /** The text of what {@link #copyOf} made; null if it is none of that. */
    static @Nullable String text(Object value) {
        return PRESENT ? Loaded.text(value) : null;
    }

    /** Loaded only where pgjdbc is present. */
    private static final class Loaded {

        private static Object copyOf(Object value) {
            try {
                if (value instanceof PGobject object) {
                    return new Copy(object.getType(), object.getValue());
                } else if (value instanceof PgArray array) {
                    return new Copy(array.getBaseTypeName() + "[]", array.toString());
                }
            } catch (SQLException | RuntimeException | AssertionError e) {
                // Of a connection that is gone, or set free already: not even the driver can make anything of it.
                return value;
            }
            return value;
        }

        private static @Nullable String text(Object value) {
            return value instanceof Copy copy ? String.valueOf(copy.getValue()) : null;
        }
    }

    /** Kept apart from those of the application by its class alone. */
    private static final class Copy extends PGobject {

        private static final long serialVersionUID = 1;

        @SuppressWarnings("NullAway") // pgjdbc takes null, and sends it
        Copy(String type, @Nullable String value) throws SQLException {
            setType(type);
            setValue(value);
        }
    }
}
