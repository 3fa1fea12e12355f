package io.switchover4j.internal;

import io.switchover4j.FailoverResult;
import io.switchover4j.FenceResult;
import io.switchover4j.LossEstimate;
import io.switchover4j.LossLimit;
import io.switchover4j.OnDrainTimeout;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.spi.JournalRecord;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** The facts that journal records carry: written here, read by {@link Histories}, so that both agree on the names. */
final class Facts {

    static final String REQUESTED_BY = "requestedBy";
    static final String REASON = "reason";
    static final String TARGET = "target";
    static final String OLD_PRIMARY = "oldPrimary";
    static final String PRIMARY_ANSWERED = "primaryAnswered";
    static final String NEW_PRIMARY = "newPrimary";
    static final String WRITE_PAUSE = "writePause";
    static final String MESSAGE = "message";
    static final String WHY = "why";
    static final String STARTS_AT = "startsAt";
    static final String FAILOVER = "failover";
    static final String ACCEPTED_LOSS = "acceptedLoss";
    static final String EVEN_IF_PRIMARY_ANSWERS = "evenIfPrimaryAnswers";

    private static final String EXPECTED_PRIMARY = "expectedPrimary";
    private static final String UNKNOWN = "unknown";
    private static final String ESTIMATED_LOSS = "estimatedLoss";
    private static final String ESTIMATED_LOSS_AGE = "estimatedLossAge";
    private static final String ESTIMATED_LOSS_BASIS = "estimatedLossBasis";
    static final String FENCE = "fence";
    static final String FENCE_DETAIL = "fenceDetail";
    static final String EVENT = "event";
    static final String HOLD = "hold";
    static final String FENCED_POSITION = "fencedPosition";
    static final String PROMOTED_POSITION = "promotedPosition";

    private Facts() {}

