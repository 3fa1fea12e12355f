package io.switchover4j.jdbc.internal;

import com.alibaba.druid.pool.DruidDataSource;
import com.mchange.v2.c3p0.ComboPooledDataSource;
import com.zaxxer.hikari.HikariDataSource;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.AgroalConnectionPoolConfiguration.ConnectionValidator;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.security.NamePrincipal;
import io.agroal.api.security.SimplePassword;
import io.switchover4j.testkit.Credentials;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;
import org.apache.commons.dbcp2.BasicDataSource;

/** The pools that are run through the same switches, each set up as the documentation recommends. */
enum PoolLibrary {
    HIKARI {
        @Override
        Opened open(String url, Credentials user) {
            HikariDataSource pool = new HikariDataSource();
            pool.setJdbcUrl(url);
            pool.setUsername(user.user());
            pool.setPassword(user.password());
            pool.setMaximumPoolSize(SIZE);
            pool.setConnectionTimeout(TIMEOUT_MILLIS);
            pool.setInitializationFailTimeout(-1);
            return new Opened(pool, pool);
        }
    },
    AGROAL {
        @Override
        Opened open(String url, Credentials user) throws SQLException {
            AgroalDataSource pool = AgroalDataSource.from(new AgroalDataSourceConfigurationSupplier()
                    .connectionPoolConfiguration(settings -> settings.maxSize(SIZE)
                            .minSize(1)
                            .acquisitionTimeout(Duration.ofMillis(TIMEOUT_MILLIS))
                            .validateOnBorrow(true)
                            .connectionValidator(ConnectionValidator.sqlValidator("SELECT 1", Duration.ofSeconds(1)))
                            .connectionFactoryConfiguration(factory -> factory.jdbcUrl(url)
                                    .principal(new NamePrincipal(user.user()))
                                    .credential(new SimplePassword(user.password())))));
            return new Opened(pool, pool);
        }
    },
    DBCP {
        @Override
        Opened open(String url, Credentials user) {
            BasicDataSource pool = new BasicDataSource();
            pool.setUrl(url);
            pool.setUsername(user.user());
            pool.setPassword(user.password());
            pool.setMaxTotal(SIZE);
            pool.setMinIdle(1);
            pool.setDurationBetweenEvictionRuns(Duration.ofSeconds(10));
            pool.setMaxWait(Duration.ofMillis(TIMEOUT_MILLIS));
            return new Opened(pool, pool);
        }
    },
    TOMCAT {
        @Override
        Opened open(String url, Credentials user) {
            var pool = new org.apache.tomcat.jdbc.pool.DataSource();
            pool.setUrl(url);
            pool.setDriverClassName("org.postgresql.Driver");
            pool.setUsername(user.user());
            pool.setPassword(user.password());
            pool.setMaxActive(SIZE);
            pool.setMaxIdle(SIZE);
            pool.setMinIdle(1);
            pool.setInitialSize(0);
            pool.setMaxWait(TIMEOUT_MILLIS);
            pool.setTestOnBorrow(true);
            return new Opened(pool, pool::close);
        }
    },
    C3P0 {
        @Override
        Opened open(String url, Credentials user) {
            ComboPooledDataSource pool = new ComboPooledDataSource();
            pool.setJdbcUrl(url);
            pool.setUser(user.user());
            pool.setPassword(user.password());
            pool.setMaxPoolSize(SIZE);
            pool.setMinPoolSize(1);
            pool.setInitialPoolSize(1);
            pool.setAcquireIncrement(1);
            pool.setAcquireRetryDelay(100);
            pool.setCheckoutTimeout(TIMEOUT_MILLIS);
            pool.setTestConnectionOnCheckout(true);
            return new Opened(pool, pool);
        }
    },
    DRUID {
        @Override
        Opened open(String url, Credentials user) {
            DruidDataSource pool = new DruidDataSource();
            pool.setUrl(url);
            pool.setUsername(user.user());
            pool.setPassword(user.password());
            pool.setMaxActive(SIZE);
            pool.setMinIdle(1);
            pool.setKeepAlive(true);
            pool.setMaxWait(TIMEOUT_MILLIS);
            pool.setTestOnBorrow(true);
            pool.setValidationQuery("SELECT 1");
            pool.setTimeBetweenConnectErrorMillis(100);
            return new Opened(pool, pool);
        }
    },
    /** One that we know nothing of, and that offers nothing. */
    UNKNOWN {
        @Override
        Opened open(String url, Credentials user) throws SQLException {
            Opened known = HIKARI.open(url, user);
            DataSource hidden = new SimpleDataSource() {
                @Override
                public Connection getConnection() throws SQLException {
                    return known.dataSource().getConnection();
                }
            };
            return new Opened(hidden, known.close());
        }
    };

    static final int SIZE = 4;
    private static final int TIMEOUT_MILLIS = 10_000;

    /** A pool, and how it is closed. */
    record Opened(DataSource dataSource, AutoCloseable close) {}

    abstract Opened open(String url, Credentials user) throws SQLException;

    /** Each has a database of its own, so that all can live through the same switch. */
    String database() {
        return "bank_" + name().toLowerCase(java.util.Locale.ROOT);
    }
}
