package io.switchover4j.postgresql.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.switchover4j.Instance;
import io.switchover4j.UnknownInstanceException;
import io.switchover4j.UnknownRegionException;
import org.junit.jupiter.api.Test;

/** "Choose region, choose instance." */
class ChooseRegionChooseInstanceIT {

    @Test
    void fromTheRegionToTheInstanceToItsNodes() {
        try (Orders orders = new Orders()) {
            assertThat(orders.coordinator.regions()).containsExactly("eu-central-1", "us-east-1");
            assertThat(orders.coordinator.instances("eu-central-1"))
                    .extracting(Instance::id)
                    .containsExactly(Orders.ID);
            Instance instance = orders.coordinator.instance(Orders.ID);
            assertThat(instance.primary().orElseThrow().id())
                    .isEqualTo(orders.pair.primary().id());
            assertThat(instance.nodes()).hasSize(2);
        }
    }

    @Test
    void whatThereIsNotIsRefusedWithWhatThereIs() {
        try (Orders orders = new Orders()) {
            assertThatExceptionOfType(UnknownRegionException.class)
                    .isThrownBy(() -> orders.coordinator.instances("mars-1"))
                    .withMessage(
                            "There is no region 'mars-1'; known are [eu-central-1, us-east-1]. Nothing was changed.");
            assertThatExceptionOfType(UnknownInstanceException.class)
                    .isThrownBy(() -> orders.coordinator.instance("nope"))
                    .withMessage("There is no instance 'nope'; known are [orders, archive]. Nothing was changed.");
        }
    }
}
