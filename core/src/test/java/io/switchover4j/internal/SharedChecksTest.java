package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.switchover4j.Check;
import io.switchover4j.Edition;
import io.switchover4j.Endpoint;
import io.switchover4j.Engine;
import io.switchover4j.Instance;
import io.switchover4j.Node;
import io.switchover4j.Replication;
import io.switchover4j.Replication.State;
import io.switchover4j.Role;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.Zone;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class SharedChecksTest {

    private static final long LIMIT = 16L << 20;

    private static final SwitchoverRequest REQUEST =
            SwitchoverRequest.of("orders").maximumLagBytes(LIMIT).build();
    private static final Node PRIMARY = node("a", "z1", Role.PRIMARY, Optional.empty(), "");

    private static Node node(String id, String zone, Role role, Optional<Replication> replication, String detail) {
        return new Node(
                id,
                new Zone("eu", zone),
                role,
                new Endpoint("10.0.0." + (id.charAt(0) - 'a' + 1), 5432),
                replication,
                detail);
    }

    private static Node standby(String id, String zone, State state, long lag) {
        OptionalLong lagBytes = lag < 0 ? OptionalLong.empty() : OptionalLong.of(lag);
        return node(id, zone, Role.STANDBY, Optional.of(new Replication(state, false, lagBytes)), "");
    }

    private static Instance instance(Node... nodes) {
        return instance(Edition.HIGH_AVAILABILITY, nodes);
    }

    private static Instance instance(Edition edition, Node... nodes) {
        return new Instance("orders", "eu", new Engine("PostgreSQL", "18.6"), edition, List.of(nodes), Instant.EPOCH);
    }

    private static SharedChecks.Result check(Instance instance) {
        return SharedChecks.of(instance, Optional.empty(), REQUEST);
    }

    private static SharedChecks.Result check(Instance instance, String target) {
        return SharedChecks.of(instance, Optional.of(target), REQUEST);
    }

    private static List<Check> blockers(SharedChecks.Result result) {
        return result.checks().stream()
                .filter(check -> check.verdict() == Check.Verdict.BLOCK)
                .toList();
    }

    @Test
    void whatShowsThatTheOldPrimaryOfAFailoverLivesIsTold() {
        Node lives = node("a", "z1", Role.PRIMARY, Optional.empty(), "lives, and refuses us");
        Instance instance = instance(lives, standby("b", "z2", State.UNKNOWN, -1));
        SwitchoverRequest failover =
                SwitchoverRequest.of("orders").failover().acceptLoss(0).build();

        assertThat(blockers(SharedChecks.of(instance, Optional.empty(), failover)))
                .extracting(Check::figure)
                .containsExactly("a (primary at 10.0.0.1:5432) answers (lives, and refuses us)");
    }

    @Test
    void aHealthyPairPassesEveryCheckWithItsFigure() {
        SharedChecks.Result result = check(instance(PRIMARY, standby("b", "z2", State.STREAMING, 5L << 20)));

        assertThat(result.target()).map(Node::id).contains("b");
        assertThat(result.checks()).allMatch(check -> check.verdict() == Check.Verdict.PASS);
        assertThat(result.checks())
                .extracting(Check::name, Check::figure)
                .containsExactly(
                        tuple("edition", "HIGH_AVAILABILITY of PostgreSQL 18.6"),
                        tuple("primary", "a (primary at 10.0.0.1:5432)"),
                        tuple("target", "b (standby at 10.0.0.2:5432)"),
                        tuple("replication", "'b' is streaming"),
                        tuple("replication lag", "5 MiB, limit 16 MiB"),
                        tuple("zone", "eu/z1, eu/z2"));
    }

    @Test
    void aBasicEditionIsRefusedNamingEditionAndEngineAndNothingElseIsAsked() {
        SharedChecks.Result result = check(instance(Edition.BASIC, PRIMARY));

        assertThat(result.checks())
                .containsExactly(Check.block(
                        "edition",
                        "BASIC edition of PostgreSQL 18.6 has no standby",
                        "Upgrade the instance to an edition with a standby."));
        assertThat(result.target()).isEmpty();
    }

    @Test
    void anInstanceWithoutAPrimaryIsRefusedWithWhatEachNodeSays() {
        Node silent = node("a", "z1", Role.UNKNOWN, Optional.empty(), "connection refused");

        assertThat(blockers(check(instance(silent, standby("b", "z2", State.STREAMING, 0)))))
                .extracting(Check::figure)
                .containsExactly(
                        "no node says that it is primary: 'a' does not answer at 10.0.0.1:5432 (connection refused),"
                                + " 'b' is a standby");
    }

    @Test
    void twoPrimariesAreRefused() {
        Node second = node("c", "z2", Role.PRIMARY, Optional.empty(), "");

        assertThat(blockers(check(instance(PRIMARY, second, standby("b", "z2", State.STREAMING, 0)))))
                .extracting(Check::figure)
                .containsExactly("2 nodes say that they are primary: 'a' is primary at 10.0.0.1:5432,"
                        + " 'c' is primary at 10.0.0.3:5432");
    }

    @Test
    void anInstanceWithoutAStandbyIsRefused() {
        Node silent = node("b", "z2", Role.UNKNOWN, Optional.empty(), "timed out after 2000 ms");

        assertThat(blockers(check(instance(PRIMARY, silent))))
                .containsExactly(Check.block(
                        "target",
                        "no node answers as a standby: 'a' is primary at 10.0.0.1:5432,"
                                + " 'b' does not answer at 10.0.0.2:5432 (timed out after 2000 ms)",
                        "Repair or add a standby, and wait until it streams."));
    }

    @Test
    void anUnknownTargetIsRefusedNamingTheKnownOnes() {
        assertThat(blockers(check(instance(PRIMARY, standby("b", "z2", State.STREAMING, 0)), "x")))
                .extracting(Check::figure)
                .containsExactly("there is no node 'x'; known are 'a', 'b'");
    }

    @Test
    void thePrimaryAsTargetIsRefused() {
        assertThat(blockers(check(instance(PRIMARY, standby("b", "z2", State.STREAMING, 0)), "a")))
                .extracting(Check::figure)
                .containsExactly("'a' is the primary already");
    }

    @Test
    void aTargetThatDoesNotAnswerIsRefused() {
        Node silent = node("b", "z2", Role.UNKNOWN, Optional.empty(), "connection refused");

        assertThat(blockers(check(instance(PRIMARY, silent), "b")))
                .extracting(Check::figure)
                .containsExactly("'b' is no standby: does not answer at 10.0.0.2:5432 (connection refused)");
    }

    @Test
    void aStandbyThatDoesNotStreamIsRefused() {
        assertThat(blockers(check(instance(PRIMARY, standby("b", "z2", State.DISCONNECTED, -1)))))
                .extracting(Check::figure, Check::advice)
                .containsExactly(tuple("'b' is not streaming: DISCONNECTED", "Repair replication to this node first."));
        assertThat(blockers(check(instance(PRIMARY, standby("b", "z2", State.CATCHING_UP, 0)))))
                .extracting(Check::advice)
                .containsExactly("Wait until it has caught up.");
    }

    @Test
    void lagOverTheLimitIsRefusedAndLagAtTheLimitIsNot() {
        assertThat(blockers(check(instance(PRIMARY, standby("b", "z2", State.STREAMING, 48L << 20)))))
                .containsExactly(Check.block(
                        "replication lag",
                        "48 MiB, limit 16 MiB",
                        "Wait for the standby to catch up, or raise maximumLagBytes."));
        assertThat(blockers(check(instance(PRIMARY, standby("b", "z2", State.STREAMING, LIMIT)))))
                .isEmpty();
    }

    @Test
    void unknownLagIsRefused() {
        assertThat(blockers(check(instance(PRIMARY, standby("b", "z2", State.STREAMING, -1)))))
                .extracting(Check::figure)
                .containsExactly("could not be found out for 'b', limit 16 MiB");
    }

    @Test
    void aPairInsideOneZoneIsReportedAsNoRackTolerance() {
        SharedChecks.Result result = check(instance(PRIMARY, standby("b", "z1", State.STREAMING, 0)));

        assertThat(blockers(result)).isEmpty();
        assertThat(result.checks())
                .filteredOn(check -> check.verdict() == Check.Verdict.WARN)
                .extracting(Check::figure)
                .containsExactly("all nodes are in eu/z1: no rack tolerance");
    }

    @Test
    void theHealthiestStandbyStreamsThenLagsLeastThenStandsInAnotherZone() {
        Node broken = standby("b", "z2", State.DISCONNECTED, 0);
        Node slow = standby("c", "z2", State.STREAMING, 1000);
        Node near = standby("d", "z1", State.STREAMING, 10);
        Node far = standby("e", "z2", State.STREAMING, 10);

        assertThat(check(instance(PRIMARY, broken, slow)).target()).contains(slow);
        assertThat(check(instance(PRIMARY, broken, slow, near)).target()).contains(near);
        assertThat(check(instance(PRIMARY, broken, slow, near, far)).target()).contains(far);
        assertThat(check(instance(PRIMARY, far, near, slow, broken)).target()).contains(far);
    }

    @Test
    void figuresOfBytesAreReadable() {
        assertThat(Text.bytes(0)).isEqualTo("0 B");
        assertThat(Text.bytes(1023)).isEqualTo("1023 B");
        assertThat(Text.bytes(1536)).isEqualTo("1.5 KiB");
        assertThat(Text.bytes(48L << 20)).isEqualTo("48 MiB");
        assertThat(Text.bytes(3L << 40)).isEqualTo("3 TiB");
    }

    @Test
    void aFailoverIsRefusedWhereItIsUncertainWhichSilentNodeWasThePrimary() {
        Instance three = instance(
                node("a", "z1", Role.UNKNOWN, Optional.empty(), ""),
                standby("b", "z2", State.STREAMING, 0),
                node("c", "z3", Role.UNKNOWN, Optional.empty(), ""));
        SwitchoverRequest failover = SwitchoverRequest.of("orders").failover().build();

        assertThat(blockers(SharedChecks.of(three, Optional.of("b"), failover)))
                .containsExactly(Check.block(
                        "primary",
                        "no node answers as the primary, and any of 2 may be it: 'a' does not answer at 10.0.0.1:5432,"
                                + " 'c' does not answer at 10.0.0.3:5432",
                        "Bring all of them but the lost primary back, so that it is certain which one to fence."));
    }
}
