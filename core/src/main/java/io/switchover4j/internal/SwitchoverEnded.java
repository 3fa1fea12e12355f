package io.switchover4j.internal;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** Flight Recorder's event of the end of a switchover. */
@Name("io.switchover4j.SwitchoverEnded")
@Label("Switchover Ended")
@Category("switchover4j")
@Description("A switchover came to its end")
@StackTrace(false)
final class SwitchoverEnded extends Event {

    /** Flight Recorder has no empty number. */
    static final long UNKNOWN = -1;

    @Label("Instance")
    String instance = "";

    @Label("Switchover")
    String operation = "";

    @Label("Outcome")
    String outcome = "";

    @Label("Old Primary")
    String oldPrimary = "";

    @Label("New Primary")
    String newPrimary = "";

    @Label("Write Pause")
    @Description("How long no node took writes; -1 if writes did not pause, or it is not known")
    @Timespan(Timespan.NANOSECONDS)
    long writePause = UNKNOWN;

    @Label("Hold")
    @Description("How long new units of work waited; -1 if none were held")
    @Timespan(Timespan.NANOSECONDS)
    long hold = UNKNOWN;

    @Label("Message")
    String message = "";
}
