package io.switchover4j.internal.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.internal.journal.FrameReader.Cause;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameReaderTest {

    private static final Path FILE = Path.of("switchover4j.journal");
    private static final int WINDOW = 1 << 16;
    private static final int SECTOR = 512;

    @Test
    void findsEachFrameInAnyOrderWhateverFitsIntoMemoryAtOnce() throws Exception {
        long seed = 20261127;
        Random random = new Random(seed);
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        List<Place> places = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            byte[] record = new byte[i % 50 == 7 ? WINDOW + random.nextInt(WINDOW) : random.nextInt(3_000)];
            random.nextBytes(record);
            long position = file.size();
            file.writeBytes(Format.frame(List.of(record)));
            places.add(new Place(position, file.size(), record));
        }
        FrameReader reader = reader(file.toByteArray());

        for (int round = 0; round < 2; round++) {
            for (Place place : places) {
                Frame frame = reader.at(place.position).frame().orElseThrow();
                assertThat(frame.position()).isEqualTo(place.position);
                assertThat(frame.end()).as("seed %d", seed).isEqualTo(place.end);
                assertThat(Arrays.copyOfRange(frame.payload(), 4, frame.payload().length))
                        .as("at %d, seed %d", place.position, seed)
                        .isEqualTo(place.record);
            }
            Collections.shuffle(places, random);
        }
    }

    private record Place(long position, long end, byte[] record) {}

    @Test
    void readsWhatIsNearOnce() throws Exception {
        byte[] frame = Format.frame(List.of(new byte[1024 - Format.FRAME_HEADER_LENGTH - 4]));
        byte[] file = new byte[2 * WINDOW];
        for (int i = 0; i < 128; i++) {
            System.arraycopy(frame, 0, file, 1024 * i, 1024);
        }
        MemoryHandle handle = new MemoryHandle(file);
        FrameReader reader = new FrameReader(FILE, handle, file.length);

        for (int i = 0; i < 128; i++) {
            assertThat(reader.at(1024L * i).frame()).isPresent();
        }
        assertThat(handle.reads).containsExactly(0L, (long) WINDOW);
    }

    @Test
    void aFrameOfNothingIsAFrame() throws Exception {
        byte[] file = Format.frame(List.of());

        assertThat(file).hasSize(Format.FRAME_HEADER_LENGTH);
        assertThat(reader(file).at(0).frame()).isPresent();
    }

    @Test
    void aFrameMayBeAsLongAsAFrameMayBeAndNoLonger() throws Exception {
        byte[] longest = Format.frame(List.of(new byte[Format.MAX_PAYLOAD - 4]));
        assertThat(reader(longest).at(0).frame()).isPresent();

        byte[] longer = Format.frame(List.of(new byte[Format.MAX_PAYLOAD - 3]));
        FrameReader.Result result = reader(longer).at(0);
        assertThat(result.frame()).isEmpty();
        assertThat(result.cause()).isEqualTo(Cause.UNCLEAR);
    }

    @Test
    void theNextWholeFrameIsFoundUpToTheEndOfTheFile() throws Exception {
        byte[] last = Format.frame(List.of());
        byte[] file = new byte[100 + last.length];
        System.arraycopy(last, 0, file, 100, last.length);

        assertThat(reader(file).nextWhole(0)).hasValue(100L);
        assertThat(reader(file).nextWhole(99)).hasValue(100L);
        assertThat(reader(file).nextWhole(100)).isEmpty();
        assertThat(reader(Arrays.copyOf(file, file.length - 1)).nextWhole(0)).isEmpty();
    }

    @Test
    void aSectorOfZerosIsOneThatWasNeverWritten() throws Exception {
        byte[] file = new byte[4 * SECTOR];
        Arrays.fill(file, (byte) 1);
        assertThat(reader(file).hasUnwrittenSector(100)).isFalse();

        Arrays.fill(file, 2 * SECTOR, 3 * SECTOR, (byte) 0);
        assertThat(reader(file).hasUnwrittenSector(100)).isTrue();
        assertThat(reader(file).hasUnwrittenSector(3 * SECTOR)).isFalse();

        file[3 * SECTOR - 1] = 1;
        assertThat(reader(file).hasUnwrittenSector(100)).isFalse();
    }

    @Test
    void aFewZerosAtTheEndAreNoSectorThatWasNeverWritten() throws Exception {
        byte[] file = new byte[SECTOR + 8];
        Arrays.fill(file, 0, SECTOR, (byte) 1);
        assertThat(reader(file).hasUnwrittenSector(0)).isFalse();

        assertThat(reader(Arrays.copyOf(file, SECTOR + 9)).hasUnwrittenSector(0))
                .isTrue();
    }

    @Test
    void moreThanAFrameIsNoWriteThatThePowerCutShort() throws Exception {
        assertThat(reader(new byte[Format.MAX_PAYLOAD]).hasUnwrittenSector(0)).isTrue();
        assertThat(reader(new byte[Format.MAX_PAYLOAD + 1]).hasUnwrittenSector(0))
                .isFalse();
    }

    @Test
    void aFileThatBecameShorterIsNoFrameOfWhateverWasReadBefore() {
        byte[] frame = Format.frame(List.of(new byte[100]));
        FrameReader reader = new FrameReader(FILE, new MemoryHandle(Arrays.copyOf(frame, 50)), frame.length);

        assertThatThrownBy(() -> reader.at(0))
                .isInstanceOf(IOException.class)
                .hasMessage("the file 'switchover4j.journal' became shorter while it was read");
    }

    @Test
    void aNegativeLengthWithItsComplementIsNoFrame() throws Exception {
        ByteBuffer file = ByteBuffer.allocate(64).putInt(-5).putInt(~-5);

        FrameReader.Result result = reader(file.array()).at(0);
        assertThat(result.frame()).isEmpty();
        assertThat(result.problem()).isEqualTo("no frame begins there");
    }

    private static FrameReader reader(byte[] file) {
        return new FrameReader(FILE, new MemoryHandle(file), file.length);
    }
}
