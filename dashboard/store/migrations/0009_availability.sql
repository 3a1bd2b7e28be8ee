-- What each device did on each day of the county's zone, computed after the day has ended.
-- Seconds by state add up to registered_s; power_s to centre_s split elsewhere_s by cause.
CREATE TABLE availability_day (
    day           TEXT NOT NULL, -- YYYY-MM-DD
    site          TEXT NOT NULL,
    device        TEXT NOT NULL,
    kind          TEXT NOT NULL,
    township      TEXT NOT NULL,
    name_zh       TEXT NOT NULL,
    name_en       TEXT NOT NULL,
    registered_s  REAL NOT NULL CHECK (registered_s > 0),
    up_s          REAL NOT NULL,
    down_s        REAL NOT NULL,
    degraded_s    REAL NOT NULL,
    maintenance_s REAL NOT NULL,
    off_hours_s   REAL NOT NULL,
    elsewhere_s   REAL NOT NULL,
    unobserved_s  REAL NOT NULL,
    power_s       REAL NOT NULL,
    gateway_s     REAL NOT NULL,
    network_s     REAL NOT NULL,
    centre_s      REAL NOT NULL,
    outages       BIGINT NOT NULL,
    longest_s     REAL NOT NULL,
    lead_s        REAL NOT NULL, -- down since the day began, in seconds
    tail_s        REAL NOT NULL, -- down until the day ended, in seconds
    expected_s    REAL NOT NULL,
    covered_s     REAL NOT NULL,
    usable_s      REAL NOT NULL,
    unusable_s    REAL NOT NULL,
    spans         TEXT NOT NULL, -- JSON
    PRIMARY KEY (day, site, device)
) WITHOUT ROWID;
CREATE INDEX availability_day_edges ON availability_day (day) WHERE lead_s > 0 OR tail_s > 0;
CREATE INDEX availability_day_faults ON availability_day (day) WHERE down_s > 0 OR elsewhere_s > 0;

-- The days that are computed. digest is of what people decided about the day: its alarms and
-- maintenance; another one means that it must be computed anew.
CREATE TABLE availability_computed (
    day     TEXT PRIMARY KEY,
    begins  BIGINT NOT NULL,
    ends    BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    first   BIGINT NOT NULL,
    digest  TEXT NOT NULL,
    devices BIGINT NOT NULL,
    took_ms BIGINT NOT NULL
);

-- Days to compute anew, and why.
CREATE TABLE availability_mark (
    day TEXT PRIMARY KEY,
    why TEXT NOT NULL,
    at  BIGINT NOT NULL
);

-- What changed afterwards. before and after are JSON, empty where there was or is no row.
CREATE TABLE availability_restatement (
    n      INTEGER PRIMARY KEY,
    at     BIGINT NOT NULL,
    day    TEXT NOT NULL,
    site   TEXT NOT NULL,
    device TEXT NOT NULL,
    kind   TEXT NOT NULL,
    why    TEXT NOT NULL,
    before TEXT NOT NULL,
    after  TEXT NOT NULL
);
CREATE INDEX availability_restatement_by_day ON availability_restatement (day, site, device);
CREATE TRIGGER availability_restatement_no_update BEFORE UPDATE ON availability_restatement
BEGIN SELECT RAISE(ABORT, 'a restatement is not changed'); END;
CREATE TRIGGER availability_restatement_no_delete BEFORE DELETE ON availability_restatement
BEGIN SELECT RAISE(ABORT, 'a restatement is not deleted'); END;

-- What each kind of device should reach, in percent.
CREATE TABLE availability_target (
    kind     TEXT PRIMARY KEY,
    rev      BIGINT NOT NULL CHECK (rev > 0),
    at       BIGINT NOT NULL,
    actor    TEXT NOT NULL,
    online   REAL CHECK (online BETWEEN 0 AND 100),
    recorded REAL CHECK (recorded BETWEEN 0 AND 100),
    usable   REAL CHECK (usable BETWEEN 0 AND 100)
);
