package io.switchover4j.internal;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timestamp;

/** Flight Recorder's event of a switchover whose time was moved. */
@Name("io.switchover4j.ScheduleMoved")
@Label("Switchover Waits for Another Time")
@Category("switchover4j")
@Description("A switchover that waits starts at another time than it was to")
@StackTrace(false)
final class ScheduleMoved extends Event {

    @Label("Instance")
    String instance = "";

    @Label("Switchover")
    String operation = "";

    @Label("Was to Start at")
    @Timestamp(Timestamp.MILLISECONDS_SINCE_EPOCH)
    long before;

    @Label("Starts at")
    @Timestamp(Timestamp.MILLISECONDS_SINCE_EPOCH)
    long startsAt;

    @Label("Why")
    String why = "";
}
