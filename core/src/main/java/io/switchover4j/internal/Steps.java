package io.switchover4j.internal;

import static io.switchover4j.internal.Text.quoted;

import io.switchover4j.FenceResult;
import io.switchover4j.Phase;
import io.switchover4j.TimeSource;
import io.switchover4j.Timeline;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.JournalRecord.Kind;
import io.switchover4j.spi.StepContext;
import io.switchover4j.spi.SwitchoverSession;
import io.switchover4j.spi.SwitchoverStep;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies and undoes the steps of a session, each after its intent is in the journal. Confined to the runner's thread.
 */
final class Steps {

    private static final Logger log = LoggerFactory.getLogger(Steps.class);

    private final String instanceId;
    private final Operation operation;
    private final OperationLog journal;
    private final Findings findings;
    private final TimeSource time;
    private final List<SwitchoverStep> steps;

    private final Deque<SwitchoverStep> intended = new ArrayDeque<>();
    private final Map<Phase, Long> began = new EnumMap<>(Phase.class);

    /**
     * @throws BackendException if the session's steps break its contract
     */
    Steps(SwitchoverSession session, Operation operation, OperationLog journal, Findings findings, TimeSource time) {
        this(session.steps(), operation, journal, findings, time);
        validate();
    }

    private Steps(
            List<SwitchoverStep> steps, Operation operation, OperationLog journal, Findings findings, TimeSource time) {
        this.instanceId = operation.request().instanceId();
        this.operation = operation;
        this.journal = journal;
        this.findings = findings;
        this.time = time;
        this.steps = List.copyOf(steps);
    }

    /** No steps: nothing had been begun. */
    static Steps none(Operation operation, OperationLog journal, Findings findings, TimeSource time) {
        return new Steps(List.of(), operation, journal, findings, time);
    }

    /**
     * The steps of a switchover whose process ended: each that may have been applied, and is not undone for certain, counts
     * as applied.
     *
     * @throws BackendException if the session's steps break its contract, or do not contain one that may have been applied
     */
    static Steps resumed(
            SwitchoverSession session,
            Operation operation,
            OperationLog journal,
            Findings findings,
            TimeSource time,
            Recollection past) {
        Steps steps = new Steps(session, operation, journal, findings, time);
        for (Recollection.Intent intent : past.intents()) {
            Duration ago = Duration.between(intent.at(), time.instant());
            steps.began.putIfAbsent(intent.phase(), time.nanoTime() - Math.max(0, ago.toNanos()));
            boolean standing = intent.phase().compareTo(Phase.PROMOTING) <= 0
                    && !past.undone().contains(intent.step());
            if (standing) {
                steps.intended.push(steps.named(intent));
            }
        }
        return steps;
    }

    private SwitchoverStep named(Recollection.Intent intent) {
        return steps.stream()
                .filter(step -> step.describe().name().equals(intent.step())
                        && step.describe().phase() == intent.phase())
                .findFirst()
                .orElseThrow(() -> new BackendException(
                        "the journal says that the step %s of %s was begun, which this version of the backend does not know"
                                .formatted(quoted(intent.step()), intent.phase())));
    }

    /** Whether a step that may stop writes was about to be applied. */
    boolean isFenceBegun() {
        return pauseBegan().isPresent();
    }

    /** Whether a step of this phase was called, whatever came of it. */
    boolean isApplied(Phase phase) {
        return began.containsKey(phase);
    }

    /** When the first step that stops writes was applied; an engine that switches by itself has no fence of its own. */
    Optional<Long> pauseBegan() {
        return Optional.ofNullable(began.get(Phase.FENCING)).or(() -> Optional.ofNullable(began.get(Phase.PROMOTING)));
    }

    /**
     * Applies the steps of a phase in order. Before the promotion, nothing is applied that the journal may not know of.
     *
     * @throws StepFailure if one fails
     */
    void apply(Phase phase, Deadline deadline) {
        for (SwitchoverStep step : steps) {
            if (step.describe().phase() == phase) {
                apply(phase, step, deadline);
            }
        }
    }

    private void apply(Phase phase, SwitchoverStep step, Deadline deadline) {
        String name = step.describe().name();
        if (deadline.isExpired()) {
            throw new StepFailure("no time was left to begin the step %s".formatted(quoted(name)), deadline);
        }
        boolean turnable = phase.compareTo(Phase.PROMOTING) <= 0;
        if (turnable) {
            journal.require(Kind.INTENT, phase, name, intent(step, deadline));
            intended.push(step);
        } else {
            journal.note(Kind.INTENT, phase, name, intent(step, deadline));
        }
        Context context = new Context(deadline);
        long start = time.nanoTime();
        began.putIfAbsent(phase, start);
        try {
            operation.interruptibly(() -> {
                step.apply(context);
                return true;
            });
        } catch (RuntimeException | Error e) {
            Map<String, String> facts = context.facts();
            facts.put("error", Text.message(e));
            journal.note(Kind.FAILED, phase, name, facts);
            throw new StepFailure("the step %s failed: %s".formatted(quoted(name), Text.message(e)), deadline, e);
        }
        Duration took = Duration.ofNanos(time.nanoTime() - start);
        if (phase == Phase.PROMOTING) {
            journal.holdBack();
        }
        Map<String, String> facts = context.facts();
        facts.put("took", took.toString());
        if (turnable && phase != Phase.PROMOTING) {
            journal.require(Kind.DONE, phase, name, facts);
        } else {
            journal.note(Kind.DONE, phase, name, facts);
        }
    }

