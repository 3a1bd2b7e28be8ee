-- What people add to an alarm, why it is suppressed and until when, how often it was raised,
-- how urgent it is, and one chain of hashes over every audit row.

INSERT INTO alarm_transition (from_state, action, to_state) VALUES
    ('suppressed', 'suppress', 'suppressed'),
    ('suppressed', 'quiet', 'unack'),
    ('suppressed', 'quiet', 'rtn_unack'),
    ('suppressed', 'quiet', 'normal'),
    ('unack', 'assign', 'unack'),
    ('acked', 'assign', 'acked'),
    ('rtn_unack', 'assign', 'rtn_unack'),
    ('shelved', 'assign', 'shelved'),
    ('suppressed', 'assign', 'suppressed'),
    ('oos', 'assign', 'oos');
INSERT INTO alarm_transition (from_state, action, to_state)
SELECT s.column1, a.column1, s.column1
FROM (VALUES ('normal'), ('unack'), ('acked'), ('rtn_unack'), ('shelved'), ('suppressed'), ('oos')) AS s,
     (VALUES ('false_alarm'), ('need_help'), ('confirm'), ('attach')) AS a;

ALTER TABLE alarm ADD COLUMN assignee TEXT NOT NULL DEFAULT '';
ALTER TABLE alarm ADD COLUMN verdict TEXT NOT NULL DEFAULT '' CHECK (verdict IN ('', 'false_alarm', 'need_help', 'confirmed'));
ALTER TABLE alarm ADD COLUMN suppression TEXT NOT NULL DEFAULT '' CHECK (suppression IN ('', 'cause', 'maintenance', 'chatter'));
ALTER TABLE alarm ADD COLUMN suppressed_until BIGINT;
ALTER TABLE alarm ADD COLUMN raises BIGINT NOT NULL DEFAULT 1;
ALTER TABLE alarm ADD COLUMN raised_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE alarm ADD COLUMN recent TEXT NOT NULL DEFAULT '[]'; -- JSON array: the latest raises, Unix nanoseconds
ALTER TABLE alarm ADD COLUMN priority TEXT NOT NULL DEFAULT 'low' CHECK (priority IN ('high', 'medium', 'low'));
ALTER TABLE alarm ADD COLUMN rank BIGINT NOT NULL DEFAULT 0;
ALTER TABLE alarm ADD COLUMN folding TEXT NOT NULL DEFAULT '';
ALTER TABLE alarm ADD COLUMN attachments BIGINT NOT NULL DEFAULT 0;
UPDATE alarm SET raised_at = started_at, suppression = CASE state WHEN 'suppressed' THEN 'cause' ELSE '' END;

CREATE INDEX alarm_by_source ON alarm (device, site, rule, started_at DESC, id);
CREATE INDEX alarm_tally ON alarm (state, suppression, standing, started_at) WHERE state <> 'normal';
CREATE INDEX alarm_open_rank ON alarm (rank, started_at DESC, id) WHERE state <> 'normal';
CREATE INDEX alarm_open_site ON alarm (site, started_at DESC, id) WHERE state <> 'normal';
CREATE INDEX alarm_open_severity ON alarm (severity, started_at DESC, id) WHERE state <> 'normal';
CREATE INDEX alarm_open_rule ON alarm (rule, started_at DESC, id) WHERE state <> 'normal';
CREATE INDEX alarm_by_state ON alarm (state, started_at DESC, id) WHERE state <> 'normal';
CREATE INDEX alarm_closed_standing ON alarm (updated_at, id) WHERE state = 'normal' AND standing = 1;
CREATE INDEX alarm_suppressed ON alarm (suppressed_until) WHERE suppressed_until IS NOT NULL;

