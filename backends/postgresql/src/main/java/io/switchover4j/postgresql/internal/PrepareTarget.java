package io.switchover4j.postgresql.internal;

import io.switchover4j.PlannedStep;
import io.switchover4j.postgresql.Credentials;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.StepContext;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Changes on the target what the pause must not wait for. */
final class PrepareTarget extends Step {

    /** At its default of 5 s a promotion that comes while replication is being retried waits for the whole interval. */
    static final String RETRY_INTERVAL = "wal_retrieve_retry_interval";

    static final String RETRY_VALUE = "10ms";

    private static final long SHORT_INTERVAL = 10;

    private static final String OLD_TIMELINE = "old timeline";

    private static final String SLOT = "slot";

    private static final String SET = "SET ";

    private static final String UNSET = "RESET";

    private static final Logger log = LoggerFactory.getLogger(PrepareTarget.class);

    static final String SYNCHRONOUS = "synchronous_standby_names";

    PrepareTarget(Operation operation, PlannedStep description) {
        super(operation, description);
    }

    @Override
    public void apply(StepContext context) {
        Deadline deadline = context.deadline();
        PgSession target = operation.lease().target();
        PgSession primary = operation.lease().primary();
        // A pair that waits for a standby which has just gone must not hold us here.
        primary.run("relax our own commits", "SET synchronous_commit = local", deadline);
        Marker.ensureTable(primary, deadline);
        changeTarget(context, target);
    }

    /** What can be done without a primary. */
    void changeTarget(StepContext context, PgSession target) {
        operation.rejoinInfo(rejoinInfo(operation, target, context.deadline()));
        operation.lineage(target.one(
                "ask whose timelines it has",
                "SELECT system_identifier FROM pg_control_system()",
                context.deadline(),
                row -> row.getString(1)));
        changeSettings(context, target);
        removeStaleMarks(context, target);
        createSlot(target, context.deadline());
    }

    /** What the settings were is known nowhere else once they are changed. */
    @Override
    public Map<String, String> intent(Deadline deadline) {
        PgSession target = operation.lease().target();
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put(OLD_TIMELINE, Integer.toString(operation.oldTimeline()));
        facts.put(SLOT, TemporarySettings.setting("primary_slot_name", target, deadline));
        if (interval(target, deadline) > SHORT_INTERVAL) {
            facts.put(RETRY_INTERVAL, saved(RETRY_INTERVAL));
        }
        if (!TemporarySettings.setting(SYNCHRONOUS, target, deadline).isEmpty()) {
            facts.put(SYNCHRONOUS, saved(SYNCHRONOUS));
        }
        return facts;
    }

    private String saved(String name) {
        return operation.targetSettings().saved(name).map(SET::concat).orElse(UNSET);
    }

    /** Takes up what {@link #intent} had said in a process before this one. */
    static void recall(Operation operation, Map<String, String> facts) {
        operation.mirroredSlot(facts.getOrDefault(SLOT, ""));
        recall(operation, RETRY_INTERVAL, RETRY_VALUE, facts);
        recall(operation, SYNCHRONOUS, "", facts);
    }

    private static void recall(Operation operation, String name, String value, Map<String, String> facts) {
        String saved = facts.get(name);
        if (saved != null) {
            Optional<String> before =
                    saved.startsWith(SET) ? Optional.of(saved.substring(SET.length())) : Optional.empty();
            operation.targetSettings().recall(name, before, value);
        }
    }

    /**
     * @throws BackendException if {@link #intent} did not say it
     */
    static int oldTimeline(Map<String, String> facts) {
        String timeline = facts.getOrDefault(OLD_TIMELINE, "");
        try {
            return Integer.parseInt(timeline);
        } catch (NumberFormatException e) {
            throw new BackendException("The journal says '%s' of the old primary's timeline".formatted(timeline), e);
        }
    }

    private static long interval(PgSession target, Deadline deadline) {
        return target.one(
                "read " + RETRY_INTERVAL,
                "SELECT setting::bigint FROM pg_settings WHERE name = ?",
                deadline,
                row -> row.getLong(1),
                RETRY_INTERVAL);
    }

