package io.switchover4j.examples.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.simulated.Call;
import io.switchover4j.simulated.DirectThreads;
import io.switchover4j.simulated.Fault;
import io.switchover4j.simulated.ManualTime;
import io.switchover4j.simulated.SimulatedBackend;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What each command does, prints and answers the shell, on a simulated pair. */
class CommandsTest {

    private final ManualTime time = ManualTime.at(Instant.parse("2026-03-01T21:00:00Z"));
    private final SimulatedBackend backend =
            SimulatedBackend.builder().time(time).pair("orders").build();
    private final Followers followers = new Followers();
    private final SwitchoverCoordinator coordinator = SwitchoverCoordinator.builder()
            .backend(backend)
            .timeSource(backend.timeSource())
            .threadFactory(new DirectThreads())
            .listener(followers)
            .build();
    private final Commands commands = new Commands(coordinator, followers, time);
    private final StringBuilder out = new StringBuilder();
    private final StringBuilder err = new StringBuilder();

    @AfterEach
    void close() {
        coordinator.close();
    }

    private ExitCode run(String line) {
        out.setLength(0);
        err.setLength(0);
        return commands.run(Words.split(line), "alice", new Output() {
            @Override
            public void out(String text) {
                out.append(text);
            }

            @Override
            public void err(String text) {
                err.append(text);
            }
        });
    }

    @Test
    void instancesShowsWhatThereIsAndWhatWaits() {
        run("window orders 22:00Z-02:00Z");
        run("switch orders --in-window --by bob");

        assertThat(run("instances")).isEqualTo(ExitCode.DONE);

        assertThat(out.toString().lines().toList().get(1))
                .startsWith("orders")
                .contains("RUNNING", "22:00Z-02:00Z", "waits until 2026-03-01T22:00:00Z, asked by bob");
        assertThat(out.toString())
                .contains("orders    a     PRIMARY")
                .contains("orders    b     STANDBY")
                .contains("STREAMING");
        assertThat(run("instances orders --region mars")).isEqualTo(ExitCode.USAGE);
        assertThat(run("instances --region mars")).isEqualTo(ExitCode.USAGE);
        assertThat(err).contains("There is no region 'mars'");
    }

    @Test
    void preflightChangesNothing() {
        assertThat(run("preflight orders --target b")).isEqualTo(ExitCode.DONE);
        assertThat(out).contains("Preflight of 'orders'", "verdict", "Predicted pause", "Nothing was changed.");

        assertThat(run("preflight orders --target a")).isEqualTo(ExitCode.REFUSED);
        assertThat(out).contains("'a' is the primary already");

        assertThat(run("preflight orders --failover")).isEqualTo(ExitCode.REFUSED);
        assertThat(out).contains("Estimated loss");
        assertThat(backend.writableNodes("orders")).containsExactly("a");
    }

    @Test
    void switchNowShowsEachPhaseAndTheReport() {
        assertThat(run("switch orders --now --reason 'kernel update'")).isEqualTo(ExitCode.DONE);

        assertThat(out)
                .containsSubsequence("CHECKING", "DRAINING", "FENCING", "PROMOTING", "REJOINING", "COMPLETED: ")
                .contains("alice: kernel update");
        assertThat(backend.writableNodes("orders")).containsExactly("b");
        assertThat(run("history orders")).isEqualTo(ExitCode.DONE);
        assertThat(out).contains("alice", "kernel update", "COMPLETED", "a -> b", " ms");
        run("history orders --details --last 1");
        assertThat(out).contains("CONFIRMING_POSITION", "requested by");
    }

    @Test
    void whatIsRolledBackIsNoSuccess() {
        backend.failNext(Call.CONFIRM_POSITION, Fault.error("the target lags"));

        assertThat(run("switch orders --now")).isEqualTo(ExitCode.REFUSED);

        assertThat(out).contains("ROLLED_BACK: ");
        assertThat(backend.writableNodes("orders")).containsExactly("a");
    }

    @Test
    void whatNeedsAPersonHasACodeOfItsOwn() {
        backend.failNext(Call.CONFIRM_POSITION, Fault.error("the target lags"));
        backend.failAlways(Call.UNDO_FENCE, Fault.error("it does not start"));

        assertThat(run("switch orders --now")).isEqualTo(ExitCode.LOOK_AT_NODES);

        assertThat(out).contains("NEEDS_OPERATOR: ");
    }