-- The anomalies that an alarm is made of.
CREATE TABLE alarm_source (
    anomaly    TEXT PRIMARY KEY,
    alarm_id   TEXT NOT NULL REFERENCES alarm (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    rev        BIGINT NOT NULL,
    standing   INTEGER NOT NULL,
    seen_count BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO alarm_source (anomaly, alarm_id, rev, standing, seen_count) SELECT id, id, anomaly_rev, standing, seen_count FROM alarm;
CREATE INDEX alarm_source_by_alarm ON alarm_source (alarm_id, standing);

-- Every row of the audit, of alarms and of all else, has a number without gaps and the hash
-- of itself and of all before it: store.Verify recomputes them.
ALTER TABLE alarm_audit ADD COLUMN data TEXT NOT NULL DEFAULT ''; -- what the action set: an assignee, an end, a digest
ALTER TABLE alarm_audit ADD COLUMN seq BIGINT;
ALTER TABLE alarm_audit ADD COLUMN hash BLOB;
CREATE UNIQUE INDEX alarm_audit_by_seq ON alarm_audit (seq);
CREATE INDEX alarm_audit_by_time ON alarm_audit (at);

CREATE TABLE audit (
    seq     BIGINT PRIMARY KEY,
    at      BIGINT NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL, -- JSON
    hash    BLOB NOT NULL
);
CREATE INDEX audit_by_time ON audit (at);

-- What retention removed leaves its place in the chain.
CREATE TABLE audit_pruned (
    seq    BIGINT PRIMARY KEY,
    at     BIGINT NOT NULL,
    digest BLOB NOT NULL
);
-- The end of the chain, and where what is left of it begins.
CREATE TABLE audit_head (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    seq         BIGINT NOT NULL,
    hash        BLOB NOT NULL,
    anchor_seq  BIGINT NOT NULL,
    anchor_hash BLOB NOT NULL
);
INSERT INTO audit_head (id, seq, hash, anchor_seq, anchor_hash) VALUES (1, 0, zeroblob(32), 0, zeroblob(32));

DROP TRIGGER alarm_audit_no_update;
CREATE TRIGGER alarm_audit_no_update BEFORE UPDATE ON alarm_audit
WHEN OLD.seq IS NOT NULL -- the migration itself numbers what was there before
BEGIN SELECT RAISE(ABORT, 'the audit is not changed'); END;
CREATE TRIGGER alarm_audit_numbered BEFORE INSERT ON alarm_audit
WHEN NEW.seq IS NULL OR NEW.hash IS NULL
BEGIN SELECT RAISE(ABORT, 'an audit row has its place in the chain'); END;
CREATE TRIGGER alarm_audit_leaves_its_place BEFORE DELETE ON alarm_audit
WHEN NOT EXISTS (SELECT 1 FROM audit_pruned WHERE seq = OLD.seq)
BEGIN SELECT RAISE(ABORT, 'an audit row leaves its place in the chain'); END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is not changed'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
WHEN NOT EXISTS (SELECT 1 FROM audit_pruned WHERE seq = OLD.seq)
BEGIN SELECT RAISE(ABORT, 'the audit is not deleted'); END;

-- Evidence: pictures by their digest, once however often they are attached.
CREATE TABLE evidence (
    sha256 TEXT PRIMARY KEY,
    type   TEXT NOT NULL,
    data   BLOB NOT NULL CHECK (length(data) <= 5242880)
);
CREATE TABLE alarm_attachment (
    alarm_id TEXT NOT NULL REFERENCES alarm (id) ON DELETE CASCADE,
    n        BIGINT NOT NULL, -- the revision that attached it
    at       BIGINT NOT NULL,
    actor    TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('picture', 'position')),
    name     TEXT NOT NULL,
    note     TEXT NOT NULL,
    sha256   TEXT REFERENCES evidence (sha256),
    bytes    BIGINT NOT NULL,
    type     TEXT NOT NULL,
    lat      DOUBLE PRECISION,
    lon      DOUBLE PRECISION,
    PRIMARY KEY (alarm_id, n),
    CHECK ((kind = 'picture') = (sha256 IS NOT NULL)),
    CHECK (kind = 'picture' OR lat IS NOT NULL)
);
CREATE INDEX alarm_attachment_by_digest ON alarm_attachment (sha256);
CREATE TRIGGER alarm_attachment_no_update BEFORE UPDATE ON alarm_attachment
BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER alarm_attachment_no_delete BEFORE DELETE ON alarm_attachment
WHEN EXISTS (SELECT 1 FROM alarm WHERE id = OLD.alarm_id)
BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
CREATE TRIGGER evidence_no_update BEFORE UPDATE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER evidence_no_delete BEFORE DELETE ON evidence
WHEN EXISTS (SELECT 1 FROM alarm_attachment WHERE sha256 = OLD.sha256)
BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;

-- Maintenance windows. One that is over or was ended stays.
CREATE TABLE maintenance (
    id       TEXT PRIMARY KEY,
    rev      BIGINT NOT NULL,
    doc      TEXT NOT NULL, -- JSON, alarm.Window
    ended_at BIGINT
);
