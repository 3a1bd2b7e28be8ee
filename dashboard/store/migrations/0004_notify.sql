-- Telling people about alarms. Times are Unix nanoseconds, UTC.

-- What the planner has not looked at yet. The trigger writes it in the transaction of the
-- change itself, so that no crash comes between an alarm and its notification.
CREATE TABLE notify_inbox (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    alarm_id   TEXT NOT NULL,
    rev        BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    action     TEXT NOT NULL,
    from_state TEXT NOT NULL,
    to_state   TEXT NOT NULL
);

CREATE TRIGGER notify_tail AFTER INSERT ON alarm_audit
WHEN NEW.from_state <> NEW.to_state OR NEW.action IN ('raise', 'reraise') -- not notes, assignments and the like
BEGIN
    INSERT INTO notify_inbox (alarm_id, rev, at, action, from_state, to_state)
    VALUES (NEW.alarm_id, NEW.n, NEW.at, NEW.action, NEW.from_state, NEW.to_state);
END;

-- The outbox, and when it is done the log. An alarm may go before its notifications.
CREATE TABLE notification (
    id         TEXT PRIMARY KEY,
    alarm_id   TEXT NOT NULL,
    rev        BIGINT NOT NULL,
    receiver   TEXT NOT NULL,
    person     TEXT NOT NULL,
    step       INTEGER NOT NULL,
    reason     TEXT NOT NULL,
    severity   TEXT NOT NULL,
    rank       INTEGER NOT NULL, -- of the severity
    site       TEXT NOT NULL,
    rule       TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'dead', 'skipped')),
    tries      INTEGER NOT NULL,
    error      TEXT NOT NULL,
    digest     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    next_try   BIGINT NOT NULL, -- while sending: the end of the lease
    done_at    BIGINT,
    message    TEXT NOT NULL, -- JSON
    CHECK ((done_at IS NOT NULL) = (state IN ('sent', 'dead', 'skipped')))
);
CREATE INDEX notification_due ON notification (receiver, next_try) WHERE done_at IS NULL;
CREATE INDEX notification_waiting ON notification (alarm_id) WHERE done_at IS NULL;
CREATE INDEX notification_done ON notification (receiver, person, done_at) WHERE done_at IS NOT NULL;
CREATE INDEX notification_log ON notification (created_at DESC, id);
CREATE INDEX notification_by_alarm ON notification (alarm_id, created_at DESC);

-- Receivers that asked to be left alone.
CREATE TABLE notify_pause (
    receiver TEXT PRIMARY KEY,
    until    BIGINT NOT NULL
);

-- The step that is due next. There is one row while an alarm stays unacknowledged.
CREATE TABLE notify_escalation (
    alarm_id TEXT NOT NULL,
    policy   TEXT NOT NULL,
    step     INTEGER NOT NULL,
    due_at   BIGINT NOT NULL,
    rev      BIGINT NOT NULL,
    PRIMARY KEY (alarm_id, policy)
);
CREATE INDEX notify_escalation_due ON notify_escalation (due_at);

-- What people edit (rotas, quiet hours), every version of it: the newest counts, the others
-- say who changed what.
CREATE TABLE notify_document (
    kind  TEXT NOT NULL,
    name  TEXT NOT NULL,
    rev   BIGINT NOT NULL,
    data  TEXT NOT NULL, -- JSON
    actor TEXT NOT NULL,
    at    BIGINT NOT NULL,
    PRIMARY KEY (kind, name, rev)
);
CREATE TRIGGER notify_document_no_update BEFORE UPDATE ON notify_document
BEGIN SELECT RAISE(ABORT, 'versions are not changed'); END;

-- The centre's own anomalies: the newest of each rule and device.
CREATE TABLE centre_anomaly (
    rule    TEXT NOT NULL,
    device  TEXT NOT NULL,
    anomaly TEXT NOT NULL, -- JSON
    PRIMARY KEY (rule, device)
);

-- When a gateway was last heard, to the minute or so.
CREATE TABLE gateway_seen (
    gateway TEXT PRIMARY KEY,
    at      BIGINT NOT NULL
);
