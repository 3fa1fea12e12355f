package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** What a borrow costs beside the pool's own work. */
final class BorrowCostTest {

    private static final int ROUNDS = 50_000;

    /** The logical connection itself; with references that are not compressed it is larger. */
    private static final long BYTES_PER_BORROW = 144;

    /** A connection that does nothing, and always the same one. */
    private final Connection idle = FakeNode.proxy(
            Connection.class,
            (proxy, method, arguments) -> method.getReturnType() == boolean.class ? (Object) true : null);

    private final FakeTraffic traffic = new FakeTraffic(new FakeNode("a") {
        @Override
        public Connection borrow() {
            return idle;
        }
    });

    @Test
    void aBorrowAllocatesTheLogicalConnectionAndNothingElse() throws Exception {
        traffic.keepsNoRegister = true;
        borrow();
        long before = allocatedBytes();
        borrow();
        long perBorrow = (allocatedBytes() - before) / ROUNDS;

        assertThat(perBorrow).isPositive().isLessThanOrEqualTo(BYTES_PER_BORROW);
    }

    private void borrow() throws SQLException {
        for (int i = 0; i < ROUNDS; i++) {
            LogicalConnection.open(traffic).close();
        }
    }

    /** By reflection: the module that counts is none that the library needs. */
    private static long allocatedBytes() throws Exception {
        Object threads = Class.forName("java.lang.management.ManagementFactory")
                .getMethod("getThreadMXBean")
                .invoke(null);
        Method bytes = Class.forName("com.sun.management.ThreadMXBean").getMethod("getCurrentThreadAllocatedBytes");
        return (Long) bytes.invoke(threads);
    }
}
