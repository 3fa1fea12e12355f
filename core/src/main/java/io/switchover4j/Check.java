package io.switchover4j;

import static java.util.Objects.requireNonNull;

/**
 * One question asked before a switchover, and its answer. Immutable.
 *
 * @param name the question in a few words, for example {@code replication lag}
 * @param verdict whether the switchover may go on
 * @param figure what was observed, with its unit, for example {@code 48 MiB, limit 16 MiB}
 * @param advice what to do about it; empty when there is nothing to do
 */
public record Check(String name, Verdict verdict, String figure, String advice) {

    public Check {
        requireNonNull(name, "name");
        requireNonNull(verdict, "verdict");
        requireNonNull(figure, "figure");
        requireNonNull(advice, "advice");
    }

    public static Check pass(String name, String figure) {
        return new Check(name, Verdict.PASS, figure, "");
    }

    public static Check warn(String name, String figure, String advice) {
        return new Check(name, Verdict.WARN, figure, advice);
    }

    public static Check block(String name, String figure, String advice) {
        return new Check(name, Verdict.BLOCK, figure, advice);
    }

    /** What a check means for the switchover. */
    public enum Verdict {
        /** Nothing stands in the way. */
        PASS,
        /** The switchover goes on, but a person should read this. */
        WARN,
        /** The switchover is refused. */
        BLOCK
    }
}
