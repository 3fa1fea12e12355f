package io.switchover4j.internal;

import static io.switchover4j.internal.Text.millis;
import static io.switchover4j.internal.Text.quoted;

import io.switchover4j.FailoverResult;
import io.switchover4j.FenceResult;
import io.switchover4j.HistoryEntry;
import io.switchover4j.LossEstimate;
import io.switchover4j.Node;
import io.switchover4j.Phase;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverReport.PhaseTiming;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.spi.JournalRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Says how a switchover ended: what failed and why, what was changed, who is writable, what to do. Pure. */
final class Reports {

    private final Phase end;
    private final Findings findings;
    private final Optional<String> journalTrouble;
    private final boolean failover;
    private final String head;
    private final String oldPrimary;
    private final String target;

    private Reports(SwitchoverRequest request, Phase end, Findings findings, Optional<String> journalTrouble) {
        this.end = end;
        this.findings = findings;
        this.journalTrouble = journalTrouble;
        this.failover = request.isFailover();
        this.oldPrimary =
                findings.oldPrimaryIfKnown().map(node -> quoted(node.id())).orElse("the primary");
        this.target = findings.targetIfKnown().map(node -> quoted(node.id())).orElse("the target");
        this.head = (failover ? "Failover of " : "Switchover of ") + quoted(request.instanceId()) + route();
    }

    static SwitchoverReport report(
            Operation operation,
            Phase end,
            Findings findings,
            List<PhaseTiming> timings,
            Optional<String> journalTrouble) {
        SwitchoverRequest request = operation.request();
        Reports words = new Reports(request, end, findings, journalTrouble);
        return new SwitchoverReport(
                request.instanceId(),
                operation.operationId(),
                end,
                words.message(),
                findings.oldPrimaryIfKnown().map(Node::id),
                findings.primaryNow().map(Node::id),
                findings.targetIfKnown().map(Node::id),
                startedAt(timings, operation.since()),
                timings,
                findings.predictedPause(),
                findings.writePause(),
                findings.hold(),
                findings.fencedPosition(),
                findings.promotedPosition(),
                findings.checks(),
                findings.notes(),
                request.isFailover()
                        ? Optional.of(
                                new FailoverResult(findings.estimatedLoss(), request.acceptedLoss(), findings.fence()))
                        : Optional.empty(),
                request.requestedBy(),
                request.reason());
    }

    /** What the journal tells of a switchover that another process brought to its end. */
    static SwitchoverReport remembered(List<JournalRecord> records) {
        HistoryEntry entry = Histories.of(records).get(0);
        Recollection past = new Recollection(records);
        Map<String, String> ended = records.get(records.size() - 1).facts();
        return new SwitchoverReport(
                entry.instanceId(),
                entry.operationId(),
                entry.phase(),
                entry.message(),
                entry.oldPrimary(),
                entry.newPrimary(),
                entry.target(),
                startedAt(entry.phases(), entry.requestedAt()),
                entry.phases(),
                Optional.empty(),
                entry.writePause(),
                Optional.ofNullable(ended.get(Facts.HOLD)).map(Duration::parse),
                past.fencedPosition(),
                past.promotedPosition(),
                List.of(),
                past.notes(),
                entry.failover(),
                entry.requestedBy(),
                entry.reason());
    }

    private static Instant startedAt(List<PhaseTiming> timings, Instant requestedAt) {
        return timings.stream()
                .filter(timing -> timing.phase() != Phase.SCHEDULED)
                .findFirst()
                .map(PhaseTiming::at)
                .orElse(requestedAt);
    }

    private String message() {
        String message = switch (end) {
            case COMPLETED ->
                "%s completed%s. %s follows %s as a standby.%s".formatted(head, pauses(), oldPrimary, target, doubt());
            case COMPLETED_DEGRADED ->
                "%s promoted %s%s, but was not finished: %s. %s%s Look at %s and at replication: until a standby follows, the instance has none to switch to."
                        .formatted(head, target, pauses(), why(), writable(), doubt(), oldPrimary);
            case REJECTED ->
                "%s was refused: %s. Nothing was changed; %s%s".formatted(head, why(), writableUnchanged(), advice());
            case ABORTED ->
                "%s was given up in %s: %s. %s; %s%s"
                        .formatted(head, failedIn(), why(), undone(), writableUnchanged(), advice());
            case CANCELLED ->
                "%s was cancelled in %s: %s. %s; %s%s"
                        .formatted(head, failedIn(), why(), undone(), writableUnchanged(), advice());
            case EXPIRED ->
                "%s did not start before its time had passed: %s. Nothing was changed.%s"
                        .formatted(head, why(), advice());
            case ROLLED_BACK ->
                "%s was rolled back from %s: %s. %s was not promoted; %s takes writes again%s.%s%s"
                        .formatted(head, failedIn(), why(), target, oldPrimary, pauses(), doubt(), advice());
            case NEEDS_OPERATOR ->
                "%s needs an operator: %s. %s%s Look at every node, make sure that only one of %s and %s can take writes, then repair replication to the other."
                        .formatted(head, why(), writable(), observed(), oldPrimary, target);
            default -> throw new IllegalArgumentException(end + " is no end");
        };
        return message + price() + leftBehind() + unreleased() + unrecorded();
    }

