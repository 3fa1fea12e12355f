package io.switchover4j.internal.journal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/** Every call of the journal that may fail on a real disk, so that tests can let each fail. No call heeds an interrupt. */
interface Disk {

    /** Opens for reading and writing; creates what is not there. */
    Handle open(Path file) throws IOException;

    Handle openForReading(Path file) throws IOException;

    /** Whether something has that name, be it a link that leads nowhere. */
    boolean exists(Path file);

    /**
     * Tells a file from another one that takes its name, as far as the file system does.
     *
     * @throws java.nio.file.NoSuchFileException if nothing has that name
     */
    Object identity(Path file) throws IOException;

    void deleteIfExists(Path file) throws IOException;

    /** Gives {@code from} the name {@code to}, in one step for all who look. */
    void replace(Path from, Path to) throws IOException;

    /** Returns once the names in the directory are on the medium. */
    void forceDirectory(Path directory) throws IOException;

    /** An open file. Not thread-safe. */
    interface Handle extends Closeable {

        long length() throws IOException;

        /** Reads up to {@code length} bytes; fewer only at the end of the file. */
        int read(long position, byte[] target, int length) throws IOException;

        void write(long position, byte[] bytes) throws IOException;

        /** Returns once content and length are on the medium. */
        void force() throws IOException;

        void truncate(long length) throws IOException;
    }
}
