package io.switchover4j.examples.operator;

import io.switchover4j.HistoryEntry;
import io.switchover4j.Instance;
import io.switchover4j.LossLimit;
import io.switchover4j.MaintenanceWindow;
import io.switchover4j.Node;
import io.switchover4j.OnDrainTimeout;
import io.switchover4j.Preflight;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverException;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.TimeSource;
import io.switchover4j.Timing;
import io.switchover4j.UnknownInstanceException;
import io.switchover4j.UnknownRegionException;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.JournalException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Carries out commands on one coordinator. Thread-safe. */
final class Commands {

    private static final Set<String> LIMITS = Set.of(
            "--target",
            "--expect-primary",
            "--drain-timeout",
            "--on-drain-timeout",
            "--pause-budget",
            "--max-lag",
            "--accept-loss",
            "--by",
            "--reason");
    private static final String INSTANCE = "id of an instance";

    private final SwitchoverCoordinator coordinator;
    private final Followers followers;
    private final TimeSource time;

    /**
     * @param followers is a listener of the coordinator
     */
    Commands(SwitchoverCoordinator coordinator, Followers followers, TimeSource time) {
        this.coordinator = coordinator;
        this.followers = followers;
        this.time = time;
    }

    /**
     * Runs one command.
     *
     * @param words the command and what follows it
     * @param user who gave it
     */
    ExitCode run(List<String> words, String user, Output output) {
        try {
            return dispatch(words, user, output);
        } catch (UsageException e) {
            return failed(ExitCode.USAGE, e.getMessage() + ". Nothing was changed; see help.", output);
        } catch (IllegalArgumentException | UnknownInstanceException | UnknownRegionException e) {
            return failed(ExitCode.USAGE, e, output);
        } catch (SwitchoverException e) {
            return failed(ExitCode.REFUSED, e, output);
        } catch (BackendException | JournalException | IllegalStateException e) {
            return failed(ExitCode.FAILED, e, output);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return failed(ExitCode.FAILED, "Interrupted; what was started goes on.", output);
        }
    }

    private static ExitCode failed(ExitCode code, Exception e, Output output) {
        String message = e.getMessage();
        return failed(code, message == null ? e.toString() : message, output);
    }

    private static ExitCode failed(ExitCode code, String message, Output output) {
        output.err(message + "\n");
        return code;
    }

    private ExitCode dispatch(List<String> words, String user, Output output) throws InterruptedException {
        String command = words.isEmpty() ? "help" : words.get(0);
        List<String> rest = words.isEmpty() ? List.of() : words.subList(1, words.size());
        return switch (command) {
            case "instances" -> instances(rest, output);
            case "preflight" -> preflight(rest, user, output);
            case "switch" -> switchover(rest, user, output);
            case "failover" -> failover(rest, user, output);
            case "window" -> window(rest, output);
            case "cancel" -> cancel(rest, output);
            case "history" -> history(rest, output);
            case "help", "--help", "-h" -> {
                output.out(Help.TEXT);
                yield ExitCode.DONE;
            }
            default -> throw new UsageException("There is no command '%s'".formatted(command));
        };
    }

    private ExitCode instances(List<String> words, Output output) {
        Arguments arguments = new Arguments("instances", words, Set.of(), Set.of("--region"));
        List<String> ids = arguments.operands(1);
        Optional<String> region = arguments.text("--region");
        if (!ids.isEmpty() && region.isPresent()) {
            throw new UsageException("instances: give an id or --region, not both");
        }
        List<Instance> found = ids.isEmpty()
                ? region.map(coordinator::instances).orElseGet(coordinator::instances)
                : List.of(coordinator.instance(ids.get(0)));
        Table instances = new Table("INSTANCE", "REGION", "STATUS", "ENGINE", "EDITION", "WINDOW", "SWITCHOVER");
        Table nodes = new Table("INSTANCE", "NODE", "ROLE", "ZONE", "ENDPOINT", "REPLICATION", "LAG");
        for (Instance instance : found) {
            instances.row(
                    instance.id(),
                    instance.region(),
                    instance.status().name(),
                    instance.engine().toString(),
                    instance.edition().name(),
                    instance.maintenanceWindow()
                            .map(MaintenanceWindow::toString)
                            .orElse("-"),
                    switchover(instance.id()));
            instance.nodes().forEach(node -> nodes.row(cells(instance, node)));
        }
        output.out(instances + "\n" + nodes);
        return ExitCode.DONE;
    }

