-- The registry: what the county has and where. Each entry is JSON; the names of people are
-- nowhere else.
CREATE TABLE registry_entry (
    kind  TEXT NOT NULL CHECK (kind IN ('county', 'site', 'device', 'route', 'person')),
    key   TEXT NOT NULL, -- site, site/device, route or person
    rev   BIGINT NOT NULL CHECK (rev > 0),
    at    BIGINT NOT NULL,
    actor TEXT NOT NULL,
    doc   TEXT NOT NULL,
    PRIMARY KEY (kind, key)
);

-- The version counts the transactions that changed anything.
CREATE TABLE registry_version (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL,
    at      BIGINT NOT NULL
);
INSERT INTO registry_version (id, version, at) VALUES (1, 0, 0);

-- Who changed what, in the transaction of the change; and who has read a person's name.
-- Names of people are masked here.
CREATE TABLE registry_change (
    n       BIGINT PRIMARY KEY,
    version BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL CHECK (action IN ('seed', 'create', 'update', 'delete', 'reveal')),
    kind    TEXT NOT NULL,
    key     TEXT NOT NULL,
    rev     BIGINT NOT NULL,
    before  TEXT NOT NULL, -- JSON, or empty
    after   TEXT NOT NULL  -- JSON, or empty
);
CREATE INDEX registry_change_by_key ON registry_change (kind, key, n);
CREATE TRIGGER registry_change_no_update BEFORE UPDATE ON registry_change
BEGIN SELECT RAISE(ABORT, 'the audit is not changed'); END;
CREATE TRIGGER registry_change_no_delete BEFORE DELETE ON registry_change
BEGIN SELECT RAISE(ABORT, 'the audit is not deleted'); END;
