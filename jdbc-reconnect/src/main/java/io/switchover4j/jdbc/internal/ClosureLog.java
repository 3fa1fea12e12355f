package io.switchover4j.jdbc.internal;

import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says it once when traffic stands still for longer than a person should not hear of it. Confined to the thread that ticks. */
final class ClosureLog {

    private static final Logger log = LoggerFactory.getLogger(ClosureLog.class);

    private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final String name;
    private long openAt;
    private boolean logged;

    ClosureLog(String name, long now) {
        this.name = name;
        this.openAt = now;
    }

    /**
     * @param held whether a switchover holds the traffic, which is no news
     */
    void look(Route route, boolean held, long now) {
        if (route.open || held) {
            openAt = now;
        }
        if (route.open && logged) {
            logged = false;
            log.info("{}: traffic goes on", name);
        } else if (!logged && now - openAt > QUIET_NANOS) {
            logged = true;
            log.warn("{}: no primary, units of work wait: {}", name, route.reason);
        }
    }
}