    private String switchover(String instanceId) {
        return coordinator
                .running(instanceId)
                .or(() -> coordinator.waiting(instanceId))
                .map(one -> one.startsAt().map(at -> "waits until " + at).orElse("in " + one.phase()) + ", asked by "
                        + one.request().requestedBy())
                .orElse("-");
    }

    private static String[] cells(Instance instance, Node node) {
        return new String[] {
            instance.id(),
            node.id(),
            node.role().name(),
            node.zone().toString(),
            node.endpoint().toString(),
            node.replication().map(replication -> replication.state().name()).orElse("-"),
            node.replication()
                    .filter(replication -> replication.lagBytes().isPresent())
                    .map(replication -> replication.lagBytes().getAsLong() + " B")
                    .orElse(node.detail().isEmpty() ? "-" : node.detail())
        };
    }

    private ExitCode preflight(List<String> words, String user, Output output) {
        Arguments arguments =
                new Arguments("preflight", words, Set.of("--failover", "--even-if-primary-answers"), LIMITS);
        SwitchoverRequest.Builder request = request(arguments, user);
        if (arguments.has("--failover")) {
            request.failover();
        }
        Preflight preflight = coordinator.preflight(request.build());
        output.out(preflight.describe());
        return preflight.isPassed() ? ExitCode.DONE : ExitCode.REFUSED;
    }

    private ExitCode switchover(List<String> words, String user, Output output) throws InterruptedException {
        Set<String> valued = new HashSet<>(LIMITS);
        valued.addAll(Set.of("--at", "--if-missed"));
        valued.remove("--accept-loss");
        Arguments arguments = new Arguments("switch", words, Set.of("--now", "--in-window", "--replace"), valued);
        SwitchoverRequest.Builder request = request(arguments, user).timing(timing(arguments));
        if (arguments.has("--replace")) {
            request.replace();
        }
        return start(request.build(), output);
    }

    private static Timing timing(Arguments arguments) {
        List<String> when = new ArrayList<>(List.of("--now", "--in-window", "--at"));
        when.removeIf(option -> !arguments.has(option));
        if (when.size() != 1) {
            throw new UsageException("switch: say when: either --now, --in-window or --at INSTANT");
        }
        Optional<Timing.IfMissed> ifMissed = arguments.choice("--if-missed", Timing.IfMissed.class);
        Timing.IfMissed answer = ifMissed.orElse(Timing.IfMissed.EXPIRE);
        if (arguments.has("--at")) {
            return Timing.at(arguments.instant("--at").orElseThrow()).ifMissed(answer);
        }
        if (arguments.has("--in-window")) {
            return Timing.inMaintenanceWindow().ifMissed(answer);
        }
        if (ifMissed.isPresent()) {
            throw new UsageException("switch: --if-missed says nothing about --now");
        }
        return Timing.now();
    }

    private ExitCode failover(List<String> words, String user, Output output) throws InterruptedException {
        Arguments arguments = new Arguments(
                "failover",
                words,
                Set.of("--even-if-primary-answers"),
                Set.of("--target", "--accept-loss", "--by", "--reason"));
        return start(request(arguments, user).failover().build(), output);
    }

    private static SwitchoverRequest.Builder request(Arguments arguments, String user) {
        SwitchoverRequest.Builder request = SwitchoverRequest.of(arguments.operand(INSTANCE))
                .requestedBy(
                        arguments.text("--by").orElse(user),
                        arguments.text("--reason").orElse(""));
        arguments.text("--target").ifPresent(request::target);
        arguments.text("--expect-primary").ifPresent(request::expectedPrimary);
        arguments.duration("--drain-timeout").ifPresent(request::drainTimeout);
        arguments.choice("--on-drain-timeout", OnDrainTimeout.class).ifPresent(request::onDrainTimeout);
        arguments.duration("--pause-budget").ifPresent(request::pauseBudget);
        arguments.number("--max-lag").ifPresent(request::maximumLagBytes);
        arguments.text("--accept-loss").map(LossLimit::parse).ifPresent(request::acceptLoss);
        if (arguments.has("--even-if-primary-answers")) {
            request.evenIfPrimaryAnswers();
        }
        return request;
    }

