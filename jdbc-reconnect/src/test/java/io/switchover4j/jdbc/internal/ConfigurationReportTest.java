package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Test;

class ConfigurationReportTest {

    private static List<String> hosts(String url) {
        return new JdbcUrl(url).hosts();
    }

    @Test
    void hostsAreReadFromUrls() {
        assertThat(hosts("jdbc:postgresql://db.example.com:5432/app?ssl=true")).containsExactly("db.example.com");
        assertThat(hosts("jdbc:postgresql://a:1,b:2,[::1]:3/app")).containsExactly("a", "b", "[::1]");
        assertThat(hosts("jdbc:mysql:replication://user:pass@a/app")).containsExactly("a");
        assertThat(hosts("jdbc:sqlserver://sql.example.com;databaseName=app")).containsExactly("sql.example.com");
        assertThat(hosts("jdbc:postgresql:app")).isEmpty();
        assertThat(hosts("jdbc:h2:mem:test")).isEmpty();
    }

    @Test
    void anAddressThatIsKeptTooLongIsReportedWithTheProperty() {
        assertThat(ConfigurationReport.ofAddresses(List.of("db.example.com"), -1))
                .containsExactly(
                        "This JVM keeps the address of 'db.example.com' for ever: if the endpoint moves by DNS,"
                                + " connections go to the old node for so long. Set the security property"
                                + " 'networkaddress.cache.ttl' to 5 or less before the first connection.");
        assertThat(ConfigurationReport.ofAddresses(List.of("db.example.com"), 30))
                .singleElement()
                .asString()
                .contains("for 30 s");
        assertThat(ConfigurationReport.ofAddresses(List.of("db.example.com"), 5))
                .isEmpty();
        assertThat(ConfigurationReport.ofAddresses(List.of("10.0.0.1", "[::1]", "localhost"), -1))
                .isEmpty();
    }

    @Test
    void theSecurityPropertyWinsOverTheSystemPropertyOverTheDefault() {
        assertThat(ConfigurationReport.ttlSeconds("7", "9")).isEqualTo(7);
        assertThat(ConfigurationReport.ttlSeconds(null, " 9 ")).isEqualTo(9);
        assertThat(ConfigurationReport.ttlSeconds("x", null)).isEqualTo(30);
        assertThat(ConfigurationReport.ttlSeconds(null, null)).isEqualTo(30);
    }

    @Test
    void anEndpointWhoseDriverBoundsNoLoginIsReported() {
        assertThat(DriverReport.ofPgjdbc("endpoint", true, null, null))
                .singleElement()
                .asString()
                .startsWith("The pool of 'endpoint' has no loginTimeout");
        assertThat(DriverReport.ofPgjdbc("endpoint", true, "0", null)).hasSize(1);
        assertThat(DriverReport.ofPgjdbc("endpoint", true, "5", null)).isEmpty();
        assertThat(DriverReport.ofPgjdbc("a", false, null, null)).isEmpty();
    }

    @Test
    void aShortSocketTimeoutIsReported() {
        assertThat(DriverReport.ofPgjdbc("a", false, null, "3"))
                .singleElement()
                .asString()
                .startsWith("The pool of 'a' has socketTimeout=3: a statement that takes longer is given up");
        assertThat(DriverReport.ofPgjdbc("a", false, null, "60")).isEmpty();
        assertThat(DriverReport.ofPgjdbc("a", false, null, "0")).isEmpty();
    }

    @Test
    void optionsAreReadFromTheUrlAndThePoolsProperties() {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:postgresql://a/app?loginTimeout=3&x=1");
        config.addDataSourceProperty("socketTimeout", "2");
        HikariDataSource pool = new HikariDataSource();
        config.copyStateTo(pool);

        assertThat(DriverReport.of("a", pool, true)).singleElement().asString().contains("socketTimeout=2");
        assertThat(new JdbcUrl("jdbc:postgresql://a/app?loginTimeout=3&x=1").option("x"))
                .isEqualTo("1");
        assertThat(new JdbcUrl("jdbc:postgresql://a/app?xloginTimeout=3").option("loginTimeout"))
                .isNull();
    }

    @Test
    void theWatchDoesNotRefuseStandbysAndBoundsItsConnects() {
        JdbcUrl url = new JdbcUrl("jdbc:postgresql://a/app?targetServerType=primary&connectTimeout=1");
        Properties own = new Properties();
        own.setProperty("socketTimeout", "3");

        assertThat(url.forAnyRole()).isEqualTo("jdbc:postgresql://a/app?targetServerType=any&connectTimeout=1");
        assertThat(url.withTimeouts(own))
                .containsEntry("socketTimeout", "3")
                .containsEntry("loginTimeout", "5")
                .doesNotContainKey("connectTimeout");
        assertThat(new JdbcUrl("jdbc:mariadb://a/app").withTimeouts(new Properties()))
                .containsEntry("connectTimeout", "5000");
        assertThat(new JdbcUrl("jdbc:other://a/app").withTimeouts(new Properties()))
                .isEmpty();
    }
}
