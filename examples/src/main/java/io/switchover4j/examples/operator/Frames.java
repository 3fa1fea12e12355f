package io.switchover4j.examples.operator;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What client and server say to each other: words one way, text and an exit code the other way. */
final class Frames {

    static final byte OUT = 'o';
    static final byte ERR = 'e';
    static final byte END = 'x';

    private static final int LONGEST = 1 << 24;
    private static final int MOST_WORDS = 1_000;

    private Frames() {}

    static void writeText(DataOutputStream to, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        to.writeInt(bytes.length);
        to.write(bytes);
    }

    static String readText(DataInputStream from) throws IOException {
        byte[] bytes = new byte[atMost(from.readInt(), LONGEST)];
        from.readFully(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    static void writeWords(DataOutputStream to, List<String> words) throws IOException {
        to.writeInt(words.size());
        for (String word : words) {
            writeText(to, word);
        }
        to.flush();
    }

    static List<String> readWords(DataInputStream from) throws IOException {
        int count = atMost(from.readInt(), MOST_WORDS);
        List<String> words = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            words.add(readText(from));
        }
        return words;
    }

    private static int atMost(int value, int limit) throws IOException {
        if (value < 0 || value > limit) {
            throw new IOException("%d is no length of this protocol".formatted(value));
        }
        return value;
    }
}