    static Map<String, String> of(SwitchoverRequest request) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put(REQUESTED_BY, request.requestedBy());
        facts.put(REASON, request.reason());
        request.target().ifPresent(target -> facts.put(TARGET, target));
        request.expectedPrimary().ifPresent(primary -> facts.put(EXPECTED_PRIMARY, primary));
        Timings.put(facts, request.timing());
        facts.put("catchUpTimeout", request.catchUpTimeout().toString());
        facts.put("drainTimeout", request.drainTimeout().toString());
        facts.put("onDrainTimeout", request.onDrainTimeout().toString());
        facts.put("pauseBudget", request.pauseBudget().toString());
        facts.put("rejoinTimeout", request.rejoinTimeout().toString());
        facts.put("maximumLagBytes", Long.toString(request.maximumLagBytes()));
        if (request.isFailover()) {
            facts.put(FAILOVER, "true");
            facts.put(EVEN_IF_PRIMARY_ANSWERS, Boolean.toString(request.isEvenIfPrimaryAnswers()));
            request.acceptedLoss().ifPresent(limit -> facts.put(ACCEPTED_LOSS, limit.toString()));
        }
        return facts;
    }

    static Map<String, String> of(Event event, String why, Findings findings) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put(EVENT, event.name());
        facts.put(WHY, why);
        findings.oldPrimaryIfKnown().ifPresent(node -> facts.put(OLD_PRIMARY, node.id()));
        facts.put(PRIMARY_ANSWERED, Boolean.toString(findings.hadPrimary()));
        findings.targetIfKnown().ifPresent(node -> facts.put(TARGET, node.id()));
        findings.estimatedLoss().ifPresent(estimate -> put(facts, estimate));
        findings.fencedPosition().ifPresent(position -> facts.put(FENCED_POSITION, position));
        findings.promotedPosition().ifPresent(position -> facts.put(PROMOTED_POSITION, position));
        return facts;
    }

    static Map<String, String> of(SwitchoverReport report) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put(MESSAGE, report.message());
        report.oldPrimary().ifPresent(node -> facts.put(OLD_PRIMARY, node));
        report.newPrimary().ifPresent(node -> facts.put(NEW_PRIMARY, node));
        report.target().ifPresent(node -> facts.put(TARGET, node));
        report.writePause().map(Duration::toString).ifPresent(pause -> facts.put(WRITE_PAUSE, pause));
        report.failover().ifPresent(failover -> {
            failover.estimatedLoss().ifPresent(estimate -> put(facts, estimate));
            failover.fence().ifPresent(fence -> put(facts, fence));
        });
        report.hold().map(Duration::toString).ifPresent(hold -> facts.put(HOLD, hold));
        return facts;
    }

    static void put(Map<String, String> facts, LossEstimate estimate) {
        facts.put(
                ESTIMATED_LOSS,
                estimate.isKnown() ? Long.toString(estimate.bytes().getAsLong()) : UNKNOWN);
        estimate.age().ifPresent(age -> facts.put(ESTIMATED_LOSS_AGE, age.toString()));
        facts.put(ESTIMATED_LOSS_BASIS, estimate.basis());
    }

    static void put(Map<String, String> facts, FenceResult fence) {
        facts.put(FENCE, fence.outcome().name());
        facts.put(FENCE_DETAIL, fence.detail());
    }

    /** What the facts of all records of a switchover say about a failover; empty if it was none. */
    static Optional<FailoverResult> failover(Map<String, String> facts) {
        if (!Boolean.parseBoolean(facts.get(FAILOVER))) {
            return Optional.empty();
        }
        return Optional.of(new FailoverResult(
                Optional.ofNullable(facts.get(ESTIMATED_LOSS)).map(bytes -> estimate(bytes, facts)),
                Optional.ofNullable(facts.get(ACCEPTED_LOSS)).map(LossLimit::parse),
                Optional.ofNullable(facts.get(FENCE))
                        .map(outcome -> new FenceResult(
                                FenceResult.Outcome.valueOf(outcome), facts.getOrDefault(FENCE_DETAIL, "")))));
    }

    private static LossEstimate estimate(String bytes, Map<String, String> facts) {
        return new LossEstimate(
                bytes.equals(UNKNOWN) ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(bytes)),
                Optional.ofNullable(facts.get(ESTIMATED_LOSS_AGE)).map(Duration::parse),
                facts.getOrDefault(ESTIMATED_LOSS_BASIS, ""));
    }

    /**
     * The request that a record of the kind REQUESTED holds. What an older version did not write has its default; who asked
     * for it, and for what, is always there.
     *
     * @throws IllegalArgumentException if it cannot be understood
     */
    static SwitchoverRequest request(JournalRecord requested) {
        Map<String, String> facts = requested.facts();
        SwitchoverRequest.Builder request = SwitchoverRequest.of(requested.instanceId());
        read(facts, TARGET, target -> request.target(target));
        read(facts, EXPECTED_PRIMARY, primary -> request.expectedPrimary(primary));
        read(facts, Timings.TIMING, timing -> request.timing(Timings.of(facts)));
        read(facts, "catchUpTimeout", timeout -> request.catchUpTimeout(Duration.parse(timeout)));
        read(facts, "drainTimeout", timeout -> request.drainTimeout(Duration.parse(timeout)));
        read(facts, "onDrainTimeout", what -> request.onDrainTimeout(OnDrainTimeout.valueOf(what)));
        read(facts, "pauseBudget", budget -> request.pauseBudget(Duration.parse(budget)));
        read(facts, "rejoinTimeout", timeout -> request.rejoinTimeout(Duration.parse(timeout)));
        read(facts, "maximumLagBytes", bytes -> request.maximumLagBytes(Long.parseLong(bytes)));
        if (Boolean.parseBoolean(facts.get(FAILOVER))) {
            request.failover();
        }
        if (Boolean.parseBoolean(facts.get(EVEN_IF_PRIMARY_ANSWERS))) {
            request.evenIfPrimaryAnswers();
        }
        read(facts, ACCEPTED_LOSS, limit -> request.acceptLoss(LossLimit.parse(limit)));
        read(facts, REQUESTED_BY, who -> request.requestedBy(who, facts.getOrDefault(REASON, "")));
        return request.build();
    }

    /**
     * When one that waits is to start, as the newest of its records says.
     *
     * @throws IllegalArgumentException if none says so
     */
    static Instant startsAt(List<JournalRecord> records) {
        for (int i = records.size() - 1; i >= 0; i--) {
            String startsAt = records.get(i).facts().get(STARTS_AT);
            if (startsAt != null) {
                return instant(startsAt);
            }
        }
        throw new IllegalArgumentException("The journal does not say when the switchover starts");
    }

    private static Instant instant(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("The journal's time '%s' cannot be understood".formatted(text), e);
        }
    }

    private static void read(Map<String, String> facts, String name, Consumer<String> into) {
        String value = facts.get(name);
        if (value != null) {
            try {
                into.accept(value);
            } catch (IllegalArgumentException | DateTimeException e) {
                throw new IllegalArgumentException(
                        "The journal's request cannot be understood: '%s' is '%s'".formatted(name, value), e);
            }
        }
    }

    /** What a record of the kind PHASE says that led to its phase; empty if it names none that is known. */
    static Optional<Event> event(JournalRecord phase) {
        String name = phase.facts().getOrDefault(EVENT, "");
        return Arrays.stream(Event.values())
                .filter(event -> event.name().equals(name))
                .findFirst();
    }
}
