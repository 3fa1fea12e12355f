package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.postgresql.util.PGInterval;
import org.postgresql.util.PGobject;

class ParameterValuesTest {

    @Test
    void anArrayThatTakesNoCopiesOfItsElementsIsNotKept() throws Exception {
        PGInterval[] intervals = {new PGInterval("1 day"), null};

        Object copy = ParameterValues.copyOf(intervals);

        assertThat(copy).isInstanceOf(PGInterval[].class).isNotSameAs(intervals).isEqualTo(intervals);
        assertThat(ParameterValues.isKept(copy)).isFalse();
    }

    @Test
    void oneThatTakesThemIs() throws Exception {
        var object = new PGobject();
        object.setType("jsonb");
        object.setValue("1");

        Object copy = ParameterValues.copyOf(new PGobject[] {object});
        object.setValue("2");

        assertThat(ParameterValues.isKept(copy)).isTrue();
        assertThat((Object[]) copy).extracting(Object::toString).containsExactly("1");
    }
}