    /** What a failover cost, once the target may have been promoted. */
    private String price() {
        boolean paid = end == Phase.COMPLETED || end == Phase.COMPLETED_DEGRADED || end == Phase.NEEDS_OPERATOR;
        if (!failover || !paid) {
            return "";
        }
        String lost = findings.estimatedLoss()
                .map(LossEstimate::describe)
                .map(" Estimated loss: %s."::formatted)
                .orElse("");
        String fence = findings.fence()
                .map(
                        result -> " %s: %s.%s"
                                .formatted(
                                        oldPrimary,
                                        result,
                                        result.outcome() == FenceResult.Outcome.FENCED || end == Phase.COMPLETED
                                                ? ""
                                                : " It may still take writes from whoever reaches it, and they are lost: stop it."))
                .orElse("");
        return lost + fence;
    }

    private String route() {
        String from =
                findings.oldPrimaryIfKnown().map(node -> " from " + oldPrimary).orElse("");
        String to = findings.targetIfKnown().map(node -> " to " + target).orElse("");
        return from + to;
    }

    private String why() {
        return findings.causes().stream().map(Cause::what).distinct().collect(Collectors.joining("; then "));
    }

    private String failedIn() {
        return findings.causes().stream()
                .map(cause -> cause.phase().name())
                .findFirst()
                .orElse("an unknown phase");
    }

    private String advice() {
        return findings.causes().stream()
                .map(Cause::advice)
                .filter(advice -> !advice.isEmpty())
                .distinct()
                .map(advice -> " " + advice)
                .collect(Collectors.joining());
    }

    private String undone() {
        boolean begun =
                findings.causes().stream().anyMatch(cause -> cause.phase().compareTo(Phase.CATCHING_UP) >= 0);
        if (!begun) {
            return "Nothing was changed";
        }
        return findings.leftBehind().isEmpty()
                ? "Everything was undone, nothing was promoted"
                : "Nothing was promoted, but not everything was undone";
    }

    private String writableUnchanged() {
        if (findings.instanceIfKnown().isEmpty()) {
            return "who takes writes now was not asked.";
        }
        return findings.primaryNow().map(this::primary).orElseGet(this::noPrimary);
    }

    private String primary(Node node) {
        boolean another = findings.oldPrimaryIfKnown()
                .filter(old -> !old.id().equals(node.id()))
                .isPresent();
        boolean lookedAgain = end != Phase.REJECTED && !failedIn().equals(Phase.SCHEDULED.name());
        // Who was refused cannot know what the holder of the lease has done since.
        String form = !lookedAgain
                ? "%s was observed as the primary."
                : another
                        ? "%s is the primary now, not %s: that was not done by this switchover."
                        : "%s is the primary; its writes were not stopped.";
        return form.formatted(quoted(node.id()), oldPrimary);
    }

    private String noPrimary() {
        if (failover) {
            return "no node is known to take writes.";
        }
        return findings.evidence()
                .map(seen ->
                        "which node takes writes now is not known: %s. Look at every node; if %s does not come back, ask for a failover."
                                .formatted(seen, oldPrimary))
                .orElse("who is the primary could not be found out.");
    }

    private String writable() {
        return findings.primaryNow()
                .map(node -> "%s says that it is primary.".formatted(quoted(node.id())))
                .orElse("Who takes writes is unknown.");
    }

    private String observed() {
        return findings.evidence().map(seen -> " Observed: " + seen + ".").orElse("");
    }

    private String doubt() {
        boolean doubted = findings.causes().stream().anyMatch(cause -> cause.phase() == Phase.PROMOTING);
        if (!doubted || end == Phase.COMPLETED_DEGRADED) {
            return "";
        }
        return end == Phase.COMPLETED
                ? " The promotion had been in doubt (%s) and was then observed%s."
                        .formatted(
                                why(),
                                findings.evidence().map(seen -> ": " + seen).orElse(""))
                : observed();
    }

    private String pauses() {
        String write = findings.writePause()
                .map(pause -> ", writes paused for " + millis(pause))
                .orElse("");
        String hold = findings.hold()
                .map(held -> ", traffic was held for " + millis(held))
                .orElse("");
        return write + hold;
    }

    private String leftBehind() {
        StringBuilder all = new StringBuilder();
        findings.leftBehind()
                .forEach((where, whatToDo) -> all.append(" Left behind on %s; clear it away there: %s."
                        .formatted(quoted(where), Text.withoutStop(whatToDo))));
        return all.toString();
    }

    private String unreleased() {
        StringBuilder all = new StringBuilder();
        findings.unreleased()
                .forEach((participant, why) -> all.append(
                        " Participant %s failed to release its traffic: %s; it goes on by itself when its hold ends."
                                .formatted(quoted(participant), why)));
        return all.toString();
    }

    private String unrecorded() {
        return journalTrouble.map(" %s."::formatted).orElse("");
    }
}
