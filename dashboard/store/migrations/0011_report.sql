-- Monthly reports, each as it was handed out. bundle is JSON with the frozen inputs.
CREATE TABLE report (
    month   TEXT   NOT NULL, -- YYYY-MM
    rev     BIGINT NOT NULL CHECK (rev > 0),
    at      BIGINT NOT NULL,
    actor   TEXT   NOT NULL,
    whole   BOOLEAN NOT NULL,
    inputs  TEXT   NOT NULL, -- SHA-256, hex, as those below
    csv     TEXT   NOT NULL,
    xlsx    TEXT   NOT NULL,
    key     TEXT   NOT NULL, -- empty: not signed
    took_ms BIGINT NOT NULL,
    bundle     BLOB NOT NULL,
    csv_file   BLOB NOT NULL,
    xlsx_file  BLOB NOT NULL,
    PRIMARY KEY (month, rev)
);
CREATE TRIGGER report_no_update BEFORE UPDATE ON report
BEGIN SELECT RAISE(ABORT, 'a report is not changed'); END;
CREATE TRIGGER report_no_delete BEFORE DELETE ON report
BEGIN SELECT RAISE(ABORT, 'a report is not deleted'); END;
