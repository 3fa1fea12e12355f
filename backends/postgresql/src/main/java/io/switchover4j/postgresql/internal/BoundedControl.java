package io.switchover4j.postgresql.internal;

import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.NodeControl;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Calls the control of a node whose host may be gone: each call runs beside the caller and is given up at its deadline.
 * Confined to one thread.
 */
final class BoundedControl {

    private final NodeConfig node;
    private final Connector connector;

    BoundedControl(NodeConfig node, Connector connector) {
        this.node = node;
        this.connector = connector;
    }

    /** What is asked of the control. */
    @FunctionalInterface
    interface Call<T> {
        T on(NodeControl control) throws Exception;
    }

    /**
     * @throws BackendException if the call failed or did not return in time; its message says why, without the node
     */
    <T> T call(Deadline deadline, Call<T> call) {
        Waiting.requireNotInterrupted();
        Callable<T> task = () -> call.on(node.control());
        FutureTask<T> running = new FutureTask<>(task);
        try {
            connector.threads().execute(running);
        } catch (RejectedExecutionException e) {
            throw new BackendException("The backend is closed", e);
        }
        try {
            return running.get(deadline.remainingMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw Waiting.interrupted();
        } catch (TimeoutException e) {
            throw new BackendException("its host did not answer in time", e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new BackendException(
                    cause.getMessage() == null ? cause.toString() : String.valueOf(cause.getMessage()), cause);
        } finally {
            running.cancel(true);
        }
    }

    void run(Deadline deadline, java.util.function.Consumer<NodeControl> call) {
        call(deadline, control -> {
            call.accept(control);
            return true;
        });
    }
}
