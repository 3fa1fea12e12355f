INSERT INTO migrated VALUES (2);
UPDATE migration_gate SET id = id WHERE id = 1;
