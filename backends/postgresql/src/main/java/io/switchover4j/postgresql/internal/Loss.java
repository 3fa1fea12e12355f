package io.switchover4j.postgresql.internal;

import io.switchover4j.LossEstimate;
import io.switchover4j.postgresql.internal.PrimaryMemory.Sighting;
import java.util.Optional;

/** Estimates what a failover would lose. Pure. */
final class Loss {

    private Loss() {}

    /**
     * @param control the old primary's control file, if its server does not run and the file can be read
     */
    static LossEstimate estimate(
            NodeConfig old,
            NodeConfig target,
            Follower follower,
            Optional<Sighting> sighting,
            Optional<PgControl> control,
            PrimaryMemory memory) {
        String received = "'%s' has received up to %s".formatted(target.id(), follower.received());
        Optional<PgControl> clean = control.filter(file -> file.isShutDown() && file.timeline() == follower.timeline());
        if (clean.isPresent()) {
            // The shutdown checkpoint is the last record; without it no change is missing.
            Lsn end = clean.get().checkpoint();
            return LossEstimate.exact(
                    end.bytesAfter(follower.received()),
                    "'%s' was shut down cleanly at %s, %s".formatted(old.id(), end, received));
        }
        Optional<Sighting> seen = sighting.filter(last ->
                last.timeline() == follower.timeline() && !last.node().id().equals(target.id()));
        boolean heardLater = follower.heard()
                .filter(heard -> seen.map(last -> memory.age(last).compareTo(heard.age()) > 0)
                        .orElse(true))
                .isPresent();
        if (heardLater) {
            Follower.Heard heard = follower.heard().orElseThrow();
            return LossEstimate.observed(
                    heard.position().bytesAfter(follower.received()),
                    heard.age(),
                    "'%s' had told '%s' that it had written up to %s, %s"
                            .formatted(old.id(), target.id(), heard.position(), received));
        }
        if (seen.isPresent()) {
            Sighting last = seen.get();
            return LossEstimate.observed(
                    last.position().bytesAfter(follower.received()),
                    memory.age(last),
                    "'%s' had written up to %s, %s%s"
                            .formatted(
                                    old.id(),
                                    last.position(),
                                    received,
                                    last.synchronousTo()
                                            ? "; it was its synchronous standby then: commits that had waited for it are there"
                                            : ""));
        }
        return LossEstimate.unknown(sighting.map(
                        last -> "'%s' was last observed as the primary on timeline %d, '%s' has log of timeline %d; %s"
                                .formatted(
                                        last.node().id(), last.timeline(), target.id(), follower.timeline(), received))
                .orElse("'%s' was not observed since this backend was made, %s".formatted(old.id(), received)));
    }
}
