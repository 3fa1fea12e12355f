package io.switchover4j.internal;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timestamp;

/** Flight Recorder's event of a switchover that missed its time. */
@Name("io.switchover4j.ScheduleMissed")
@Label("Switchover Missed Its Time")
@Category("switchover4j")
@Description("A switchover that waited expired, because it could not start at its time")
@StackTrace(false)
final class ScheduleMissed extends Event {

    @Label("Instance")
    String instance = "";

    @Label("Switchover")
    String operation = "";

    @Label("Was to Start at")
    @Timestamp(Timestamp.MILLISECONDS_SINCE_EPOCH)
    long startsAt;

    @Label("Why")
    String why = "";
}
