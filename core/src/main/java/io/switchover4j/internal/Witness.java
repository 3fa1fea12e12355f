package io.switchover4j.internal;

import static io.switchover4j.internal.Text.quoted;

import io.switchover4j.Instance;
import io.switchover4j.Node;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.Resolution;
import io.switchover4j.spi.Resolution.Verdict;
import io.switchover4j.spi.SwitchoverSession;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out who is primary where that is in doubt, and notes it in the findings. Interrupts are put aside: an answer is worth
 * more than an early end. Confined to the runner's thread.
 */
final class Witness {

    private static final Logger log = LoggerFactory.getLogger(Witness.class);

    private final Examiner examiner;
    private final Operation operation;
    private final Findings findings;

    Witness(Examiner examiner, Operation operation, Findings findings) {
        this.examiner = examiner;
        this.operation = operation;
        this.findings = findings;
    }

    /** Asks until there is an answer, or the deadline has passed. */
    Verdict resolve(SwitchoverSession session, Deadline deadline) {
        for (int attempt = 1; ; attempt++) {
            operation.absorbInterrupt();
            Resolution seen = ask(session, deadline);
            findings.evidence(seen.evidence());
            boolean answered = seen.verdict() != Verdict.UNKNOWN;
            if (answered || !Backoff.await(attempt, deadline)) {
                findings.primaryNow(seen.verdict() == Verdict.PROMOTED ? findings.targetIfKnown() : Optional.empty());
                return seen.verdict();
            }
        }
    }

    private Resolution ask(SwitchoverSession session, Deadline deadline) {
        try {
            return session.resolve(deadline);
        } catch (VirtualMachineError e) {
            throw e;
        } catch (RuntimeException | Error e) {
            log.debug("{}: resolving failed", id(), e);
            return new Resolution(Verdict.UNKNOWN, Text.message(e));
        }
    }

    /**
     * Waits until the old primary says that it is primary.
     *
     * @return why that is in doubt; empty if it was seen
     */
    Optional<String> awaitOldPrimary(Deadline deadline) {
        String expected = findings.oldPrimary().id();
        for (int attempt = 1; ; attempt++) {
            operation.absorbInterrupt();
            String seen;
            try {
                Instance instance = examiner.observe(id(), deadline);
                Optional<Node> primary = instance.primary();
                findings.primaryNow(primary);
                if (primary.filter(node -> node.id().equals(expected)).isPresent()) {
                    return Optional.empty();
                }
                seen = SharedChecks.roles(instance.nodes());
            } catch (VirtualMachineError e) {
                throw e;
            } catch (RuntimeException | Error e) {
                log.debug("{}: the old primary could not be observed", id(), e);
                seen = Text.message(e);
            }
            if (!Backoff.await(attempt, deadline)) {
                return Optional.of("%s is not seen to be primary again: %s".formatted(quoted(expected), seen));
            }
        }
    }

    /** One look, for the report and for where traffic is released to. */
    void lookAgain() {
        operation.absorbInterrupt();
        try {
            Instance instance = examiner.observe(id());
            findings.primaryNow(instance.primary());
            findings.evidence(SharedChecks.roles(instance.nodes()));
        } catch (RuntimeException | Error e) {
            findings.primaryNow(Optional.empty());
            findings.evidence("the nodes could not be observed: " + Text.message(e));
        }
    }

    private String id() {
        return operation.request().instanceId();
    }
}
