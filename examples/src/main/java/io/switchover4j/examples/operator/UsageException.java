package io.switchover4j.examples.operator;

/** The command line or the configuration is wrong. Nothing was begun. */
final class UsageException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }
}
