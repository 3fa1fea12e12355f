package io.switchover4j.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.Topology;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.DrainResult;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.spi.OpenUnit;
import io.switchover4j.spi.TrafficParticipant;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What every {@link TrafficParticipant} that lets new units of work wait does. */
@DisplayName("A traffic participant")
public abstract class TrafficParticipantContract {

    private static final String OPERATION = "contract_1";
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration BRIEF = Duration.ofMillis(300);

    /** How long nothing must happen before a test believes that it does not happen. */
    private static final Duration STILL = Duration.ofMillis(250);

    private TrafficParticipant participant;
    private ExecutorService worker;
    private ExecutorService holder;
    private ExecutorService latecomer;

    /** For subclasses. */
    @SuppressWarnings("NullAway.Init")
    protected TrafficParticipantContract() {}

    /** A unit of work that has begun. */
    protected interface OpenWork {

        /** Ends it, on the thread that began it; throws if it was cut. */
        void finish() throws Exception;
    }

    /** A participant whose traffic flows, with nothing open, once per test. */
    protected abstract TrafficParticipant createParticipant() throws Exception;

    /** What a release is told: the primary that the traffic flows to. */
    protected abstract Topology topology();

    /** Begins a unit of work on the calling thread, reaches the database with it, and leaves it open. */
    protected abstract OpenWork begin() throws Exception;

    /** Frees what {@link #createParticipant} made. */
    protected void destroy(TrafficParticipant created) throws Exception {}

    @BeforeEach
    void create() throws Exception {
        participant = createParticipant();
        worker = Executors.newSingleThreadExecutor(task -> new Thread(task, "contract-worker"));
        holder = Executors.newSingleThreadExecutor(task -> new Thread(task, "contract-holder"));
        latecomer = Executors.newSingleThreadExecutor(task -> new Thread(task, "contract-latecomer"));
    }

    @AfterEach
    void destroy() throws Exception {
        participant.release(OPERATION, topology());
        for (ExecutorService executor : new ExecutorService[] {worker, holder, latecomer}) {
            executor.shutdownNow();
            executor.awaitTermination(10, TimeUnit.SECONDS);
        }
        destroy(participant);
    }

    @Test
    @DisplayName("tells which units are open, and holds nobody by that")
    void tellsOpenUnits() throws Exception {
        assertThat(participant.openUnits()).isEmpty();
        OpenWork open = onWorker(this::begin);

        assertThat(participant.openUnits()).singleElement().satisfies(unit -> {
            assertThat(unit.thread()).isEqualTo("contract-worker");
            assertThat(unit.idle()).isTrue();
        });

        onWorker(() -> finish(open));
        assertThat(participant.openUnits()).isEmpty();
    }

    @Test
    @DisplayName("has a name, and answers checks without holding anything")
    void checksChangeNothing() throws Exception {
        assertThat(participant.name()).isNotBlank();
        assertThat(participant.check()).isNotNull();

        assertThatCode(this::unit).doesNotThrowAnyException();
    }

