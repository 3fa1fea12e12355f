package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class UnitRegistryTest {

    private final UnitRegistry registry = new UnitRegistry();

    private Set<Unit> all() {
        Set<Unit> units = new HashSet<>();
        registry.forEach(units::add);
        return units;
    }

    @Test
    void moreUnitsThanASegmentHoldsAreAllSeen() {
        Set<Unit> units = new HashSet<>();
        for (int i = 0; i < 2_000; i++) {
            PlainUnit unit = new PlainUnit();
            units.add(unit);
            registry.register(unit);
        }

        assertThat(all()).isEqualTo(units);

        units.forEach(registry::unregister);
        assertThat(all()).isEmpty();
    }

    @Test
    void unregisteringTwiceDoesNotTouchTheNextOwnerOfTheSlot() {
        PlainUnit first = new PlainUnit();
        registry.register(first);
        int slot = first.slot;
        registry.unregister(first);
        PlainUnit second = new PlainUnit();
        registry.register(second);
        assertThat(second.slot).isEqualTo(slot);

        registry.unregister(first);
        first.slot = slot;
        registry.unregister(first);

        assertThat(all()).containsExactly(second);
    }

    @Test
    void threadsThatComeAndGoLeaveNothingBehind() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        List<Future<?>> done = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
            done.add(threads.submit(() -> {
                for (int i = 0; i < 50_000; i++) {
                    PlainUnit unit = new PlainUnit();
                    registry.register(unit);
                    unit.openUnit(0);
                    if (registry.openUnitOf(Thread.currentThread(), null) != unit) {
                        throw new AssertionError("a registered unit was not found");
                    }
                    unit.closeUnit();
                    registry.unregister(unit);
                }
            }));
        }
        for (Future<?> future : done) {
            future.get();
        }
        threads.shutdown();

        assertThat(all()).isEmpty();
    }

    private static final class PlainUnit extends Unit {

        @Override
        boolean isOpen() {
            return true;
        }

        @Override
        boolean isPinned() {
            return false;
        }

        @Override
        void cutOff(String reason) {}

        @Override
        long attachedEpoch() {
            return 0;
        }
    }
}
