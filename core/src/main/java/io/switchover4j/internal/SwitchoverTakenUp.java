package io.switchover4j.internal;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Flight Recorder's event of an interrupted switchover being taken up. */
@Name("io.switchover4j.SwitchoverTakenUp")
@Label("Interrupted Switchover Taken Up")
@Category("switchover4j")
@Description(
        "A switchover whose process had ended was taken up; it lasts from the first attempt until its lease was had or given up")
@StackTrace(false)
final class SwitchoverTakenUp extends Event {

    @Label("Instance")
    String instance = "";

    @Label("Switchover")
    String operation = "";

    @Label("Interrupted in")
    String phase = "";

    @Label("Result")
    String result = "";
}
