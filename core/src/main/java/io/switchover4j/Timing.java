package io.switchover4j;

/** When a switchover starts. */
public sealed interface Timing {

    /** At once. */
    static Timing now() {
        return Now.INSTANCE;
    }

    /** See {@link Timing#now()}. */
    enum Now implements Timing {
        INSTANCE;

        @Override
        public String toString() {
            return "now";
        }
    }
}
