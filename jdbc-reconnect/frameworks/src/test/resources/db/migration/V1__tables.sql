CREATE TABLE migrated (step integer NOT NULL);
CREATE TABLE migration_gate (id integer PRIMARY KEY);
INSERT INTO migration_gate VALUES (1);
INSERT INTO migrated VALUES (1);
