package io.switchover4j.postgresql;

/**
 * Where a process dies.
 *
 * @param moment before, after or in the middle of what
 * @param what a record, by its kind and its phase or by {@code #} and its number counted from 0; or a call of a control
 */
record Death(Moment moment, String what) {

    enum Moment {
        /** What was done before the record remains, and the record does not. */
        BEFORE_RECORD,
        AFTER_RECORD,
        /** After a call of a node's control that had an effect: {@code stop}, {@code start}, {@code write} or {@code delete} and a file. */
        AFTER_CALL,
        /** The target was told to leave recovery, and says for a while that it is in it. */
        WHILE_PROMOTING
    }

    static Death never() {
        return before(-1);
    }

    static Death before(int number) {
        return new Death(Moment.BEFORE_RECORD, "#" + number);
    }

    static Death after(int number) {
        return new Death(Moment.AFTER_RECORD, "#" + number);
    }

    static Death after(String record) {
        return new Death(Moment.AFTER_RECORD, record);
    }

    static Death afterCall(String call) {
        return new Death(Moment.AFTER_CALL, call);
    }

    static Death whilePromoting() {
        return new Death(Moment.WHILE_PROMOTING, "");
    }

    boolean isBefore(String record, int number) {
        return moment == Moment.BEFORE_RECORD && isAt(record, number);
    }

    boolean isAfter(String record, int number) {
        return moment == Moment.AFTER_RECORD && isAt(record, number);
    }

    private boolean isAt(String record, int number) {
        return what.equals(record) || what.equals("#" + number);
    }

    boolean isAfterCall(String call) {
        return moment == Moment.AFTER_CALL && what.equals(call);
    }

    @Override
    public String toString() {
        return "%s %s".formatted(moment, what).strip();
    }
}
