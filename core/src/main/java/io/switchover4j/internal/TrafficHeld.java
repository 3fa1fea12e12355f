package io.switchover4j.internal;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Flight Recorder's event of the traffic of an instance being held. */
@Name("io.switchover4j.TrafficHeld")
@Label("Traffic Held")
@Category("switchover4j")
@Description("New units of work waited, from the hold to the release")
@StackTrace(false)
final class TrafficHeld extends Event {

    @Label("Instance")
    String instance = "";

    @Label("Switchover")
    String operation = "";

    @Label("Participants")
    int participants;

    @Label("Open Units")
    @Description("How many units of work were open still when the drain had ended")
    int openUnits;

    @Label("Released To")
    @Description("The node that applications go on with")
    String releasedTo = "";
}
