-- What guards write down. Names and numbers of people are in doc and search alone.
CREATE TABLE guard_record (
    id       TEXT PRIMARY KEY,
    site     TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('visitor', 'pass', 'duty', 'certificate', 'watch', 'care', 'help')),
    rev      BIGINT NOT NULL CHECK (rev > 0),
    at       BIGINT NOT NULL,
    actor    TEXT NOT NULL,
    ended_at BIGINT CHECK (ended_at >= at),
    ended_by TEXT NOT NULL,
    search   TEXT NOT NULL,
    doc      TEXT NOT NULL -- JSON
) WITHOUT ROWID;
CREATE INDEX guard_record_by_start ON guard_record (kind, at DESC, id);
CREATE INDEX guard_record_by_site ON guard_record (site, kind, at DESC, id);
CREATE INDEX guard_record_open ON guard_record (kind, site) WHERE ended_at IS NULL;
CREATE INDEX guard_record_ended ON guard_record (ended_at) WHERE ended_at IS NOT NULL;

-- Changes that were made, by the id that the browser gave them: the same comes again when an
-- answer was lost.
CREATE TABLE guard_request (
    id     TEXT PRIMARY KEY,
    record TEXT NOT NULL REFERENCES guard_record (id) ON DELETE CASCADE,
    at     BIGINT NOT NULL,
    digest TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX guard_request_by_record ON guard_request (record);
