-- Who looked at which camera, when, why and for whom (article 16 of the regulation on public
-- security video image systems). A row is written before a picture is given.
CREATE TABLE look (
    id       TEXT PRIMARY KEY,
    at       BIGINT NOT NULL,
    site     TEXT NOT NULL,
    device   TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('live', 'snapshot')),
    reason   TEXT NOT NULL CHECK (reason <> ''),
    unit     TEXT NOT NULL CHECK (unit <> ''),
    person   TEXT NOT NULL CHECK (person <> ''),
    actor    TEXT NOT NULL CHECK (actor <> ''),
    role     TEXT NOT NULL,
    alarm    TEXT NOT NULL,
    ended_at BIGINT,
    ended    TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX look_by_time ON look (at DESC, id);
CREATE INDEX look_by_camera ON look (site, device, at DESC, id);
CREATE INDEX look_by_actor ON look (actor, at DESC, id);
CREATE INDEX look_open ON look (at) WHERE ended_at IS NULL;

-- Lists of cameras, and tours of them with what was found.
CREATE TABLE patrol (
    id       TEXT PRIMARY KEY,
    kind     TEXT NOT NULL CHECK (kind IN ('list', 'run')),
    rev      BIGINT NOT NULL CHECK (rev > 0),
    at       BIGINT NOT NULL,
    actor    TEXT NOT NULL,
    ended_at BIGINT,
    doc      TEXT NOT NULL -- JSON
) WITHOUT ROWID;
CREATE INDEX patrol_by_time ON patrol (kind, at DESC, id);
