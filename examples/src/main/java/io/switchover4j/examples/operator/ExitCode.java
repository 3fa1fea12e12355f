package io.switchover4j.examples.operator;

/** What a command tells the shell. */
enum ExitCode {
    /** Done as asked. */
    DONE(0),
    /** Refused, or given up with nothing lost: the old primary is primary as before. */
    REFUSED(1),
    /** The command line or the configuration is wrong; nothing was begun. */
    USAGE(2),
    /** Nodes or journal could not be asked; the message says whether anything was changed. */
    FAILED(3),
    /** A person must look at the nodes: the message says what is known. */
    LOOK_AT_NODES(4),
    /** No coordinator runs that could be asked. */
    NO_COORDINATOR(5);

    private final int code;

    ExitCode(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static ExitCode of(int code) {
        for (ExitCode known : values()) {
            if (known.code == code) {
                return known;
            }
        }
        return FAILED;
    }
}
