package io.switchover4j.internal;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Flight Recorder's event of a change of the failover mode. */
@Name("io.switchover4j.FailoverModeChanged")
@Label("Failover Mode Changed")
@Category("switchover4j")
@Description("Whether the product fails an instance over by itself was changed, by a user or around a switchover")
@StackTrace(false)
final class FailoverModeChanged extends Event {

    @Label("Instance")
    String instance = "";

    @Label("Switchover")
    String operation = "";

    @Label("Mode")
    String mode = "";
}
