package io.switchover4j.postgresql.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class PgControlTest {

    @Test
    void isReadInTheByteOrderOfItsMachine() {
        for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
            PgControl control = PgControl.parse(file(order, 1, 292));

            assertThat(control)
                    .isEqualTo(new PgControl(
                            7_000_000_000_000_000_001L, 1800, PgControl.State.SHUT_DOWN, Lsn.parse("1/28"), 3));
            assertThat(control.isShutDown()).isTrue();
        }
    }

    @Test
    void itsChecksumIsFoundWhereverTheVersionHasIt() {
        for (int at = 200; at < 400; at += 4) {
            assertThat(PgControl.parse(file(ByteOrder.LITTLE_ENDIAN, 6, at)).state())
                    .isEqualTo(PgControl.State.IN_PRODUCTION);
        }
    }

    @Test
    void aTornReadIsRefused() {
        byte[] file = file(ByteOrder.LITTLE_ENDIAN, 1, 292);
        file[40] ^= 1;

        assertThatThrownBy(() -> PgControl.parse(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("its checksum does not match");
    }

    @Test
    void whatIsNoControlFileIsRefused() {
        assertThatThrownBy(() -> PgControl.parse(new byte[10])).hasMessage("it has 10 bytes only");
        assertThatThrownBy(() -> PgControl.parse(new byte[8_192])).hasMessage("its checksum does not match");
        assertThatThrownBy(() -> PgControl.parse(file(ByteOrder.LITTLE_ENDIAN, 9, 292)))
                .hasMessage("its state is 9");
    }

    private static byte[] file(ByteOrder order, int state, int checksumAt) {
        ByteBuffer buffer = ByteBuffer.allocate(8_192).order(order);
        buffer.putLong(0, 7_000_000_000_000_000_001L).putInt(8, 1800).putInt(16, state);
        buffer.putLong(32, 0x1_0000_0028L).putInt(48, 3);
        CRC32C crc = new CRC32C();
        crc.update(buffer.array(), 0, checksumAt);
        buffer.putInt(checksumAt, (int) crc.getValue());
        return buffer.array();
    }
}
