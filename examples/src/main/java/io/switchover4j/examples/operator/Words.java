package io.switchover4j.examples.operator;

import java.util.ArrayList;
import java.util.List;

/** Splits a line into words as a shell does: at blanks, except between single or double quotes. */
final class Words {

    private Words() {}

    /**
     * @throws UsageException if a quote is not closed
     */
    static List<String> split(String line) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean begun = false;
        char quote = 0;
        for (char c : line.toCharArray()) {
            if (quote != 0) {
                if (c == quote) {
                    quote = 0;
                } else {
                    word.append(c);
                }
            } else if (c == '\'' || c == '"') {
                quote = c;
                begun = true;
            } else if (Character.isWhitespace(c)) {
                if (begun) {
                    words.add(word.toString());
                }
                word.setLength(0);
                begun = false;
            } else {
                word.append(c);
                begun = true;
            }
        }
        if (quote != 0) {
            throw new UsageException("The quote %c is not closed in: %s".formatted(quote, line));
        }
        if (begun) {
            words.add(word.toString());
        }
        return words;
    }
}
