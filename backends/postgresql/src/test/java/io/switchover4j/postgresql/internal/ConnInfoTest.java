package io.switchover4j.postgresql.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnInfoTest {

    @Test
    void plainAndQuotedValuesAreRead() {
        ConnInfo info = ConnInfo.parse(
                " host = 10.0.0.1 port=5432  password='it\\'s \\\\ x' sslmode= 'verify-full' options=''");

        assertThat(info.get("host")).contains("10.0.0.1");
        assertThat(info.get("port")).contains("5432");
        assertThat(info.get("password")).contains("it's \\ x");
        assertThat(info.get("sslmode")).contains("verify-full");
        assertThat(info.get("options")).contains("");
        assertThat(info.get("user")).isEmpty();
    }

    @Test
    void isReadBackAsItWasWritten() {
        ConnInfo info =
                ConnInfo.empty().with("host", "h").with("password", "a'b\\c d").with("options", "");

        assertThat(ConnInfo.parse(info.render()).render()).isEqualTo(info.render());
        assertThat(ConnInfo.parse(info.render()).get("password")).contains("a'b\\c d");
    }

    @Test
    void thePasswordIsNotShownToPeople() {
        ConnInfo info = ConnInfo.parse("host=h password=secret");

        assertThat(info).hasToString("host='h' password='***'");
        assertThat(info.without("password")).hasToString("host='h'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"postgresql://u:secret@h/db", "postgres://h", "host=h secret", "password='secret"})
    void anotherFormIsRefusedWithoutQuotingIt(String text) {
        assertThatThrownBy(() -> ConnInfo.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("secret");
    }
}
