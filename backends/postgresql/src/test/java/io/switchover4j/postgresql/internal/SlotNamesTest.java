package io.switchover4j.postgresql.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SlotNamesTest {

    @Test
    void anIdThatFitsIsPartOfTheName() {
        assertThat(SlotNames.intent("20261123t005424_ef49bd9f")).isEqualTo("s4j_intent_20261123t005424_ef49bd9f");
    }

    @Test
    void otherIdsGiveNamesThatTheServerTakesAndThatDiffer() {
        Set<String> names = Stream.of("a-b", "a_b", "A_B", "ü", "x".repeat(100), "x".repeat(101), "Ångström / 1", "")
                .map(SlotNames::intent)
                .collect(Collectors.toSet());

        assertThat(names).hasSize(8).allMatch(name -> name.matches("[a-z0-9_]{1,63}"));
    }

    @Test
    void theKeyOfTheLeaseNeverChanges() {
        assertThat(Digests.lockKey()).isEqualTo(-6795083218593249437L);
    }
}
