package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.DataSourceStatistics;
import io.switchover4j.jdbc.ReconnectingDataSourceMXBean;
import io.switchover4j.jdbc.ReplayOff;
import io.switchover4j.jdbc.ReplayStatistics;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import javax.management.InstanceAlreadyExistsException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.StandardMBean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Shows the statistics of one DataSource by JMX, where that is allowed. Thread-safe. */
final class ManagementBean implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ManagementBean.class);

    /** More of one name are a leak, and the last of them is not shown. */
    private static final int MOST_OF_ONE_NAME = 100;

    /** Of a DataSource that is not shown. */
    static final ManagementBean NONE = new ManagementBean(null);

    private final @Nullable ObjectName registered;

    private ManagementBean(@Nullable ObjectName registered) {
        this.registered = registered;
    }

    /** Registers it; a second one of the same name is called {@code NAME-2}. Never fails: what forbids it is logged. */
    static ManagementBean register(String name, Supplier<DataSourceStatistics> statistics) {
        try {
            MBeanServer server = ManagementFactory.getPlatformMBeanServer();
            StandardMBean bean = new StandardMBean(new View(statistics), ReconnectingDataSourceMXBean.class, true);
            for (int number = 1; number <= MOST_OF_ONE_NAME; number++) {
                ObjectName as = objectName(number == 1 ? name : name + "-" + number);
                try {
                    server.registerMBean(bean, as);
                    return new ManagementBean(as);
                } catch (InstanceAlreadyExistsException taken) {
                    log.debug("{}: there is an MBean {} already", name, as, taken);
                }
            }
            log.warn("{}: not shown by JMX, because {} others have its name", name, MOST_OF_ONE_NAME);
        } catch (JMException | RuntimeException | LinkageError e) {
            log.info("{}: not shown by JMX: {}", name, e.toString());
        }
        return NONE;
    }

    static ObjectName objectName(String name) throws JMException {
        return new ObjectName("io.switchover4j:type=ReconnectingDataSource,name=" + ObjectName.quote(name));
    }

    @Override
    public void close() {
        if (registered == null) {
            return;
        }
        try {
            ManagementFactory.getPlatformMBeanServer().unregisterMBean(registered);
        } catch (JMException | RuntimeException e) {
            log.debug("{} was not registered any more", registered, e);
        }
    }

    private static final class View implements ReconnectingDataSourceMXBean {

        private final Supplier<DataSourceStatistics> source;

        View(Supplier<DataSourceStatistics> source) {
            this.source = source;
        }

        private static long millis(Duration duration) {
            return duration.toMillis();
        }

        private static Map<String, Long> byName(Map<ReplayOff, Long> counts) {
            Map<String, Long> named = new TreeMap<>();
            counts.forEach((reason, count) -> named.put(reason.name(), count));
            return named;
        }

        @Override
        public String getName() {
            return source.get().name();
        }

        @Override
        public String getPrimary() {
            return source.get().primary();
        }

        @Override
        public boolean isOpen() {
            return source.get().open();
        }

        @Override
        public long getPrimaries() {
            return source.get().traffic().primaries();
        }

        @Override
        public long getSuspicions() {
            return source.get().traffic().suspicions();
        }

        @Override
        public long getHolds() {
            return source.get().traffic().holds();
        }

        @Override
        public long getHeldMillis() {
            return millis(source.get().traffic().held());
        }

        @Override
        public long getLongestHoldMillis() {
            return millis(source.get().traffic().longestHold());
        }

        @Override
        public int getWaitingUnits() {
            return source.get().traffic().waiting();
        }

        @Override
        public long getWaits() {
            return source.get().traffic().waits();
        }

        @Override
        public long getWaitedMillis() {
            return millis(source.get().traffic().waited());
        }

        @Override
        public long getLongestWaitMillis() {
            return millis(source.get().traffic().longestWait());
        }

        @Override
        public long getTimedOutUnits() {
            return source.get().traffic().timedOut();
        }

        @Override
        public long getUnitsLetThrough() {
            return source.get().traffic().letThrough();
        }

        @Override
        public long getUnitsCutOff() {
            return source.get().traffic().cutOff();
        }

        @Override
        public long getThreadsCalledBack() {
            return source.get().traffic().calledBack();
        }

        @Override
        public long getTroubles() {
            return source.get().traffic().troubles();
        }

        @Override
        public long getRequests() {
            return source.get().calls().requests();
        }

        @Override
        public long getCompletedRequests() {
            return source.get().calls().completedRequests();
        }

        @Override
        public long getCalls() {
            return source.get().calls().calls();
        }

        @Override
        public long getProtectedCalls() {
            return source.get().calls().protectedCalls();
        }

        @Override
        public long getCallsAffectedByOutages() {
            return source.get().calls().affectedByOutages();
        }

        @Override
        public long getCallsTriggeringReplay() {
            return source.get().calls().triggeringReplay();
        }

        @Override
        public long getCallsAffectedByOutagesDuringReplay() {
            return source.get().calls().affectedDuringReplay();
        }

        @Override
        public long getUnitsNotApplied() {
            return source.get().calls().notApplied();
        }

        @Override
        public long getUnknownOutcomes() {
            return source.get().calls().unknownOutcomes();
        }

        @Override
        public long getReplayAttempts() {
            return source.get().replay().attempts();
        }

        @Override
        public long getSuccessfulReplays() {
            return source.get().replay().replayed();
        }

        @Override
        public long getFailedReplays() {
            ReplayStatistics replay = source.get().replay();
            return replay.differed() + replay.failed();
        }

        @Override
        public Map<String, Long> getReplaysRefused() {
            return byName(source.get().replay().refused());
        }

        @Override
        public Map<String, Long> getReplayDisablings() {
            return byName(source.get().replay().switchedOff());
        }

        @Override
        public long getSettledCommitted() {
            return source.get().ledger().committed();
        }

        @Override
        public long getSettledNotApplied() {
            return source.get().ledger().notCommitted();
        }

        @Override
        public long getSettledUnknown() {
            return source.get().ledger().unknown();
        }

        @Override
        public long getLostAcknowledgedCommits() {
            return source.get().ledger().lostAcknowledged();
        }
    }
}
