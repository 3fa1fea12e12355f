CREATE INDEX migrated_step ON migrated (step);
INSERT INTO migrated VALUES (3);
