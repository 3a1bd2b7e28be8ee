-- What gates saw that concerns what guards wrote down: a pupil who went out in class hours
-- (id: the gateway's anomaly), and a plate of the watch list (id: the anomaly made of it).
CREATE TABLE guard_seen (
    id      TEXT PRIMARY KEY,
    kind    TEXT NOT NULL CHECK (kind IN ('out', 'hit')),
    site    TEXT NOT NULL,
    device  TEXT NOT NULL,
    at      BIGINT NOT NULL, -- by the device
    taken   BIGINT NOT NULL, -- by us
    late    INTEGER NOT NULL CHECK (late IN (0, 1)),
    event   TEXT NOT NULL,
    subject TEXT NOT NULL, -- pseudonym or plate; empty: not known yet
    record  TEXT NOT NULL  -- the leave or the entry of the watch list; empty: none
) WITHOUT ROWID;
CREATE INDEX guard_seen_by_time ON guard_seen (kind, at DESC);
