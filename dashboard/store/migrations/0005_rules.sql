-- The county's own rules: every version that ever was, whole, with who wrote it.
CREATE TABLE rules_version (
    version  BIGINT PRIMARY KEY CHECK (version > 0),
    at       BIGINT NOT NULL,
    actor    TEXT NOT NULL,
    note     TEXT NOT NULL,
    rules    BIGINT NOT NULL, -- how many are in force
    restored BIGINT NOT NULL, -- the version that was brought back, or 0
    text     TEXT NOT NULL    -- YAML
);
CREATE TRIGGER rules_version_no_update BEFORE UPDATE ON rules_version
BEGIN SELECT RAISE(ABORT, 'a version is not changed'); END;
CREATE TRIGGER rules_version_no_delete BEFORE DELETE ON rules_version
BEGIN SELECT RAISE(ABORT, 'a version is not deleted'); END;
