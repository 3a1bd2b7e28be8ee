-- Inspections, rectification notices and hidden dangers: cases with a number, a state, a
-- deadline and a history. Nothing here is ever deleted.

CREATE TABLE inspection_transition (
    kind       TEXT NOT NULL,
    from_state TEXT NOT NULL, -- empty: before it was there
    action     TEXT NOT NULL,
    to_state   TEXT NOT NULL,
    PRIMARY KEY (kind, from_state, action, to_state)
);
INSERT INTO inspection_transition (kind, from_state, action, to_state) VALUES
    ('hazard', '', 'report', 'reported'),
    ('hazard', 'assigned', 'assign', 'assigned'),
    ('hazard', 'assigned', 'attach', 'assigned'),
    ('hazard', 'assigned', 'comment', 'assigned'),
    ('hazard', 'assigned', 'finish', 'done'),
    ('hazard', 'checked', 'attach', 'checked'),
    ('hazard', 'checked', 'close', 'closed'),
    ('hazard', 'checked', 'comment', 'checked'),
    ('hazard', 'closed', 'comment', 'closed'),
    ('hazard', 'done', 'attach', 'done'),
    ('hazard', 'done', 'comment', 'done'),
    ('hazard', 'done', 'fail', 'assigned'),
    ('hazard', 'done', 'pass', 'checked'),
    ('hazard', 'reported', 'assign', 'assigned'),
    ('hazard', 'reported', 'attach', 'reported'),
    ('hazard', 'reported', 'comment', 'reported'),
    ('hazard', 'reported', 'reject', 'closed'),
    ('inspection', '', 'plan', 'planned'),
    ('inspection', 'done', 'comment', 'done'),
    ('inspection', 'done', 'notice', 'done'),
    ('inspection', 'planned', 'attach', 'planned'),
    ('inspection', 'planned', 'comment', 'planned'),
    ('inspection', 'planned', 'fill', 'planned'),
    ('inspection', 'planned', 'finish', 'done'),
    ('inspection', 'planned', 'void', 'void'),
    ('inspection', 'void', 'comment', 'void'),
    ('notice', '', 'issue', 'issued'),
    ('notice', 'closed', 'comment', 'closed'),
    ('notice', 'issued', 'attach', 'issued'),
    ('notice', 'issued', 'comment', 'issued'),
    ('notice', 'issued', 'fail', 'issued'),
    ('notice', 'issued', 'pass', 'closed'),
    ('notice', 'issued', 'receive', 'received'),
    ('notice', 'issued', 'reply', 'replied'),
    ('notice', 'received', 'attach', 'received'),
    ('notice', 'received', 'comment', 'received'),
    ('notice', 'received', 'fail', 'issued'),
    ('notice', 'received', 'pass', 'closed'),
    ('notice', 'received', 'reply', 'replied'),
    ('notice', 'replied', 'attach', 'replied'),
    ('notice', 'replied', 'comment', 'replied'),
    ('notice', 'replied', 'fail', 'issued'),
    ('notice', 'replied', 'pass', 'closed'),
    ('notice', 'replied', 'reply', 'replied');

CREATE TABLE inspection_draw (
    id     TEXT PRIMARY KEY,
    year   BIGINT NOT NULL,
    number BIGINT NOT NULL CHECK (number > 0),
    doc    TEXT NOT NULL, -- JSON, inspection.Draw
    UNIQUE (year, number)
);
CREATE TRIGGER inspection_draw_no_update BEFORE UPDATE ON inspection_draw
BEGIN SELECT RAISE(ABORT, 'a draw is not changed'); END;
CREATE TRIGGER inspection_draw_no_delete BEFORE DELETE ON inspection_draw
BEGIN SELECT RAISE(ABORT, 'a draw is not deleted'); END;

