package io.switchover4j.testkit;

import java.io.IOException;
import java.nio.file.Path;

/** Starts a pair in the given folder, says where it is, and waits until it is killed, its input ends, or a line comes. */
final class PairInChildMain {

    private PairInChildMain() {}

    public static void main(String[] arguments) throws IOException {
        PostgresPair pair =
                PostgresPair.builder().directory(Path.of(arguments[0])).start();
        System.out.println("MODULE " + PostgresPair.class.getModule());
        System.out.println("FOLDER " + pair.folder());
        if (System.in.read() == 'c') {
            pair.close();
        }
        // Otherwise main returns with the pair open.
    }
}
