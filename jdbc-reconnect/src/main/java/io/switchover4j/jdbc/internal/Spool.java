package io.switchover4j.jdbc.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;

/**
 * A stream that the application gave as a parameter. What the driver reads of it is kept, up to a limit, so that it can be
 * given to another driver's statement once more, from its beginning. Nothing is read before the driver reads it, and nothing
 * that it does not read. Confined to the statement's thread.
 *
 * @param <S> what the driver is given
 */
abstract class Spool<S> {

    private static final int FIRST_SIZE = 512;

    private final Setter<S> setter;
    private final int limit;

    /** How much of the stream was kept. */
    int kept;

    private boolean over;

    /** Counts the times that the stream was given to a driver; only the last one may read on. */
    int given;

    private Spool(int limit, Setter<S> setter) {
        this.limit = limit;
        this.setter = setter;
    }

    /** The call that gives the stream to a driver. */
    @FunctionalInterface
    interface Setter<S> {
        void set(PreparedStatement statement, S stream) throws SQLException;
    }

    static Spool<InputStream> of(InputStream stream, int limit, Setter<InputStream> setter) {
        return new OfBytes(stream, limit, setter);
    }

    static Spool<Reader> of(Reader reader, int limit, Setter<Reader> setter) {
        return new OfChars(reader, limit, setter);
    }

    /** The stream from its beginning. One that was handed out before is of no use afterwards. */
    abstract S open();

    abstract void forget();

    /** Whether it can be given once more. */
    final boolean isRepeatable() {
        return !over;
    }

    /** About how much memory it holds. */
    final int size() {
        return kept;
    }

    final void giveTo(PreparedStatement statement) throws SQLException {
        setter.set(statement, open());
    }

    /** Whether {@code more} can be kept. */
    final boolean hasRoomFor(int more) {
        if (!over && more > limit - kept) {
            over = true;
            forget();
        }
        return !over;
    }

    final int grown(int length, int needed) {
        return Math.min(limit, Math.max(Math.max(needed, FIRST_SIZE), 2 * length));
    }

    final void requireLast(int number) throws IOException {
        if (number != given) {
            throw new IOException(
                    "The connection beneath this statement was replaced; the stream was given to the next");
        }
    }

    private static final class OfBytes extends Spool<InputStream> {

        private final InputStream source;
        private byte[] bytes = {};

        OfBytes(InputStream source, int limit, Setter<InputStream> setter) {
            super(limit, setter);
            this.source = source;
        }

        @Override
        void forget() {
            bytes = new byte[0];
        }

        @Override
        InputStream open() {
            return new View(++given);
        }

        private void keep(byte[] from, int offset, int length) {
            if (hasRoomFor(length)) {
                if (kept + length > bytes.length) {
                    bytes = Arrays.copyOf(bytes, grown(bytes.length, kept + length));
                }
                System.arraycopy(from, offset, bytes, kept, length);
                kept += length;
            }
        }

        private final class View extends InputStream {

            private final int number;
            private int at;

            View(int number) {
                this.number = number;
            }

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                requireLast(number);
                if (at < kept && isRepeatable()) {
                    int count = Math.min(length, kept - at);
                    System.arraycopy(bytes, at, into, offset, count);
                    at += count;
                    return count;
                }
                int count = source.read(into, offset, length);
                if (count > 0) {
                    keep(into, offset, count);
                    at += count;
                }
                return count;
            }

            @Override
            public int available() throws IOException {
                return Math.max(0, kept - at) + source.available();
            }

            @Override
            public void close() throws IOException {
                if (number == given) {
                    source.close();
                }
            }
        }
    }

    private static final class OfChars extends Spool<Reader> {

        private final Reader source;
        private char[] chars = {};

        OfChars(Reader source, int limit, Setter<Reader> setter) {
            super(limit, setter);
            this.source = source;
        }

        @Override
        void forget() {
            chars = new char[0];
        }

        @Override
        Reader open() {
            return new View(++given);
        }

        private void keep(char[] from, int offset, int length) {
            if (hasRoomFor(length)) {
                if (kept + length > chars.length) {
                    chars = Arrays.copyOf(chars, grown(chars.length, kept + length));
                }
                System.arraycopy(from, offset, chars, kept, length);
                kept += length;
            }
        }

        private final class View extends Reader {

            private final int number;
            private int at;

            View(int number) {
                this.number = number;
            }

            @Override
            public int read(char[] into, int offset, int length) throws IOException {
                requireLast(number);
                if (at < kept && isRepeatable()) {
                    int count = Math.min(length, kept - at);
                    System.arraycopy(chars, at, into, offset, count);
                    at += count;
                    return count;
                }
                int count = source.read(into, offset, length);
                if (count > 0) {
                    keep(into, offset, count);
                    at += count;
                }
                return count;
            }

            @Override
            public boolean ready() throws IOException {
                return at < kept || source.ready();
            }

            @Override
            public void close() throws IOException {
                if (number == given) {
                    source.close();
                }
            }
        }
    }
}