    private Map<String, String> intent(SwitchoverStep step, Deadline deadline) {
        try {
            Map<String, String> intent = operation.interruptibly(() -> step.intent(deadline));
            if (intent == null) {
                throw new BackendException("it has no intent, not even an empty one: a defect of the backend");
            }
            intent.forEach((name, value) -> {
                if (name == null || value == null) {
                    throw new BackendException("its intent '%s' is %s: a defect of the backend".formatted(name, value));
                }
            });
            return intent;
        } catch (RuntimeException | Error e) {
            throw new StepFailure(
                    "the step %s could not be begun: %s"
                            .formatted(quoted(step.describe().name()), Text.message(e)),
                    deadline,
                    e);
        }
    }

    /**
     * Applies the steps of a phase after which there is no way back: an interrupt does not end it, and a failure ends it only
     * when it was met so many times.
     *
     * @throws StepFailure if a step keeps failing
     */
    void insist(Phase phase, Deadline deadline, int attempts) {
        int failures = 0;
        for (int attempt = 1; ; attempt++) {
            try {
                apply(phase, deadline);
                return;
            } catch (StepFailure e) {
                failures += operation.absorbInterrupt() ? 0 : 1;
                if (failures == attempts || !Backoff.await(attempt, deadline)) {
                    throw e;
                }
                log.debug("{}: attempt {} in {} failed, trying again", instanceId, attempt, phase, e);
            }
        }
    }

    /**
     * Undoes every step whose intent is in the journal, last first. Repeats an undo that fails until the deadline, because
     * the alternative is a person; interrupts are remembered and do not stop it.
     *
     * @return what could not be undone; empty if everything is undone
     */
    Optional<String> undo(Phase phase, Deadline deadline) {
        while (!intended.isEmpty()) {
            SwitchoverStep step = intended.element();
            String name = step.describe().name();
            journal.note(Kind.UNDO_INTENT, phase, name, Map.of());
            Optional<Throwable> failure = undo(step, deadline);
            if (failure.isPresent()) {
                String text = Text.message(failure.get());
                journal.note(Kind.FAILED, phase, name, Map.of("error", text));
                return Optional.of(
                        "the step %s could not be undone: %s%s".formatted(quoted(name), text, stillApplied()));
            }
            journal.note(Kind.UNDONE, phase, name, Map.of());
            intended.pop();
        }
        return Optional.empty();
    }

    /** What was begun before the step that could not be undone, and was therefore left as it is. */
    private String stillApplied() {
        String names = intended.stream()
                .skip(1)
                .map(step -> quoted(step.describe().name()))
                .collect(Collectors.joining(", "));
        return names.isEmpty() ? "" : "; therefore not undone either: " + names;
    }

    private Optional<Throwable> undo(SwitchoverStep step, Deadline deadline) {
        for (int attempt = 1; ; attempt++) {
            operation.absorbInterrupt();
            try {
                step.undo(new Context(deadline));
                return Optional.empty();
            } catch (VirtualMachineError e) {
                // What the machine lacks, another attempt would only lack again.
                return Optional.of(e);
            } catch (RuntimeException | Error e) {
                operation.absorbInterrupt();
                if (attempt == 1) {
                    log.warn(
                            "{}: undoing '{}' failed; it is repeated for {} ms",
                            instanceId,
                            step.describe().name(),
                            deadline.remaining().toMillis(),
                            e);
                } else {
                    log.debug(
                            "{}: undoing '{}' failed again",
                            instanceId,
                            step.describe().name(),
                            e);
                }
                if (!Backoff.await(attempt, deadline)) {
                    return Optional.of(e);
                }
            }
        }
    }

    private void validate() {
        Phase last = Phase.CATCHING_UP;
        int promotions = 0;
        for (SwitchoverStep step : steps) {
            Phase phase = step.describe().phase();
            boolean known = switch (phase) {
                case CATCHING_UP, FENCING, CONFIRMING_POSITION, PROMOTING, RELEASING, REJOINING -> true;
                default -> false;
            };
            if (!known || phase.compareTo(last) < 0) {
                throw new BackendException(
                        "the backend's step %s of %s is out of order after %s: a defect of the backend"
                                .formatted(quoted(step.describe().name()), phase, last));
            }
            last = phase;
            promotions += phase == Phase.PROMOTING ? 1 : 0;
        }
        if (promotions != 1) {
            throw new BackendException("the backend's plan has %d steps that promote, not 1: a defect of the backend"
                    .formatted(promotions));
        }
    }

    /** Passes on what a step reports, and keeps it for the step's own record. */
    private final class Context implements StepContext {

        private final Deadline deadline;
        private final Map<String, String> reported = Collections.synchronizedMap(new LinkedHashMap<>());

        Context(Deadline deadline) {
            this.deadline = deadline;
        }

        /** A figure that a step does not have costs no switchover. */
        private static String known(@Nullable String value) {
            return value == null ? "unknown" : value;
        }

        Map<String, String> facts() {
            synchronized (reported) {
                return new LinkedHashMap<>(reported);
            }
        }

        @Override
        public String operationId() {
            return operation.operationId();
        }

        @Override
        public Deadline deadline() {
            return deadline;
        }

        @Override
        public void note(String name, String value) {
            reported.put(known(name), known(value));
            findings.note(known(name), known(value));
        }

        @Override
        public void leftBehind(String where, String whatToDo) {
            reported.put("left on " + known(where), known(whatToDo));
            findings.leftBehind(known(where), known(whatToDo));
        }

        @Override
        public void fenceResult(FenceResult result) {
            Facts.put(reported, result);
            findings.fence(result);
        }

        @Override
        public void fencedPosition(String position) {
            reported.put("fencedPosition", known(position));
            findings.fencedPosition(known(position));
        }

        @Override
        public void promotedPosition(String position) {
            reported.put("promotedPosition", known(position));
            findings.promotedPosition(known(position));
        }

        @Override
        public void promotedTimeline(Timeline timeline) {
            findings.promotedTimeline(timeline);
        }
    }
}
