package io.switchover4j;

/** A switchover did not reach COMPLETED. The report says what happened. */
public final class SwitchoverFailedException extends SwitchoverException {

    private static final long serialVersionUID = 1L;

    private final transient SwitchoverReport report;

    public SwitchoverFailedException(SwitchoverReport report) {
        super(report.message(), null);
        this.report = report;
    }

    public SwitchoverReport report() {
        return report;
    }
}
