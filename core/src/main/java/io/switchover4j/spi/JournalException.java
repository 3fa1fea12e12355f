package io.switchover4j.spi;

import org.jspecify.annotations.Nullable;

/** A journal could not keep or read a record. */
public final class JournalException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public JournalException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
