package io.switchover4j.internal;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Flight Recorder's event of one phase, with its length. */
@Name("io.switchover4j.PhaseLasted")
@Label("Switchover Phase")
@Category("switchover4j")
@Description(
        "A phase of a switchover, from its begin to its end; of one that waited for its time, SCHEDULED begins when that came")
@StackTrace(false)
final class PhaseLasted extends Event {

    @Label("Instance")
    String instance = "";

    @Label("Switchover")
    String operation = "";

    @Label("Phase")
    String phase = "";

    @Label("Next Phase")
    String next = "";
}
