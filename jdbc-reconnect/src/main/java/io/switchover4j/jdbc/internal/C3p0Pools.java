package io.switchover4j.jdbc.internal;

import com.mchange.v2.c3p0.DriverManagerDataSource;
import com.mchange.v2.c3p0.WrapperConnectionPoolDataSource;
import com.mchange.v2.c3p0.impl.AbstractPoolBackedDataSource;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** What we know of c3p0: all of it in classes that are loaded only where it is present. */
final class C3p0Pools implements PoolKind {

    private static final int LONG_RETRY_DELAY_MILLIS = 200;

    @Override
    public boolean accepts(DataSource source) {
        return source instanceof AbstractPoolBackedDataSource;
    }

    @Override
    public NodePool pool(String name, DataSource source) {
        return new C3p0NodePool(name, (AbstractPoolBackedDataSource) source);
    }

    @Override
    public @Nullable String url(DataSource source) {
        return beneath(source) instanceof DriverManagerDataSource driver ? driver.getJdbcUrl() : null;
    }

    @Override
    public @Nullable String driverProperty(DataSource source, String key) {
        return beneath(source) instanceof DriverManagerDataSource driver
                ? driver.getProperties().getProperty(key)
                : null;
    }

    @Override
    public @Nullable ProbeSource probe(DataSource source) {
        DataSource beneath = beneath(source);
        if (beneath instanceof DriverManagerDataSource driver) {
            return DriverProbe.of(
                    driver.getJdbcUrl(),
                    driver.getDriverClass(),
                    () -> DriverProbe.properties(driver.getProperties(), driver.getUser(), driver.getPassword()));
        }
        return beneath == null ? null : beneath::getConnection;
    }

    @Override
    public List<String> warningsAsStandby(String name, DataSource source) {
        return List.of();
    }

    @Override
    public List<String> warnings(String name, DataSource source, Duration reconnectTimeout) {
        WrapperConnectionPoolDataSource settings = settings(source);
        if (settings == null) {
            return List.of();
        }
        PoolWarnings warnings = new PoolWarnings(name);
        warnings.borrowTimeout("checkoutTimeout", settings.getCheckoutTimeout(), reconnectTimeout);
        if (!settings.isTestConnectionOnCheckout()) {
            warnings.untested("testConnectionOnCheckout=false");
        }
        warnings.addIf(
                settings.getAcquireRetryDelay() > LONG_RETRY_DELAY_MILLIS,
                ("has acquireRetryDelay=%d ms: a pool that could not connect while its node was down tries again only after"
                                + " that, also when the node is the primary by then. Set it to %d or less.")
                        .formatted(settings.getAcquireRetryDelay(), LONG_RETRY_DELAY_MILLIS));
        warnings.addIf(
                settings.isBreakAfterAcquireFailure(),
                "has breakAfterAcquireFailure=true: once its node was down for acquireRetryAttempts attempts, it never gives a"
                        + " connection again. Set it to false.");
        warnings.addIf(
                settings.isAutoCommitOnClose(),
                "has autoCommitOnClose=true: it commits what its user left open, where a switch ended the rest of it. Set it"
                        + " to false.");
        return warnings.list();
    }

    static int maxPoolSize(DataSource source) {
        WrapperConnectionPoolDataSource settings = settings(source);
        return settings == null ? Integer.MAX_VALUE : settings.getMaxPoolSize();
    }

    private static @Nullable WrapperConnectionPoolDataSource settings(DataSource source) {
        return ((AbstractPoolBackedDataSource) source).getConnectionPoolDataSource()
                        instanceof WrapperConnectionPoolDataSource settings
                ? settings
                : null;
    }

    private static @Nullable DataSource beneath(DataSource source) {
        WrapperConnectionPoolDataSource settings = settings(source);
        return settings == null ? null : settings.getNestedDataSource();
    }
}