    private ExitCode start(SwitchoverRequest request, Output output) throws InterruptedException {
        try (Followers.Follower follower = followers.begin()) {
            Switchover switchover = coordinator.start(request);
            if (request.timing() != Timing.now() && switchover.startsAt().isPresent()) {
                output.out("Switchover %s of '%s' waits until %s.\n"
                        .formatted(
                                switchover.operationId(),
                                request.instanceId(),
                                switchover.startsAt().get()));
                return ExitCode.DONE;
            }
            Optional<SwitchoverReport> report = follower.follow(
                    switchover,
                    event -> output.out("%s  %-19s  %s\n"
                            .formatted(event.at().truncatedTo(ChronoUnit.MILLIS), event.to(), event.message())));
            if (report.isEmpty()) {
                return failed(ExitCode.FAILED, "The coordinator was closed; see history.", output);
            }
            output.out("\n" + report.get().describe());
            return code(report.get());
        }
    }

    private static ExitCode code(SwitchoverReport report) {
        return switch (report.outcome()) {
            case COMPLETED -> ExitCode.DONE;
            case COMPLETED_DEGRADED, NEEDS_OPERATOR -> ExitCode.LOOK_AT_NODES;
            default -> ExitCode.REFUSED;
        };
    }

    private ExitCode window(List<String> words, Output output) {
        Arguments arguments = new Arguments("window", words, Set.of(), Set.of());
        List<String> operands = arguments.operands(2);
        String id = operands.isEmpty() ? arguments.operand(INSTANCE) : operands.get(0);
        if (operands.size() == 2) {
            coordinator.modifyMaintenanceWindow(id, MaintenanceWindow.parse(operands.get(1)));
        }
        Optional<MaintenanceWindow> window = coordinator.instance(id).maintenanceWindow();
        output.out(window.map(this::described).orElse("'%s' has no maintenance window.\n".formatted(id)));
        coordinator
                .waiting(id)
                .flatMap(Switchover::startsAt)
                .ifPresent(at -> output.out("A switchover waits until %s.\n".formatted(at)));
        return ExitCode.DONE;
    }

    private String described(MaintenanceWindow window) {
        Instant now = time.instant();
        return window.isOpen(now)
                ? "%s: open for another %s\n".formatted(window, seconds(window.remaining(now)))
                : "%s: opens at %s\n".formatted(window, window.nextOpening(now));
    }

    private static Duration seconds(Duration duration) {
        return duration.truncatedTo(ChronoUnit.SECONDS);
    }

    private ExitCode cancel(List<String> words, Output output) throws InterruptedException {
        Arguments arguments = new Arguments("cancel", words, Set.of(), Set.of());
        SwitchoverReport report =
                coordinator.cancel(arguments.operand(INSTANCE)).await();
        output.out("%s: %s\n".formatted(report.outcome(), report.message()));
        return ExitCode.DONE;
    }

    private ExitCode history(List<String> words, Output output) {
        Arguments arguments = new Arguments("history", words, Set.of("--details"), Set.of("--last"));
        List<HistoryEntry> all = coordinator.history(arguments.operand(INSTANCE));
        long last = arguments.number("--last").orElse(20L);
        if (last < 1) {
            throw new UsageException("history: --last is '%d'; it must be 1 or more".formatted(last));
        }
        List<HistoryEntry> shown = all.subList((int) Math.max(0, all.size() - last), all.size());
        if (arguments.has("--details")) {
            shown.forEach(entry -> output.out(entry.describe() + "\n"));
            return ExitCode.DONE;
        }
        Table table = new Table("REQUESTED", "SWITCHOVER", "BY", "WHY", "OUTCOME", "PRIMARY", "PAUSE");
        for (HistoryEntry entry : shown) {
            table.row(
                    entry.requestedAt().truncatedTo(ChronoUnit.SECONDS).toString(),
                    entry.operationId(),
                    entry.requestedBy(),
                    entry.reason().isEmpty() ? "-" : entry.reason(),
                    entry.phase().name(),
                    entry.oldPrimary().orElse("?") + " -> "
                            + entry.newPrimary().orElse(entry.endedAt().isPresent() ? "?" : "..."),
                    entry.writePause().map(pause -> pause.toMillis() + " ms").orElse("-"));
        }
        output.out(shown.isEmpty() ? "Nothing was ever switched.\n" : table.toString());
        return ExitCode.DONE;
    }
}
