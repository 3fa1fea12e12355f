package io.switchover4j.examples;

import java.io.PrintStream;

/** One line of progress that is overwritten on a terminal and printed once a second elsewhere. Confined to one thread. */
final class LiveLine {

    private final PrintStream out;
    private final boolean terminal;
    private long lastPrinted = System.nanoTime();
    private int length;

    LiveLine(PrintStream out) {
        this.out = out;
        this.terminal = System.console() != null;
    }

    void show(String text) {
        if (terminal) {
            out.print('\r' + pad(text));
            out.flush();
            length = text.length();
        } else if (System.nanoTime() - lastPrinted > 1_000_000_000L) {
            lastPrinted = System.nanoTime();
            out.println(text);
        }
    }

    /** Prints a line that stays. */
    void line(String text) {
        if (terminal && length > 0) {
            out.print('\r' + " ".repeat(length) + '\r');
            length = 0;
        }
        out.println(text);
    }

    private String pad(String text) {
        return text.length() >= length ? text : text + " ".repeat(length - text.length());
    }
}
