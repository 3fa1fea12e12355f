package io.switchover4j.frameworks;

import io.switchover4j.frameworks.Framework.Open;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.MappedSuperclass;
import jakarta.persistence.SequenceGenerator;
import jakarta.persistence.Table;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.hibernate.SessionFactory;
import org.hibernate.cfg.Configuration;

/** Hibernate, with keys of a sequence in blocks of ten, and with identity columns. */
final class HibernateUnits {

    private HibernateUnits() {}

    static Open open(DataSource dataSource, Supplier<Row> rows) {
        Configuration configuration =
                new Configuration().addAnnotatedClass(WithSequence.class).addAnnotatedClass(WithIdentity.class);
        configuration.getProperties().put("hibernate.connection.datasource", dataSource);
        SessionFactory sessions = configuration.buildSessionFactory();
        return new Open(
                number -> sessions.inTransaction(session -> {
                    for (int part = 1; part <= 2; part++) {
                        Row row = rows.get();
                        row.unit = number;
                        row.part = part;
                        session.persist(row);
                    }
                }),
                sessions);
    }

    @MappedSuperclass
    abstract static class Row {

        @Column(nullable = false)
        long unit;

        @Column(nullable = false)
        int part;
    }

    @Entity
    @Table(name = "hibernate_sequence")
    static class WithSequence extends Row {

        @Id
        @GeneratedValue(strategy = GenerationType.SEQUENCE, generator = "keys")
        @SequenceGenerator(name = "keys", sequenceName = "hibernate_sequence_keys", allocationSize = 10)
        long id;
    }

    @Entity
    @Table(name = "hibernate_identity")
    static class WithIdentity extends Row {

        @Id
        @GeneratedValue(strategy = GenerationType.IDENTITY)
        long id;
    }
}
