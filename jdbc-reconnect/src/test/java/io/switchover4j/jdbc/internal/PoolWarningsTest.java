package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.alibaba.druid.pool.DruidDataSource;
import com.mchange.v2.c3p0.ComboPooledDataSource;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.apache.commons.dbcp2.BasicDataSource;
import org.junit.jupiter.api.Test;

/** What is said of each pool's own defaults. The pools are not started: nobody listens at their URL. */
class PoolWarningsTest {

    private static final String URL = "jdbc:postgresql://127.0.0.1:1/app";

    private static List<String> warnings(DataSource source) {
        List<String> all = new ArrayList<>(NodePools.warnings("a", source, Duration.ofSeconds(30)));
        all.addAll(NodePools.warningsAsStandby("a", source));
        assertThat(NodePools.url(source)).isEqualTo(URL);
        return all;
    }

    private static void assertNamed(List<String> warnings, String... settings) {
        assertThat(warnings).hasSameSizeAs(settings);
        for (int i = 0; i < settings.length; i++) {
            assertThat(warnings.get(i)).startsWith("The pool of 'a' ").contains(settings[i]);
        }
    }

    @Test
    void agroal() throws Exception {
        try (AgroalDataSource pool = AgroalDataSource.from(new AgroalDataSourceConfigurationSupplier()
                .connectionPoolConfiguration(settings -> settings.maxSize(2)
                        .connectionFactoryConfiguration(
                                factory -> factory.jdbcUrl(URL).initialSql("INSERT INTO seen VALUES (1)"))))) {
            assertNamed(
                    warnings(pool),
                    "acquisitionTimeout=0: a unit of work may wait for a connection for ever",
                    "no validateOnBorrow",
                    "an initialSql that writes ('INSERT INTO')",
                    "minSize=0: it keeps no connection open to a standby");
        }
    }

    @Test
    void dbcp() throws Exception {
        try (BasicDataSource pool = new BasicDataSource()) {
            pool.setUrl(URL);
            assertNamed(warnings(pool), "maxWait=-1", "minIdle=0");
            pool.setTestOnBorrow(false);
            pool.setMinIdle(1);
            pool.setMaxWait(Duration.ofSeconds(31));
            assertNamed(
                    warnings(pool),
                    "maxWait=31000 ms, more than the reconnectTimeout of 30000 ms",
                    "testOnBorrow=false: after a crash",
                    "minIdle without durationBetweenEvictionRuns");
        }
    }

    @Test
    void tomcat() {
        var pool = new org.apache.tomcat.jdbc.pool.DataSource();
        pool.setUrl(URL);
        assertNamed(warnings(pool), "testOnBorrow=false", "initialSize=10: its first use fails");
        pool.setTestOnBorrow(true);
        pool.setIgnoreExceptionOnPreLoad(true);
        pool.setFairQueue(false);
        pool.setInitSQL("SET search_path TO app");
        assertNamed(warnings(pool), "fairQueue=false");
    }

    @Test
    void c3p0() {
        try (ComboPooledDataSource pool = new ComboPooledDataSource()) {
            pool.setJdbcUrl(URL);
            assertNamed(
                    warnings(pool),
                    "checkoutTimeout=0",
                    "testConnectionOnCheckout=false",
                    "acquireRetryDelay=1000 ms: a pool that could not connect");
            pool.setCheckoutTimeout(1_000);
            pool.setTestConnectionOnCheckout(true);
            pool.setAcquireRetryDelay(100);
            pool.setBreakAfterAcquireFailure(true);
            pool.setAutoCommitOnClose(true);
            assertNamed(warnings(pool), "breakAfterAcquireFailure=true", "autoCommitOnClose=true");
        }
    }

    @Test
    void druid() {
        try (DruidDataSource pool = new DruidDataSource()) {
            pool.setUrl(URL);
            assertNamed(
                    warnings(pool),
                    "maxWait=-1",
                    "testOnBorrow=false",
                    "timeBetweenConnectErrorMillis=500",
                    "minIdle=0");
            pool.setMaxWait(1_000);
            pool.setTestOnBorrow(true);
            pool.setTimeBetweenConnectErrorMillis(100);
            pool.setBreakAfterAcquireFailure(true);
            pool.setMinIdle(1);
            assertNamed(warnings(pool), "breakAfterAcquireFailure=true", "keepAlive=false");
        }
    }

    @Test
    void ofAPoolThatIsNotKnownNothingIsSaid() {
        DataSource unknown = new FakeServer("a", true).dataSource();
        assertThat(NodePools.warnings("a", unknown, Duration.ofSeconds(1))).isEmpty();
        assertThat(NodePools.url(unknown)).isNull();
    }
}
