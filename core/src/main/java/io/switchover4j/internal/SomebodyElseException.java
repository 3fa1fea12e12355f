package io.switchover4j.internal;

import io.switchover4j.spi.JournalRecord;

/** The journal has a record of the switchover that is not from here: another coordinator has taken it up. */
final class SomebodyElseException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    SomebodyElseException(JournalRecord theirs) {
        super("somebody else works on it: the journal has the record %s of %s from %s, which is not from here"
                .formatted(theirs.kind(), theirs.phase(), theirs.at()));
    }
}
