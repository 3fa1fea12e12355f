package io.switchover4j.internal;

import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** The facts that journal records carry: written here, read by {@link Histories}, so that both agree on the names. */
final class Facts {

    static final String REQUESTED_BY = "requestedBy";
    static final String REASON = "reason";
    static final String TARGET = "target";
    static final String OLD_PRIMARY = "oldPrimary";
    static final String NEW_PRIMARY = "newPrimary";
    static final String WRITE_PAUSE = "writePause";
    static final String MESSAGE = "message";

    private Facts() {}

    static Map<String, String> of(SwitchoverRequest request) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put(REQUESTED_BY, request.requestedBy());
        facts.put(REASON, request.reason());
        request.target().ifPresent(target -> facts.put(TARGET, target));
        facts.put("timing", request.timing().toString());
        facts.put("catchUpTimeout", request.catchUpTimeout().toString());
        facts.put("drainTimeout", request.drainTimeout().toString());
        facts.put("onDrainTimeout", request.onDrainTimeout().toString());
        facts.put("pauseBudget", request.pauseBudget().toString());
        facts.put("rejoinTimeout", request.rejoinTimeout().toString());
        facts.put("maximumLagBytes", Long.toString(request.maximumLagBytes()));
        return facts;
    }

    static Map<String, String> of(Event event, String why, Findings findings) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("event", event.name());
        facts.put("why", why);
        findings.oldPrimaryIfKnown().ifPresent(node -> facts.put(OLD_PRIMARY, node.id()));
        findings.targetIfKnown().ifPresent(node -> facts.put(TARGET, node.id()));
        findings.fencedPosition().ifPresent(position -> facts.put("fencedPosition", position));
        findings.promotedPosition().ifPresent(position -> facts.put("promotedPosition", position));
        return facts;
    }

    static Map<String, String> of(SwitchoverReport report) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put(MESSAGE, report.message());
        report.oldPrimary().ifPresent(node -> facts.put(OLD_PRIMARY, node));
        report.newPrimary().ifPresent(node -> facts.put(NEW_PRIMARY, node));
        report.target().ifPresent(node -> facts.put(TARGET, node));
        report.writePause().map(Duration::toString).ifPresent(pause -> facts.put(WRITE_PAUSE, pause));
        report.hold().map(Duration::toString).ifPresent(hold -> facts.put("hold", hold));
        return facts;
    }
}
