package io.switchover4j.jdbc.internal;

import java.util.stream.Stream;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** Flight Recorder's events of a DataSource; each stands for something rare, and costs next to nothing while nobody records. */
final class FlightEvents {

    private FlightEvents() {}

    /** What all events have. */
    @Category({"switchover4j", "DataSource"})
    @StackTrace(false)
    abstract static class DataSourceEvent extends Event {

        @Label("DataSource")
        String dataSource = "";
    }

    @Name("io.switchover4j.jdbc.UnitReplayed")
    @Label("Unit Replayed")
    @Description("A lost transaction was done again on the primary, and the application saw a pause only")
    static final class UnitReplayed extends DataSourceEvent {
        @Label("Calls")
        int calls;
    }

    @Name("io.switchover4j.jdbc.ReplayRefused")
    @Label("Replay Refused")
    @Description("A lost transaction was not replayed, and the application was told that it is not applied")
    static final class ReplayRefused extends DataSourceEvent {
        @Label("Reason")
        String reason = "";
    }

    @Name("io.switchover4j.jdbc.OutcomeSettled")
    @Label("Outcome Settled")
    @Description("The commit ledger found out about a commit whose answer was lost")
    static final class OutcomeSettled extends DataSourceEvent {
        @Label("Outcome")
        String outcome = "";
    }

    @Name("io.switchover4j.jdbc.OutcomeUnknown")
    @Label("Outcome Unknown")
    @Description("The application was told that work may or may not have been applied")
    static final class OutcomeUnknown extends DataSourceEvent {
        @Label("Node")
        String node = "";
    }

    @Name("io.switchover4j.jdbc.Hold")
    @Label("Hold")
    @Description("A switchover held the traffic, and let it go on")
    static final class HoldEnded extends DataSourceEvent {
        @Label("Held")
        @Timespan(Timespan.NANOSECONDS)
        long held;

        @Label("Switchover")
        String operation = "";
    }

    @Name("io.switchover4j.jdbc.PrimaryChanged")
    @Label("Primary Changed")
    static final class PrimaryChanged extends DataSourceEvent {
        @Label("Primary")
        String primary = "";

        @Label("Before")
        @Description("Empty for the first primary")
        String before = "";

        @Label("Epoch")
        long epoch;
    }

    @Name("io.switchover4j.jdbc.NodeSuspected")
    @Label("Node Suspected")
    @Description("A node owes an answer for too long: new units of work do not go there")
    static final class NodeSuspected extends DataSourceEvent {
        @Label("Node")
        String node = "";
    }

    @Name("io.switchover4j.jdbc.ConnectionAborted")
    @Label("Connection Aborted")
    @Description("The physical connection of an open unit of work was ended from outside")
    static final class ConnectionAborted extends DataSourceEvent {
        @Label("Reason")
        String reason = "";
    }

    /**
     * Gets those ready that are written while a switch pauses the traffic: the first one of its class costs milliseconds, also where
     * nothing is recorded.
     */
    static void loadForSwitch() {
        Stream.of(new HoldEnded(), new PrimaryChanged()).forEach(Event::isEnabled);
    }

    static void replayed(String dataSource, int calls) {
        UnitReplayed event = new UnitReplayed();
        event.dataSource = dataSource;
        event.calls = calls;
        event.commit();
    }

    static void refused(String dataSource, String reason) {
        ReplayRefused event = new ReplayRefused();
        event.dataSource = dataSource;
        event.reason = reason;
        event.commit();
    }

    static void settled(String dataSource, CommitPath.Outcome outcome) {
        OutcomeSettled event = new OutcomeSettled();
        event.dataSource = dataSource;
        event.outcome = outcome.name();
        event.commit();
    }

    static void unknown(String dataSource, String node) {
        OutcomeUnknown event = new OutcomeUnknown();
        event.dataSource = dataSource;
        event.node = node;
        event.commit();
    }

    static void holdEnded(String dataSource, String operation, long heldNanos) {
        HoldEnded event = new HoldEnded();
        event.dataSource = dataSource;
        event.operation = operation;
        event.held = heldNanos;
        event.commit();
    }

    static void primaryChanged(String dataSource, String primary, String before, long epoch) {
        PrimaryChanged event = new PrimaryChanged();
        event.dataSource = dataSource;
        event.primary = primary;
        event.before = before;
        event.epoch = epoch;
        event.commit();
    }

    static void suspected(String dataSource, String node) {
        NodeSuspected event = new NodeSuspected();
        event.dataSource = dataSource;
        event.node = node;
        event.commit();
    }

    static void aborted(String dataSource, String reason) {
        ConnectionAborted event = new ConnectionAborted();
        event.dataSource = dataSource;
        event.reason = reason;
        event.commit();
    }
}
