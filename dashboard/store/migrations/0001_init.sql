-- Times are Unix nanoseconds, UTC. Booleans are 0 or 1.

-- The life cycle. dashboard/alarm holds the same rows; a test keeps the two equal.
CREATE TABLE alarm_transition (
    from_state TEXT NOT NULL,
    action     TEXT NOT NULL,
    to_state   TEXT NOT NULL,
    PRIMARY KEY (from_state, action, to_state)
);
-- transitions: begin
INSERT INTO alarm_transition (from_state, action, to_state) VALUES
    ('normal', 'raise', 'unack'),
    ('normal', 'suppress', 'suppressed'),
    ('normal', 'reraise', 'unack'),
    ('normal', 'clear', 'normal'),
    ('unack', 'ack', 'acked'),
    ('unack', 'ack', 'normal'),
    ('unack', 'reraise', 'unack'),
    ('unack', 'clear', 'rtn_unack'),
    ('acked', 'clear', 'normal'),
    ('acked', 'reraise', 'unack'),
    ('acked', 'close', 'normal'),
    ('rtn_unack', 'ack', 'normal'),
    ('rtn_unack', 'reraise', 'unack'),
    ('rtn_unack', 'close', 'normal'),
    ('shelved', 'reraise', 'shelved'),
    ('shelved', 'clear', 'shelved'),
    ('shelved', 'unshelve', 'unack'),
    ('shelved', 'unshelve', 'rtn_unack'),
    ('shelved', 'unshelve', 'normal'),
    ('suppressed', 'reraise', 'suppressed'),
    ('suppressed', 'clear', 'suppressed'),
    ('suppressed', 'unsuppress', 'unack'),
    ('suppressed', 'unsuppress', 'normal'),
    ('oos', 'reraise', 'oos'),
    ('oos', 'clear', 'oos'),
    ('oos', 'in_service', 'unack'),
    ('oos', 'in_service', 'rtn_unack'),
    ('oos', 'in_service', 'normal'),
    ('unack', 'suppress', 'suppressed'),
    ('unack', 'shelve', 'shelved'),
    ('acked', 'suppress', 'suppressed'),
    ('acked', 'shelve', 'shelved'),
    ('rtn_unack', 'suppress', 'suppressed'),
    ('rtn_unack', 'shelve', 'shelved'),
    ('unack', 'out_of_service', 'oos'),
    ('acked', 'out_of_service', 'oos'),
    ('rtn_unack', 'out_of_service', 'oos'),
    ('shelved', 'out_of_service', 'oos'),
    ('suppressed', 'out_of_service', 'oos'),
    ('normal', 'comment', 'normal'),
    ('unack', 'comment', 'unack'),
    ('acked', 'comment', 'acked'),
    ('rtn_unack', 'comment', 'rtn_unack'),
    ('shelved', 'comment', 'shelved'),
    ('suppressed', 'comment', 'suppressed'),
    ('oos', 'comment', 'oos');
-- transitions: end

CREATE TABLE alarm (
    id            TEXT PRIMARY KEY,
    rule          TEXT NOT NULL,
    severity      TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'high', 'critical')),
    state         TEXT NOT NULL CHECK (state IN ('normal', 'unack', 'acked', 'rtn_unack', 'shelved', 'suppressed', 'oos')),
    rev           BIGINT NOT NULL CHECK (rev > 0),
    anomaly_rev   BIGINT NOT NULL,
    site          TEXT NOT NULL,
    device        TEXT NOT NULL,
    kind          TEXT NOT NULL,
    momentary     INTEGER NOT NULL,
    standing      INTEGER NOT NULL,
    late          INTEGER NOT NULL,
    seen_count    BIGINT NOT NULL,
    value         DOUBLE PRECISION NOT NULL,
    limit_value   DOUBLE PRECISION NOT NULL,
    unit          TEXT NOT NULL,
    text_zh       TEXT NOT NULL,
    text_en       TEXT NOT NULL,
    event_id      TEXT NOT NULL,
    cause         TEXT NOT NULL,
    caused_by     TEXT NOT NULL,
    devices       TEXT NOT NULL, -- JSON array
    started_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    cleared_at    BIGINT,
    acked_by      TEXT NOT NULL,
    acked_at      BIGINT,
    shelved_until BIGINT,
    note          TEXT NOT NULL,
    CHECK ((state = 'shelved') = (shelved_until IS NOT NULL)),
    CHECK (momentary = 0 OR standing = 0)
);
CREATE INDEX alarm_by_start ON alarm (started_at DESC, id);
CREATE INDEX alarm_by_site ON alarm (site, started_at DESC, id);
CREATE INDEX alarm_open ON alarm (started_at DESC, id) WHERE state <> 'normal';
CREATE INDEX alarm_by_cause ON alarm (caused_by, state);
CREATE INDEX alarm_shelved ON alarm (shelved_until) WHERE state = 'shelved';

