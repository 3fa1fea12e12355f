package io.switchover4j.jdbc.internal;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.AgroalConnectionFactoryConfiguration;
import io.agroal.api.configuration.AgroalConnectionPoolConfiguration;
import io.agroal.api.configuration.AgroalConnectionPoolConfiguration.ConnectionValidator;
import io.agroal.api.security.AgroalSecurityProvider;
import io.agroal.api.transaction.TransactionIntegration;
import java.sql.Driver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** What we know of Agroal: all of it in classes that are loaded only where Agroal is present. */
final class AgroalPools implements PoolKind {

    @Override
    public boolean accepts(DataSource source) {
        return source instanceof AgroalDataSource;
    }

    @Override
    public NodePool pool(String name, DataSource source) {
        return new AgroalNodePool(name, (AgroalDataSource) source);
    }

    @Override
    public @Nullable String url(DataSource source) {
        return factory(source).jdbcUrl();
    }

    @Override
    public @Nullable String driverProperty(DataSource source, String key) {
        return factory(source).jdbcProperties().getProperty(key);
    }

    @Override
    public @Nullable ProbeSource probe(DataSource source) {
        AgroalConnectionFactoryConfiguration factory = factory(source);
        Class<?> provider = factory.connectionProviderClass();
        if (provider != null && !Driver.class.isAssignableFrom(provider)) {
            return null;
        }
        return DriverProbe.of(
                factory.jdbcUrl(), provider == null ? null : provider.getName(), () -> properties(factory));
    }

    /** As Agroal itself puts them together, so that a provider of passwords is asked anew. */
    private static Properties properties(AgroalConnectionFactoryConfiguration factory) {
        Properties all = DriverProbe.properties(factory.jdbcProperties(), null, null);
        List<Object> secrets = new ArrayList<>();
        if (factory.principal() != null) {
            secrets.add(factory.principal());
        }
        secrets.addAll(factory.credentials());
        for (Object secret : secrets) {
            for (AgroalSecurityProvider provider : factory.securityProviders()) {
                Properties found = provider.getSecurityProperties(secret);
                if (found != null) {
                    all.putAll(found);
                    break;
                }
            }
        }
        return all;
    }

    @Override
    public List<String> warningsAsStandby(String name, DataSource source) {
        PoolWarnings warnings = new PoolWarnings(name);
        warnings.initSql("an initialSql", factory(source).initialSql());
        if (configuration(source).minSize() == 0) {
            warnings.cold("minSize=0");
        }
        return warnings.list();
    }

    @Override
    public List<String> warnings(String name, DataSource source, Duration reconnectTimeout) {
        AgroalConnectionPoolConfiguration configuration = configuration(source);
        PoolWarnings warnings = new PoolWarnings(name);
        warnings.borrowTimeout(
                "acquisitionTimeout", configuration.acquisitionTimeout().toMillis(), reconnectTimeout);
        boolean tests = configuration.validateOnBorrow()
                || configuration.idleValidationTimeout().compareTo(Duration.ZERO) > 0;
        // There is one class of validators that check nothing, and no constant to compare with.
        boolean validates = configuration.connectionValidator().getClass()
                != ConnectionValidator.emptyValidator().getClass();
        if (!tests || !validates) {
            warnings.untested(
                    "no validateOnBorrow (or idleValidationTimeout) with a connectionValidator that asks the server");
        }
        warnings.addIf(
                configuration.transactionIntegration().getClass()
                        != TransactionIntegration.none().getClass(),
                "takes part in JTA transactions: it keeps a connection for the whole of one, also when another node has"
                        + " become the primary. Take the transactionIntegration out.");
        return warnings.list();
    }

    private static AgroalConnectionPoolConfiguration configuration(DataSource source) {
        return ((AgroalDataSource) source).getConfiguration().connectionPoolConfiguration();
    }

    private static AgroalConnectionFactoryConfiguration factory(DataSource source) {
        return configuration(source).connectionFactoryConfiguration();
    }
}
