package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PostgresSequencesTest {

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '|',
            value = {
                "s, s",
                "public.Orders_Seq, orders_seq",
                "public.\"Orders.Seq\", Orders.Seq",
                "\"Orders\", Orders",
                "\"my schema\".\"a\"\"b\", a\"b",
                "\"a\"\"\", a\"",
                "\"\"\"a\", \"a",
                "\"S\".t, t",
                "\", \"",
                "a\", a\""
            })
    void theLastPartOfANameIsFoundAsTheCatalogueHasIt(String name, String unqualified) {
        assertThat(PostgresSequences.unqualified(name)).isEqualTo(unqualified);
    }
}
