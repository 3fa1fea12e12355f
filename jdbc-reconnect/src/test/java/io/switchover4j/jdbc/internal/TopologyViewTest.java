package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class TopologyViewTest {

    private static final int A = 0;
    private static final int B = 1;
    private static final long MILLI = 1_000_000;
    private static final WatchRules RULES = WatchRules.of(Duration.ofMillis(500), false);
    private static final WatchRules STRICT = WatchRules.of(Duration.ofMillis(500), true);

    private TopologyView view = TopologyView.unknown(List.of("a", "b"));
    private long now = 1_000 * MILLI;

    private static RoleAnswer primary(long history) {
        return new RoleAnswer(true, history, "server", "db");
    }

    private static RoleAnswer standby() {
        return new RoleAnswer(false, 0, "server", "db");
    }

    private void answer(int node, RoleAnswer answer) {
        view = view.with(node, view.node(node).asked(now)).answered(node, answer, now, now);
        settle();
    }

    private void answerSlowly(int node, RoleAnswer answer) {
        view = view.with(node, view.node(node).asked(now)).answered(node, answer, now - 300 * MILLI, now);
        settle();
    }

    private void ask(int node) {
        view = view.with(node, view.node(node).asked(now));
    }

    private void fail(int node, String message) {
        view = view.with(node, view.node(node).asked(now).failed(new SQLException(message, "08001")));
        settle();
    }

    private void doubt(int node) {
        view = view.with(node, view.node(node).doubted(new SQLException("gone", "08006"), now));
    }

    private void settle() {
        PrimaryVerdict verdict = decide();
        if (verdict.hasPrimary()) {
            view = view.withPrimary(verdict.primary());
        }
    }

    private PrimaryVerdict decide() {
        return view.decide(now, RULES);
    }

    private void pass(long millis) {
        now += millis * MILLI;
    }

    @Test
    void nobodyIsPrimaryBeforeAnybodyAnswered() {
        assertThat(decide().hasPrimary()).isFalse();
        assertThat(decide().reason()).isEqualTo("a has not answered yet; b has not answered yet");
    }

    @Test
    void theFirstAnswerAfterAStartIsNoPrimaryBeforeTheOtherNodeHadItsSay() {
        ask(A);
        ask(B);
        answer(A, primary(1));
        assertThat(decide().reason()).isEqualTo("a is writable, but b has not answered yet");

        answer(B, primary(2));
        assertThat(decide().primary()).isEqualTo(B);
        assertThat(view.epoch()).isEqualTo(1);
    }

    @Test
    void aNodeThatOwesItsFirstAnswerOrRefusesItDelaysNobodyForLong() {
        ask(A);
        ask(B);
        answer(A, primary(1));
        fail(B, "refused");
        assertThat(decide().primary()).isEqualTo(A);

        view = TopologyView.unknown(List.of("a", "b"));
        ask(B);
        answer(A, primary(1));
        pass(1_001);
        answer(A, primary(1));
        assertThat(decide().primary()).isEqualTo(A);
    }

    @Test
    void theWritableNodeIsPrimaryWhileTheOtherIsUnreachable() {
        answer(A, primary(1));
        fail(B, "Connection to b refused");

        assertThat(decide().primary()).isEqualTo(A);
        assertThat(view.epoch()).isEqualTo(1);
    }

    @Test
    void anUnreachableStandbyStopsThePrimaryIfThatIsThePolicy() {
        answer(A, primary(1));
        fail(B, "Connection to b refused");

        assertThat(view.decide(now, STRICT).reason())
                .isEqualTo("a is writable, but b failed: Connection to b refused, and a primary alone may not be used");

        answer(B, standby());
        assertThat(view.decide(now, STRICT).primary()).isEqualTo(A);
    }

    @Test
    void aNewerHistoryWinsAndRaisesTheEpoch() {
        answer(A, primary(1));
        answer(B, primary(2));

        assertThat(decide().primary()).isEqualTo(B);
        assertThat(view.epoch()).isEqualTo(2);
        assertThat(view.isStalePrimary(A)).isTrue();
    }

    @Test
    void anOlderHistoryNeverWinsAgain() {
        answer(A, primary(1));
        answer(B, primary(2));
        fail(B, "Connection to b refused");
        answer(A, primary(1));

        assertThat(decide().hasPrimary()).isFalse();
        assertThat(decide().reason())
                .isEqualTo("a is writable on history 1, older than history 2 that was seen: a stale primary;"
                        + " b failed: Connection to b refused");
    }

    @Test
    void twoWritableNodesOnOneHistoryAreNoPrimary() {
        answer(A, primary(3));
        answer(B, primary(3));

        assertThat(decide().reason())
                .isEqualTo("a and b are writable on the same history: at most one of them may be primary");
    }

    @Test
    void databasesWithoutHistoryAreTreatedTheSame() {
        answer(A, primary(0));
        answer(B, primary(0));
        assertThat(decide().hasPrimary()).isFalse();

        answer(A, standby());
        assertThat(decide().primary()).isEqualTo(B);
        assertThat(view.epoch()).isEqualTo(2);
    }

    @Test
    void aNodeOfAnotherDatabaseIsNeverPrimary() {
        answer(A, primary(1));
        answer(B, new RoleAnswer(true, 9, "server", "another"));

        assertThat(decide().primary()).isEqualTo(A);
        assertThat(view.describe(now, RULES)).contains("b is writable on history 9, but belongs to another database");
    }

    @Test
    void silenceMakesSuspectAfterASecondAndAnAnswerClearsIt() {
        answerSlowly(A, primary(1));
        answer(B, standby());
        pass(500);
        ask(A);
        pass(1000);
        assertThat(decide().primary()).isEqualTo(A);

        pass(1);
        assertThat(decide().reason()).isEqualTo("a has not answered for 1001 ms; b is a standby");

        answer(A, primary(1));
        assertThat(decide().primary()).isEqualTo(A);
        assertThat(view.epoch()).isEqualTo(1);
    }

    @Test
    void aNodeThatAnsweredPromptlyIsSuspectedWithinASecondAfterThat() {
        answer(A, primary(1));
        answer(B, standby());
        pass(500);
        ask(A);
        pass(400);
        assertThat(decide().primary()).isEqualTo(A);

        pass(1);
        assertThat(decide().reason()).isEqualTo("a has not answered for 401 ms; b is a standby");
    }

    @Test
    void aNodeThatIsAskedSeldomHasSomeTimeToAnswerAllTheSame() {
        answer(A, primary(1));
        answer(B, standby());
        pass(1800);
        ask(A);
        pass(200);
        assertThat(decide().primary()).isEqualTo(A);
    }

    @Test
    void anOldAnswerDoesNotCount() {
        answer(A, primary(1));
        pass(2001);

        assertThat(decide().hasPrimary()).isFalse();
    }

    @Test
    void longIntervalsKeepAnswersFreshForThreeOfThem() {
        WatchRules slow = WatchRules.of(Duration.ofSeconds(1), false);
        answer(A, primary(1));
        pass(2_999);
        assertThat(view.decide(now, slow).primary()).isEqualTo(A);
        pass(2);
        assertThat(view.decide(now, slow).hasPrimary()).isFalse();
    }

    @Test
    void aDoubtIsClearedOnlyByAQuestionAskedLater() {
        answer(A, primary(1));
        long askedBefore = now;
        pass(1);
        doubt(A);
        pass(1);
        view = view.answered(A, primary(1), askedBefore, now);
        assertThat(decide().reason()).contains("a is writable on history 1, but is asked again (gone)");

        pass(1);
        answer(A, primary(1));
        assertThat(decide().primary()).isEqualTo(A);
        assertThat(view.epoch()).isEqualTo(1);
    }

    @Test
    void whileBothAreDoubtedTheFirstAnswerIsNotEnough() {
        answer(A, primary(0));
        answer(B, standby());
        doubt(A);
        doubt(B);
        pass(1);
        answer(A, primary(0));
        assertThat(decide().hasPrimary()).isFalse();

        answer(B, standby());
        assertThat(decide().primary()).isEqualTo(A);
    }

    @Test
    void aNewerHistoryNeedNotWaitForTheDoubtedOldPrimary() {
        answer(A, primary(1));
        answer(B, standby());
        doubt(A);
        doubt(B);
        pass(1);
        answer(B, primary(2));

        assertThat(decide().primary()).isEqualTo(B);
    }

    @Test
    void behindOneEndpointAnotherServerIsAnotherPrimary() {
        view = TopologyView.unknown(List.of("endpoint"));
        answer(0, new RoleAnswer(true, 1, "server 1", "db"));
        answer(0, new RoleAnswer(true, 1, "server 1", "db"));
        assertThat(view.epoch()).isEqualTo(1);

        answer(0, new RoleAnswer(true, 2, "server 2", "db"));
        assertThat(view.epoch()).isEqualTo(2);

        answer(0, new RoleAnswer(true, 1, "server 1", "db"));
        assertThat(decide().hasPrimary()).isFalse();
        assertThat(view.epoch()).isEqualTo(2);
    }

    @Test
    void behindOneEndpointAnotherDatabaseIsAccepted() {
        view = TopologyView.unknown(List.of("endpoint"));
        answer(0, new RoleAnswer(true, 7, "server 1", "blue"));
        answer(0, new RoleAnswer(true, 1, "server 2", "green"));

        assertThat(decide().hasPrimary()).isTrue();
        assertThat(view.epoch()).isEqualTo(2);
        assertThat(view.newestHistory()).isEqualTo(1);
    }

    @Test
    void theSameNodeOnANewHistoryIsANewPrimary() {
        answer(A, primary(1));
        answer(A, primary(3));

        assertThat(view.epoch()).isEqualTo(2);
    }
}