    @Test
    @DisplayName("is drained at once when nothing is open")
    void drainsAtOnceWhenIdle() throws Exception {
        long start = System.nanoTime();

        DrainResult result = participant.hold(request(LONG, LONG));

        assertThat(result.isDrained()).isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    @DisplayName("lets new units wait while it holds, and go on when it releases")
    void newUnitsWaitUntilRelease() throws Exception {
        participant.hold(request(LONG, LONG));

        Future<?> late = latecomer.submit(unitTask());
        assertWaiting(late);
        participant.release(OPERATION, topology());

        late.get(LONG.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    @DisplayName("waits for open units, and is drained once they have ended")
    void waitsForOpenUnits() throws Exception {
        OpenWork open = onWorker(this::begin);

        Future<DrainResult> hold = holder.submit(() -> participant.hold(request(LONG, LONG)));
        assertWaiting(hold);
        onWorker(() -> finish(open));

        assertThat(hold.get(LONG.toSeconds(), TimeUnit.SECONDS).isDrained()).isTrue();
    }

    @Test
    @DisplayName("names the units that are open at the drain time-out, by their thread")
    void namesOpenUnits() throws Exception {
        OpenWork open = onWorker(this::begin);
        long start = System.nanoTime();

        DrainResult result = participant.hold(request(BRIEF, LONG));

        Duration took = Duration.ofNanos(System.nanoTime() - start);
        assertThat(took).isBetween(BRIEF.minusMillis(20), BRIEF.plusSeconds(5));
        assertThat(result.isDrained()).isFalse();
        assertThat(result.open()).extracting(OpenUnit::thread).containsExactly("contract-worker");
        assertThat(result.open().get(0).age()).isGreaterThanOrEqualTo(BRIEF.minusMillis(100));
        onWorker(() -> finish(open));
    }

    @Test
    @DisplayName("goes on holding new units after a drain that timed out, and leaves the open ones alone")
    void holdsOnAfterADrainTimeOut() throws Exception {
        OpenWork open = onWorker(this::begin);
        participant.hold(request(BRIEF, LONG));

        Future<?> late = latecomer.submit(unitTask());
        assertWaiting(late);
        assertThatCode(() -> onWorker(() -> finish(open))).doesNotThrowAnyException();
        assertWaiting(late);
        participant.release(OPERATION, topology());

        late.get(LONG.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    @DisplayName("waits again when the same operation holds again")
    void holdsAgain() throws Exception {
        OpenWork open = onWorker(this::begin);
        assertThat(participant.hold(request(BRIEF, LONG)).isDrained()).isFalse();

        Future<DrainResult> again = holder.submit(() -> participant.hold(request(LONG, LONG)));
        assertWaiting(again);
        onWorker(() -> finish(open));

        assertThat(again.get(LONG.toSeconds(), TimeUnit.SECONDS).isDrained()).isTrue();
    }

    @Test
    @DisplayName("takes a release without a hold as nothing to do")
    void releaseWithoutHoldIsHarmless() {
        assertThatCode(() -> participant.release(OPERATION, topology())).doesNotThrowAnyException();

        assertThatCode(this::unit).doesNotThrowAnyException();
    }

    @Test
    @DisplayName("does not take the release of another operation for its own")
    void ignoresTheReleaseOfAnotherOperation() throws Exception {
        participant.hold(request(LONG, LONG));

        participant.release("contract_other", topology());

        Future<?> late = latecomer.submit(unitTask());
        assertWaiting(late);
        participant.release(OPERATION, topology());
        late.get(LONG.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    @DisplayName("may be held and released again")
    void servesSwitchAfterSwitch() throws Exception {
        for (int i = 0; i < 3; i++) {
            assertThat(participant.hold(request(LONG, LONG)).isDrained()).isTrue();
            participant.release(OPERATION, topology());
            unit();
        }
    }

    @Test
    @DisplayName("cuts the units that are still open: none goes on before the release")
    void cutEndsOpenUnits() throws Exception {
        OpenWork open = onWorker(this::begin);
        participant.hold(request(BRIEF, LONG));

        assertThat(participant.cut(OPERATION)).isEqualTo(1);

        Future<?> end = worker.submit(() -> finish(open));
        assertThatThrownBy(() -> end.get(BRIEF.toMillis(), TimeUnit.MILLISECONDS))
                .isInstanceOfAny(ExecutionException.class, TimeoutException.class);
        assertThat(participant.hold(request(LONG, LONG)).isDrained()).isTrue();

        participant.release(OPERATION, topology());
        awaitEnd(end);
    }

    /** It failed, or was done again. */
    private static void awaitEnd(Future<?> end) throws Exception {
        try {
            end.get(LONG.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            assertThat(e).hasCauseInstanceOf(Exception.class);
        }
    }

    @Test
    @DisplayName("cuts nothing where nothing is open")
    void cutWithoutOpenUnits() throws Exception {
        participant.hold(request(LONG, LONG));

        assertThat(participant.cut(OPERATION)).isZero();
    }

    @Test
    @DisplayName("goes on by itself if nobody releases it in time")
    void releasesItself() throws Exception {
        participant.hold(request(BRIEF, BRIEF.multipliedBy(2)));

        Future<?> late = latecomer.submit(unitTask());

        late.get(LONG.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    @DisplayName("ends its wait on an interrupt, and holds on until the release")
    void honoursAnInterrupt() throws Exception {
        OpenWork open = onWorker(this::begin);
        Future<DrainResult> hold = holder.submit(() -> participant.hold(request(LONG, LONG)));
        assertWaiting(hold);

        holder.shutdownNow();

        assertThatThrownBy(() -> hold.get(5, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(InterruptedException.class);
        Future<?> late = latecomer.submit(unitTask());
        assertWaiting(late);
        onWorker(() -> finish(open));
        participant.release(OPERATION, topology());
        late.get(LONG.toSeconds(), TimeUnit.SECONDS);
    }

    private HoldRequest request(Duration drain, Duration hold) {
        return new HoldRequest(topology().instanceId(), OPERATION, Deadline.after(drain), Deadline.after(hold));
    }

    private void unit() throws Exception {
        begin().finish();
    }

    private Callable<Boolean> unitTask() {
        return () -> {
            unit();
            return true;
        };
    }

    private static boolean finish(OpenWork work) throws Exception {
        work.finish();
        return true;
    }

    private <T> T onWorker(Callable<T> task) throws Exception {
        return worker.submit(task).get(LONG.toSeconds(), TimeUnit.SECONDS);
    }

    private static void assertWaiting(Future<?> future) {
        assertThatThrownBy(() -> future.get(STILL.toMillis(), TimeUnit.MILLISECONDS))
                .as("still waiting after %s", STILL)
                .isInstanceOf(TimeoutException.class);
    }
}
