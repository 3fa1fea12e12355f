package io.switchover4j.examples.operator;

import java.io.PrintStream;

/** Where a command writes to: a terminal, or the process that sent the command. */
interface Output {

    void out(String text);

    void err(String text);

    static Output to(PrintStream out, PrintStream err) {
        return new Output() {
            @Override
            public void out(String text) {
                out.print(text);
                out.flush();
            }

            @Override
            public void err(String text) {
                err.print(text);
                err.flush();
            }
        };
    }
}
