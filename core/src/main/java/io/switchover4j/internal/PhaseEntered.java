package io.switchover4j.internal;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Flight Recorder's event of one transition. */
@Name("io.switchover4j.PhaseEntered")
@Label("Switchover Phase Entered")
@Category("switchover4j")
@Description("A switchover entered a phase")
@StackTrace(false)
final class PhaseEntered extends Event {

    @Label("Instance")
    String instance = "";

    @Label("Switchover")
    String operation = "";

    @Label("From")
    String from = "";

    @Label("To")
    String to = "";

    @Label("Why")
    String why = "";
}
