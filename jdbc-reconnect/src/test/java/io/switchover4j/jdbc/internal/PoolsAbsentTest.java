package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

class PoolsAbsentTest {

    @Test
    void anyDataSourceServesWhereNoPoolIsOnTheClassPath() throws Exception {
        Class<?> type = Class.forName(
                "io.switchover4j.jdbc.ReconnectingDataSource",
                true,
                new WithoutPools(getClass().getClassLoader()));
        assertThat(type.getClassLoader()).isInstanceOf(WithoutPools.class);
        DataSource pool = new FakeServer("a", true).dataSource();

        Object built = type.getMethod("wrap", DataSource.class).invoke(null, pool);
        try (AutoCloseable closing = (AutoCloseable) built) {
            ((DataSource) closing).getConnection().close();
            assertThat(type.getMethod("warnings").invoke(closing)).isEqualTo(List.of());
        }
    }

    /** Defines our classes anew and has none of the pools. */
    private static final class WithoutPools extends ClassLoader {

        private static final List<String> POOLS = List.of(
                "com.zaxxer.",
                "io.agroal.",
                "org.apache.commons.",
                "org.apache.tomcat.",
                "com.mchange.",
                "com.alibaba.");

        WithoutPools(ClassLoader parent) {
            super(parent);
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (POOLS.stream().anyMatch(name::startsWith)) {
                throw new ClassNotFoundException(name);
            }
            if (!name.startsWith("io.switchover4j.jdbc.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded == null ? define(name) : loaded;
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                if (in == null) {
                    throw new ClassNotFoundException(name);
                }
                byte[] bytes = in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }
}
