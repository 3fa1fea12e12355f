package io.switchover4j;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;

/** When a switchover starts. */
public sealed interface Timing {

    /** At once. */
    static Timing now() {
        return Now.INSTANCE;
    }

    /**
     * At a moment, or up to one minute later ({@link At#startWithin}). If it could not start by then, for example because the
     * process was down, the switchover expires ({@link At#ifMissed}).
     *
     * @throws IllegalArgumentException if the moment is after the year 9999; one in the past is refused by
     *     {@link SwitchoverCoordinator#start}
     */
    static At at(Instant instant) {
        return new At(instant, Duration.ofMinutes(1), IfMissed.EXPIRE);
    }

    /**
     * In the instance's maintenance window: at once if it is open and the switchover still fits, else at the next opening.
     * If that is missed, the switchover expires; see {@link InMaintenanceWindow#ifMissed}.
     */
    static InMaintenanceWindow inMaintenanceWindow() {
        return new InMaintenanceWindow(IfMissed.EXPIRE);
    }

    /** See {@link Timing#now()}. */
    enum Now implements Timing {
        INSTANCE;

        @Override
        public String toString() {
            return "now";
        }
    }

    /**
     * See {@link Timing#at}. Immutable.
     *
     * @param instant when it starts; never before
     * @param startWithin how much later it may still start, for example because the process was down; {@link Timing#at} says
     *     1 min
     * @param ifMissed what happens if it could not start by then; {@link Timing#at} says {@link IfMissed#EXPIRE}
     */
    record At(Instant instant, Duration startWithin, IfMissed ifMissed) implements Timing {

        private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

        /**
         * @throws IllegalArgumentException if the moment is after the year 9999, or {@code startWithin} is not positive or
         *     longer than 365 days
         */
        public At {
            requireNonNull(instant, "instant");
            Values.requirePositive("startWithin", startWithin);
            requireNonNull(ifMissed, "ifMissed");
            if (instant.isAfter(LATEST)) {
                throw new IllegalArgumentException("The moment %s is after %s".formatted(instant, LATEST));
            }
        }

        /**
         * The same with another limit to how late it may start.
         *
         * @throws IllegalArgumentException if the limit is not positive or longer than 365 days
         */
        public At startWithin(Duration limit) {
            return new At(instant, limit, ifMissed);
        }

        /** The same with another answer to a missed time. */
        public At ifMissed(IfMissed answer) {
            return new At(instant, startWithin, answer);
        }

        @Override
        public String toString() {
            return "at " + instant;
        }
    }

    /**
     * See {@link Timing#inMaintenanceWindow()}. Immutable.
     *
     * @param ifMissed what happens if the opening it waited for has passed before it could start
     */
    record InMaintenanceWindow(IfMissed ifMissed) implements Timing {

        public InMaintenanceWindow {
            requireNonNull(ifMissed, "ifMissed");
        }

        /** The same with another answer to a missed opening. */
        public InMaintenanceWindow ifMissed(IfMissed answer) {
            return new InMaintenanceWindow(answer);
        }

        @Override
        public String toString() {
            return "in the maintenance window";
        }
    }

    /** What becomes of a switchover whose time passed before it could start. Either way an event and the log say so. */
    enum IfMissed {
        /** It ends in {@link Phase#EXPIRED}. */
        EXPIRE,
        /**
         * It waits for the next opening of the instance's maintenance window, also where its own time was a moment: it is not
         * tried at the same time of another day. In a window that is open then and long enough it starts at once. Without a
         * window, or where no opening is long enough, it expires.
         */
        NEXT_OPENING
    }
}