    @Test
    void whatWaitsIsShownMovedReplacedAndCancelled() {
        assertThat(run("switch orders --in-window")).isEqualTo(ExitCode.REFUSED);
        assertThat(err).contains("maintenance window");
        assertThat(run("window orders")).isEqualTo(ExitCode.DONE);
        assertThat(out.toString()).isEqualTo("'orders' has no maintenance window.\n");

        assertThat(run("window orders 22:00Z-02:00Z")).isEqualTo(ExitCode.DONE);
        assertThat(out.toString()).isEqualTo("22:00Z-02:00Z: opens at 2026-03-01T22:00:00Z\n");
        assertThat(run("switch orders --in-window")).isEqualTo(ExitCode.DONE);
        assertThat(out).contains("waits until 2026-03-01T22:00:00Z");
        assertThat(run("switch orders --at 2026-03-01T23:00:00Z")).isEqualTo(ExitCode.REFUSED);
        assertThat(err).contains("'alice'", "2026-03-01T22:00:00Z");
        run("window orders 23:00Z-02:00Z");
        assertThat(out).contains("A switchover waits until 2026-03-01T23:00:00Z.");
        assertThat(run("switch orders --at 2026-03-02T01:00:00Z --replace")).isEqualTo(ExitCode.DONE);

        assertThat(run("cancel orders")).isEqualTo(ExitCode.DONE);
        assertThat(out).startsWith("CANCELLED: ");
        assertThat(run("cancel orders")).isEqualTo(ExitCode.REFUSED);
        run("history orders");
        assertThat(out.toString().lines()).hasSize(3);
        assertThat(backend.writableNodes("orders")).containsExactly("a");
    }

    @Test
    void aFailoverSaysWhatItWouldLoseAndAsksForIt() {
        backend.node("orders", "a").crash();

        assertThat(run("failover orders")).isEqualTo(ExitCode.REFUSED);
        assertThat(out).contains("estimated loss");
        assertThat(run("failover orders --accept-loss unlimited")).isIn(ExitCode.DONE, ExitCode.LOOK_AT_NODES);

        assertThat(backend.writableNodes("orders")).containsExactly("b");
    }

    @Test
    void aBackendThatCannotAnswerIsNoUsageError() {
        backend.failNext(Call.DESCRIBE, Fault.error("the network is gone"));

        assertThat(run("instances orders")).isEqualTo(ExitCode.FAILED);

        assertThat(err).contains("the network is gone");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "frobnicate                                  | There is no command 'frobnicate'",
                "switch                                      | switch: the id of an instance is missing",
                "switch orders                               | switch: say when: either --now, --in-window or --at INSTANT",
                "switch orders --now --in-window             | switch: say when",
                "switch orders --now --now                   | switch: --now is given twice",
                "switch orders --at tomorrow                 | --at is 'tomorrow'; it must be a moment in UTC such as 2026-03-01T22:00:00Z",
                "switch orders --at                          | switch: --at needs a value",
                "switch orders --at 2020-01-01T00:00:00Z     | The time 2020-01-01T00:00:00Z of the switchover of 'orders' is in the past",
                "switch orders --now --if-missed expire      | --if-missed says nothing about --now",
                "switch orders --in-window --if-missed never | --if-missed is 'never'; it must be expire or next-opening",
                "switch orders --now --drain-timeout fast    | --drain-timeout is 'fast'; it must be a duration such as 500ms",
                "switch orders --now --drain-timeout -2s     | --drain-timeout is '-2s'; it must be a duration",
                "switch orders --now --pause-budget 0s       | pauseBudget is PT0S; it must be positive",
                "switch orders --now --max-lag much          | --max-lag is 'much'; it must be a whole number",
                "switch orders --now --max-lag -1            | maximumLagBytes is -1",
                "switch orders --now --on-drain-timeout wait | --on-drain-timeout is 'wait'; it must be abort or cut",
                "switch orders --now --accept-loss 5         | switch: there is no option '--accept-loss'",
                "switch orders --now now                     | 'now' is one word too many; put quotes around",
                "switch '' --now                             | The instance id",
                "switch nope --now                           | There is no instance 'nope'; known are [orders]",
                "preflight nope                              | There is no instance 'nope'",
                "failover orders --accept-loss some          | 'some' is no limit of a loss; write a number of bytes, one with kB, MB or GB (of 1024), or 'unlimited'",
                "failover orders --accept-loss -1            | The accepted loss is -1 bytes",
                "window orders sometimes                     | 'sometimes'",
                "window orders 22:00-23:00                   | '22:00-23:00'",
                "window orders 'daily 22:00 for 4h Mars/Olympus' | Mars/Olympus",
                "window orders mon 22:00                     | one word too many; put quotes around",
                "window nope                                 | There is no instance 'nope'",
                "cancel nope                                 | There is no instance 'nope'",
                "history                                     | history: the id of an instance is missing",
                "history nope                                | There is no instance 'nope'",
                "history orders --last 0                     | --last is '0'; it must be 1 or more",
            })
    void whatIsWrongIsNamedAndNothingIsDone(String line, String message) {
        assertThat(run(line)).as(err::toString).isEqualTo(ExitCode.USAGE);

        assertThat(err).contains(message);
        assertThat(out).isEmpty();
        assertThat(backend.writableNodes("orders")).containsExactly("a");
        assertThat(coordinator.history("orders")).isEmpty();
        assertThat(coordinator.waiting()).isEmpty();
    }
}