CREATE TABLE inspection_case (
    id     TEXT PRIMARY KEY,
    kind   TEXT NOT NULL CHECK (kind IN ('inspection', 'notice', 'hazard')),
    year   BIGINT NOT NULL,
    number BIGINT NOT NULL CHECK (number > 0),
    site   TEXT NOT NULL,
    topic  TEXT NOT NULL,
    draw   TEXT NOT NULL,
    state  TEXT NOT NULL,
    rev    BIGINT NOT NULL CHECK (rev > 0),
    due    BIGINT,        -- Unix nanoseconds
    doc    TEXT NOT NULL, -- JSON, inspection.Case
    UNIQUE (kind, year, number)
);
CREATE INDEX inspection_case_by_site ON inspection_case (kind, site, year DESC, number DESC);
CREATE INDEX inspection_case_by_draw ON inspection_case (draw) WHERE draw <> '';
CREATE INDEX inspection_case_due ON inspection_case (due) WHERE state IN ('issued', 'received', 'assigned');
CREATE TRIGGER inspection_case_no_delete BEFORE DELETE ON inspection_case
BEGIN SELECT RAISE(ABORT, 'a case is not deleted'); END;
CREATE TRIGGER inspection_case_keeps_its_number BEFORE UPDATE ON inspection_case
WHEN NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR NEW.year <> OLD.year OR NEW.number <> OLD.number OR NEW.site <> OLD.site
BEGIN SELECT RAISE(ABORT, 'a case keeps its number and its site'); END;
CREATE TRIGGER inspection_case_without_gap BEFORE INSERT ON inspection_case
WHEN NEW.number <> (SELECT COALESCE(MAX(number), 0) + 1 FROM inspection_case WHERE kind = NEW.kind AND year = NEW.year)
BEGIN SELECT RAISE(ABORT, 'the numbers of a year have no gaps'); END;

CREATE TABLE inspection_step (
    case_id    TEXT NOT NULL REFERENCES inspection_case (id),
    kind       TEXT NOT NULL,
    n          BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    actor      TEXT NOT NULL,
    action     TEXT NOT NULL,
    from_state TEXT NOT NULL,
    to_state   TEXT NOT NULL,
    note       TEXT NOT NULL,
    data       TEXT NOT NULL,
    PRIMARY KEY (case_id, n),
    FOREIGN KEY (kind, from_state, action, to_state) REFERENCES inspection_transition (kind, from_state, action, to_state)
);
CREATE TRIGGER inspection_step_no_update BEFORE UPDATE ON inspection_step
BEGIN SELECT RAISE(ABORT, 'the history is not changed'); END;
CREATE TRIGGER inspection_step_no_delete BEFORE DELETE ON inspection_step
BEGIN SELECT RAISE(ABORT, 'the history is not deleted'); END;
-- The row of this revision must be there before the case moves.
CREATE TRIGGER inspection_case_stepped BEFORE UPDATE ON inspection_case
BEGIN
    SELECT RAISE(ABORT, 'a change of a case needs its history')
    WHERE NEW.rev <> OLD.rev + 1 OR NOT EXISTS (
        SELECT 1 FROM inspection_step
        WHERE case_id = NEW.id AND n = NEW.rev AND from_state = OLD.state AND to_state = NEW.state
    );
END;

CREATE TABLE inspection_picture (
    case_id TEXT NOT NULL REFERENCES inspection_case (id),
    n       BIGINT NOT NULL, -- the revision that added it
    at      BIGINT NOT NULL,
    actor   TEXT NOT NULL,
    item    TEXT NOT NULL,
    note    TEXT NOT NULL,
    sha256  TEXT NOT NULL REFERENCES evidence (sha256),
    bytes   BIGINT NOT NULL,
    type    TEXT NOT NULL,
    PRIMARY KEY (case_id, n)
);
CREATE INDEX inspection_picture_by_digest ON inspection_picture (sha256);
CREATE TRIGGER inspection_picture_no_update BEFORE UPDATE ON inspection_picture
BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER inspection_picture_no_delete BEFORE DELETE ON inspection_picture
BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
CREATE TRIGGER evidence_of_inspection_no_delete BEFORE DELETE ON evidence
WHEN EXISTS (SELECT 1 FROM inspection_picture WHERE sha256 = OLD.sha256)
BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