CREATE TABLE alarm_audit (
    alarm_id   TEXT NOT NULL REFERENCES alarm (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    n          BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    actor      TEXT NOT NULL,
    action     TEXT NOT NULL,
    from_state TEXT NOT NULL,
    to_state   TEXT NOT NULL,
    note       TEXT NOT NULL,
    PRIMARY KEY (alarm_id, n),
    FOREIGN KEY (from_state, action, to_state) REFERENCES alarm_transition (from_state, action, to_state)
);

-- How far the bus's anomalies have been taken in.
CREATE TABLE alarm_position (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    stream TEXT NOT NULL,
    seq    BIGINT NOT NULL
);

-- Only retention removes alarms: closed ones, last changed before this horizon.
CREATE TABLE alarm_retention (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    before BIGINT NOT NULL
);
INSERT INTO alarm_retention (id, before) VALUES (1, 0);

CREATE TRIGGER alarm_no_delete BEFORE DELETE ON alarm
WHEN OLD.state <> 'normal' OR OLD.updated_at >= (SELECT before FROM alarm_retention)
BEGIN SELECT RAISE(ABORT, 'alarms are not deleted'); END;

CREATE TRIGGER alarm_audit_no_update BEFORE UPDATE ON alarm_audit
BEGIN SELECT RAISE(ABORT, 'the audit is not changed'); END;

CREATE TRIGGER alarm_audit_no_delete BEFORE DELETE ON alarm_audit
WHEN EXISTS (SELECT 1 FROM alarm WHERE id = OLD.alarm_id)
BEGIN SELECT RAISE(ABORT, 'the audit is not deleted'); END;

-- A change of state without its audit row is refused at commit time by neither database in
-- the same words, so it is refused here: the row of this revision must exist first.
CREATE TRIGGER alarm_audited BEFORE UPDATE ON alarm
WHEN NEW.rev <> OLD.rev OR NEW.state <> OLD.state
BEGIN
    SELECT RAISE(ABORT, 'a change of state needs its audit row')
    WHERE NOT EXISTS (
        SELECT 1 FROM alarm_audit
        WHERE alarm_id = NEW.id AND n = NEW.rev AND from_state = OLD.state AND to_state = NEW.state
    ) OR NEW.rev <> OLD.rev + 1;
END;

CREATE TABLE account (
    username TEXT PRIMARY KEY,
    name_zh  TEXT NOT NULL,
    name_en  TEXT NOT NULL,
    role     TEXT NOT NULL CHECK (role IN ('admin', 'operator', 'guard', 'inspector')),
    hash     TEXT NOT NULL, -- argon2id, PHC string
    disabled INTEGER NOT NULL DEFAULT 0,
    version  BIGINT NOT NULL -- counts changes; a session of an older version has ended
);

CREATE TABLE account_scope (
    username TEXT NOT NULL REFERENCES account (username) ON DELETE CASCADE,
    site     TEXT NOT NULL, -- '*' is the whole county
    PRIMARY KEY (username, site)
);

CREATE TABLE session (
    token  TEXT PRIMARY KEY, -- digest of the cookie's token
    data   BLOB NOT NULL,
    expiry BIGINT NOT NULL
);
CREATE INDEX session_by_expiry ON session (expiry);