    private void changeSettings(StepContext context, PgSession target) {
        Deadline deadline = context.deadline();
        long interval = interval(target, deadline);
        if (interval > SHORT_INTERVAL) {
            context.note(
                    RETRY_INTERVAL, "%s for the time of the switchover, was %d ms".formatted(RETRY_VALUE, interval));
            operation.targetSettings().change(RETRY_INTERVAL, RETRY_VALUE, target, deadline);
        }
        String names = TemporarySettings.setting(SYNCHRONOUS, target, deadline);
        if (!names.isEmpty()) {
            // Else the first commit on the new primary would wait until the old one has rejoined.
            context.note(
                    SYNCHRONOUS,
                    "'' until '%s' streams, was '%s'"
                            .formatted(operation.oldPrimary().id(), names));
            operation.targetSettings().change(SYNCHRONOUS, "", target, deadline);
        }
    }

    /** Left by a switchover that died before it promoted: the target streams again, and its lock is ours. */
    private void removeStaleMarks(StepContext context, PgSession target) {
        for (String mark : IntentMark.all(target, context.deadline())) {
            if (!operation.mark().isNamed(mark)) {
                context.note("removed mark", mark);
                Slots.drop(mark, target, context.deadline());
            }
        }
    }

    /**
     * The log that the old primary will need must be kept on the target. Where the pair streams through a slot the other
     * direction gets one of the same name; where it does not, a slot of this session does until the old primary streams.
     */
    private void createSlot(PgSession target, Deadline deadline) {
        String name = TemporarySettings.setting("primary_slot_name", target, deadline);
        operation.mirroredSlot(name);
        if (name.isEmpty()) {
            String keep = SlotNames.keep(operation.id());
            if (!Slots.exists(keep, target, deadline)) {
                Slots.create(keep, true, true, target, deadline);
            }
            return;
        }
        Slots.drop(name, target, deadline);
        if (!Slots.exists(name, target, deadline)) {
            Slots.create(name, true, false, target, deadline);
        }
    }

    /** What the target uses to reach the old primary, turned around. */
    static ConnInfo rejoinInfo(Operation operation, PgSession target, Deadline deadline) {
        NodeConfig old = operation.oldPrimary();
        NodeConfig next = operation.target();
        ConnInfo info;
        try {
            info = ConnInfo.parse(TemporarySettings.setting("primary_conninfo", target, deadline));
        } catch (IllegalArgumentException e) {
            throw new BackendException(
                    "The primary_conninfo of %s could not be understood: %s".formatted(next, e.getMessage()), e);
        }
        if (operation.connector().settings().replication().isPresent()) {
            Credentials credentials = Connector.supplied(
                    operation.connector().settings().replication().get());
            info = info.with("user", credentials.user())
                    .with("password", credentials.password())
                    .without("passfile");
        }
        return info.without("hostaddr")
                .with("host", next.replicationEndpoint().host())
                .with("port", Integer.toString(next.replicationEndpoint().port()))
                .with("application_name", old.applicationName());
    }

    @Override
    public void undo(StepContext context) {
        try {
            restore(operation.connector().probeDeadline(context.deadline()));
        } catch (BackendException e) {
            // No reason to call an operator in a hurry: who takes writes does not depend on it.
            String todo = operation.targetSettings().howToRestore() + slotToDrop();
            context.leftBehind(operation.target().id(), todo);
            log.warn(
                    "{}: {} was not restored ({}); run there: {}",
                    operation.instance().id(),
                    operation.target(),
                    e.getMessage(),
                    todo);
        }
    }

    private String slotToDrop() {
        return operation.mirroredSlot().isEmpty()
                ? ""
                : " SELECT pg_drop_replication_slot('%s');".formatted(operation.mirroredSlot());
    }

    private void restore(Deadline deadline) {
        PgSession target = operation.lease().regainTarget(deadline);
        operation.targetSettings().restore(RETRY_INTERVAL, target, deadline);
        operation.targetSettings().restore(SYNCHRONOUS, target, deadline);
        Slots.drop(SlotNames.keep(operation.id()), target, deadline);
        if (!operation.mirroredSlot().isEmpty()) {
            Slots.drop(operation.mirroredSlot(), target, deadline);
        }
    }
}
