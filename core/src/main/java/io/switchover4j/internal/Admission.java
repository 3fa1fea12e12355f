package io.switchover4j.internal;

import static io.switchover4j.internal.Text.quoted;

import io.switchover4j.MaintenanceWindow;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.Timing;
import io.switchover4j.Timing.IfMissed;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Whether the time of a switchover has come. Pure. */
final class Admission {

    /** The answer. */
    sealed interface Verdict {

        /** It starts now. */
        record Start() implements Verdict {}

        /**
         * It waits.
         *
         * @param until when it is looked at again
         * @param why for people
         */
        record Wait(Instant until, String why) implements Verdict {}

        /** Its time has passed. */
        record Missed(String why) implements Verdict {}
    }

    private Admission() {}

    /**
     * @param since when it was asked for
     * @param startsAt the time for which it was waiting
     * @param window the instance's maintenance window now
     * @param needed how long the window must stay open
     */
    static Verdict of(
            SwitchoverRequest request,
            Instant since,
            Instant startsAt,
            Optional<MaintenanceWindow> window,
            Duration needed,
            Instant now) {
        if (now.isBefore(startsAt)) {
            return new Verdict.Wait(startsAt, "its time has not come");
        }
        if (request.timing() instanceof Timing.At at && at.instant().equals(startsAt)) {
            return at(at, window, needed, now);
        }
        if (request.timing() instanceof Timing.Now) {
            return new Verdict.Start();
        }
        if (window.isEmpty()) {
            return new Verdict.Missed("the instance has no maintenance window any more");
        }
        return inWindow(ifMissed(request.timing()), since, startsAt, window.get(), needed, now);
    }

    private static Verdict at(Timing.At at, Optional<MaintenanceWindow> window, Duration needed, Instant now) {
        if (!now.isAfter(at.instant().plus(at.startWithin()))) {
            return new Verdict.Start();
        }
        String late = "it was to start at %s, or up to %s later, but it was %s before it could"
                .formatted(at.instant(), at.startWithin(), now);
        if (at.ifMissed() == IfMissed.EXPIRE) {
            return new Verdict.Missed(late);
        }
        if (window.isEmpty()) {
            return new Verdict.Missed(late + "; the instance has no maintenance window that it could wait for");
        }
        return fits(window.get(), needed, now) ? new Verdict.Start() : next(window.get(), needed, now, late);
    }

    private static Verdict inWindow(
            IfMissed ifMissed,
            Instant since,
            Instant startsAt,
            MaintenanceWindow window,
            Duration needed,
            Instant now) {
        if (fits(window, needed, now)) {
            return new Verdict.Start();
        }
        // Of an opening that was under way when it was asked for, nothing was promised.
        Instant opening = window.nextOpening(startsAt);
        if (!startsAt.isAfter(since) || opening.isAfter(now)) {
            return next(window, needed, now, tooLate(window, needed, now));
        }
        String missed = "the opening of the maintenance window %s at %s was missed: %s"
                .formatted(quoted(window.toString()), opening, tooLate(window, needed, now));
        return ifMissed == IfMissed.EXPIRE ? new Verdict.Missed(missed) : next(window, needed, now, missed);
    }

    private static Verdict next(MaintenanceWindow window, Duration needed, Instant now, String why) {
        if (window.length().compareTo(needed) < 0) {
            return new Verdict.Missed(
                    "%s; no opening of the maintenance window %s is as long as the %s that it may need"
                            .formatted(why, quoted(window.toString()), needed));
        }
        return new Verdict.Wait(window.nextOpening(now), why);
    }

    private static String tooLate(MaintenanceWindow window, Duration needed, Instant now) {
        return window.isOpen(now)
                ? "of the opening %s are left at %s, and it may need %s".formatted(window.remaining(now), now, needed)
                : "the window is closed at %s".formatted(now);
    }

    /** Whether it may start now. */
    static boolean fits(MaintenanceWindow window, Duration needed, Instant now) {
        return window.isOpen(now) && window.remaining(now).compareTo(needed) >= 0;
    }

    /**
     * How long the window must stay open so that applications work again before it closes: the catch-up and the drain may
     * take as long as they are allowed to, the pause as long as predicted.
     */
    static Duration needed(SwitchoverRequest request, Duration predictedPause) {
        return request.catchUpTimeout().plus(request.drainTimeout()).plus(predictedPause);
    }

    private static IfMissed ifMissed(Timing timing) {
        if (timing instanceof Timing.InMaintenanceWindow window) {
            return window.ifMissed();
        }
        return IfMissed.NEXT_OPENING;
    }
}
