package io.switchover4j.postgresql;

import static java.util.Objects.requireNonNull;

import io.switchover4j.Check;
import io.switchover4j.Instance;
import io.switchover4j.LossEstimate;
import io.switchover4j.Node;
import io.switchover4j.TimeSource;
import io.switchover4j.postgresql.internal.InstanceConfig;
import io.switchover4j.postgresql.internal.PgBackend;
import io.switchover4j.postgresql.internal.PgSettings;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.InterruptedSwitchover;
import io.switchover4j.spi.Names;
import io.switchover4j.spi.SwitchoverBackend;
import io.switchover4j.spi.SwitchoverOptions;
import io.switchover4j.spi.SwitchoverPlan;
import io.switchover4j.spi.SwitchoverSession;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL pairs, versions 14 to 18, that replicate by streaming and that nothing else switches. Thread-safe.
 *
 * <pre>{@code
 * PostgresBackend backend = PostgresBackend.builder()
 *     .credentials("postgres", password)
 *     .instance("orders", orders -> orders
 *         .region("eu-1")
 *         .node("a", a -> a.zone("z1").endpoint("10.0.0.1", 5432).control(controlOfA))
 *         .node("b", b -> b.zone("z2").endpoint("10.0.0.2", 5432).control(controlOfB)))
 *     .build();
 * }</pre>
 *
 * <p>A switchover leaves behind a table {@code switchover4j.marker} with one row per instance, and in
 * {@code postgresql.auto.conf} of the old primary the settings by which it streams. It changes
 * {@code wal_retrieve_retry_interval} and {@code synchronous_standby_names} of the target for its own time only: between the
 * promotion and the moment at which the old primary streams again, commits wait for no standby.
 *
 * <p>The lease is an advisory lock on both nodes. It keeps out everybody else who switches either of them through this
 * library, also under another instance id or by way of another {@linkplain Builder#database database}.
 */
public final class PostgresBackend implements SwitchoverBackend {

    private final PgBackend backend;

    private PostgresBackend(PgBackend backend) {
        this.backend = backend;
    }

    public static Builder builder() {
        return new Builder();
    }

    @Override
    public String name() {
        return backend.name();
    }

    @Override
    public List<Instance> instances(Deadline deadline) {
        return backend.instances(deadline);
    }

    @Override
    public Instance describe(String instanceId, Deadline deadline) {
        return backend.describe(instanceId, deadline);
    }

    @Override
    public List<Check> check(Instance instance, Node target, SwitchoverOptions options, Deadline deadline) {
        return backend.check(instance, target, options, deadline);
    }

    @Override
    public boolean canFailOver() {
        return backend.canFailOver();
    }

    /**
     * From how far the primary had come when it was last {@linkplain #describe described} by this backend, or by what it told
     * the target while that was still connected; exact where its server was shut down cleanly and its control file can be read.
     * Who wants a young figure has the instance described now and then.
     */
    @Override
    public LossEstimate estimateLoss(Instance instance, Node target, Deadline deadline) {
        return backend.estimateLoss(instance, target, deadline);
    }

    @Override
    public SwitchoverPlan plan(Instance instance, Node target, SwitchoverOptions options, Deadline deadline) {
        return backend.plan(instance, target, options, deadline);
    }

    @Override
    public SwitchoverSession open(
            Instance instance,
            Node target,
            SwitchoverOptions options,
            String operationId,
            String audit,
            Deadline deadline) {
        return backend.open(instance, target, options, operationId, audit, deadline);
    }

    @Override
    public Optional<String> leaseHolder(String instanceId, Deadline deadline) {
        return backend.leaseHolder(instanceId, deadline);
    }

    @Override
    public SwitchoverSession resume(InterruptedSwitchover interrupted, Deadline deadline) {
        return backend.resume(interrupted, deadline);
    }

    @Override
    public void close() {
        backend.close();
    }

    /** Collects instances and how their servers are reached. Confined to one thread. */
    public static final class Builder {

        private final Map<String, InstanceConfig> instances = new LinkedHashMap<>();
        private @Nullable Supplier<Credentials> credentials;
        private @Nullable Supplier<Credentials> replication;
        private String database = "postgres";
        private final Map<String, String> connectionProperties = new HashMap<>();
        private Duration probeTimeout = Duration.ofSeconds(3);
        private TimeSource time = TimeSource.system();

        private Builder() {}

        /**
         * Adds an instance.
         *
         * @throws IllegalArgumentException if there is an instance of that id already, or it has not one or two nodes
         */
        public Builder instance(String id, Consumer<InstanceBuilder> instance) {
            requireNonNull(instance, "instance");
            InstanceBuilder builder = new InstanceBuilder(Names.require("instance id", id));
            instance.accept(builder);
            if (instances.putIfAbsent(id, builder.build()) != null) {
                throw new IllegalArgumentException("There are two instances '%s'".formatted(id));
            }
            return this;
        }

        /** The user as whom we act: a superuser, or from version 15 on one with the rights that the checks name. Required. */
        public Builder credentials(String user, String password) {
            Credentials fixed = new Credentials(user, password);
            return credentials(() -> fixed);
        }

        /** As {@link #credentials(String, String)}, asked for each connection: for passwords that change. */
        public Builder credentials(Supplier<Credentials> supplier) {
            this.credentials = requireNonNull(supplier, "credentials");
            return this;
        }

        /**
         * The user as whom the old primary streams from the new one; its password is written into
         * {@code postgresql.auto.conf}, as {@code pg_basebackup -R} does. Default: what the standby used until then is taken
         * over from its {@code primary_conninfo} with all its settings, host and port exchanged; a {@code passfile} named
         * there must then exist on both machines.
         */
        public Builder replicationCredentials(String user, String password) {
            Credentials fixed = new Credentials(user, password);
            return replicationCredentials(() -> fixed);
        }

        /** As {@link #replicationCredentials(String, String)}, asked for each switchover. */
        public Builder replicationCredentials(Supplier<Credentials> supplier) {
            this.replication = requireNonNull(supplier, "replicationCredentials");
            return this;
        }

        /** Where we connect to, keep the lease and the marker table. Default: {@code postgres}. */
        public Builder database(String name) {
            this.database = Names.require("database", name);
            return this;
        }

        /** A property of the JDBC driver for our connections, for example {@code sslmode}. */
        public Builder connectionProperty(String name, String value) {
            connectionProperties.put(Names.require("connection property", name), requireNonNull(value, "value"));
            return this;
        }

        /**
         * How long one node may take to answer when it is only looked at; who takes longer is described as unknown. Default
         * 3 s.
         */
        public Builder probeTimeout(Duration timeout) {
            requireNonNull(timeout, "probeTimeout");
            if (timeout.isNegative() || timeout.isZero()) {
                throw new IllegalArgumentException("probeTimeout is %s; it must be positive".formatted(timeout));
            }
            this.probeTimeout = timeout;
            return this;
        }

        /** The clocks. Default: the machine's. */
        public Builder timeSource(TimeSource time) {
            this.time = requireNonNull(time, "timeSource");
            return this;
        }

        /**
         * Makes the backend; connects to nothing.
         *
         * @throws IllegalArgumentException if there are no credentials or no instance
         */
        public PostgresBackend build() {
            if (credentials == null) {
                throw new IllegalArgumentException("There are no credentials; call credentials(user, password)");
            }
            if (instances.isEmpty()) {
                throw new IllegalArgumentException("There is no instance; call instance(id, ...)");
            }
            return new PostgresBackend(new PgBackend(
                    instances.values(),
                    new PgSettings(
                            credentials,
                            Optional.ofNullable(replication),
                            database,
                            connectionProperties,
                            probeTimeout,
                            time)));
        }
    }
}
