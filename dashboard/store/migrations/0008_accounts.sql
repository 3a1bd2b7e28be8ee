-- What accounts need beyond a password: their own roles, sessions with a place and a time,
-- browsers that are known, tokens for programs, second factors, passkeys.
CREATE TABLE account_new (
    username    TEXT PRIMARY KEY,
    name_zh     TEXT NOT NULL,
    name_en     TEXT NOT NULL,
    role        TEXT NOT NULL, -- built in, or of role; an unknown one may nothing
    hash        TEXT NOT NULL, -- argon2id, PHC string; empty: no password fits
    disabled    INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    version     BIGINT NOT NULL, -- counts changes; a session of an older version has ended
    must_change INTEGER NOT NULL DEFAULT 0 CHECK (must_change IN (0, 1)), -- the password was given by somebody else
    password_at BIGINT NOT NULL DEFAULT 0,
    subject     TEXT NOT NULL DEFAULT '' -- issuer and subject of the identity provider; empty: none
);
INSERT INTO account_new (username, name_zh, name_en, role, hash, disabled, version)
    SELECT username, name_zh, name_en, role, hash, disabled, version FROM account;
CREATE TABLE scope_old AS SELECT username, site FROM account_scope;
DROP TABLE account_scope;
DROP TABLE account;
ALTER TABLE account_new RENAME TO account;
CREATE TABLE account_scope (
    username TEXT NOT NULL REFERENCES account (username) ON DELETE CASCADE,
    site     TEXT NOT NULL, -- id of a site, 'township:NAME', or '*' for the whole county
    PRIMARY KEY (username, site)
);
INSERT INTO account_scope (username, site) SELECT username, site FROM scope_old;
DROP TABLE scope_old;
CREATE UNIQUE INDEX account_by_subject ON account (subject) WHERE subject <> '';

CREATE TABLE role (
    name        TEXT PRIMARY KEY,
    name_zh     TEXT NOT NULL,
    name_en     TEXT NOT NULL,
    permissions TEXT NOT NULL, -- separated by spaces
    rev         BIGINT NOT NULL,
    updated_by  TEXT NOT NULL,
    updated_at  BIGINT NOT NULL
);

CREATE TABLE session_info (
    id       TEXT PRIMARY KEY, -- not the cookie's token
    username TEXT NOT NULL REFERENCES account (username) ON DELETE CASCADE,
    how      TEXT NOT NULL CHECK (how IN ('password', 'totp', 'passkey', 'oidc')),
    address  TEXT NOT NULL,
    agent    TEXT NOT NULL,
    began    BIGINT NOT NULL,
    seen     BIGINT NOT NULL,
    expiry   BIGINT NOT NULL
);
CREATE INDEX session_info_by_user ON session_info (username, began);

CREATE TABLE account_browser ( -- browsers in which somebody has logged in before
    digest   TEXT PRIMARY KEY, -- of the cookie
    username TEXT NOT NULL REFERENCES account (username) ON DELETE CASCADE,
    at       BIGINT NOT NULL
);
CREATE INDEX account_browser_by_user ON account_browser (username, at);

CREATE TABLE api_token (
    id          TEXT PRIMARY KEY,
    username    TEXT NOT NULL REFERENCES account (username) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    digest      TEXT NOT NULL UNIQUE, -- SHA-256 of the token, which has 130 random bits
    permissions TEXT NOT NULL, -- separated by spaces
    scope       TEXT NOT NULL, -- JSON list
    created     BIGINT NOT NULL,
    expires     BIGINT NOT NULL,
    used        BIGINT NOT NULL DEFAULT 0,
    used_from   TEXT NOT NULL DEFAULT '',
    revoked     BIGINT NOT NULL DEFAULT 0,
    revoked_by  TEXT NOT NULL DEFAULT ''
);
CREATE INDEX api_token_by_user ON api_token (username, created);

CREATE TABLE account_totp (
    username  TEXT PRIMARY KEY REFERENCES account (username) ON DELETE CASCADE,
    secret    TEXT NOT NULL,
    confirmed INTEGER NOT NULL CHECK (confirmed IN (0, 1)),
    step      BIGINT NOT NULL DEFAULT 0 -- of the last code taken: neither it nor one before it is taken again
);
CREATE TABLE account_recovery (
    username TEXT NOT NULL REFERENCES account (username) ON DELETE CASCADE,
    digest   TEXT NOT NULL, -- SHA-256 of account and code
    PRIMARY KEY (username, digest)
);

CREATE TABLE account_passkey (
    id         TEXT PRIMARY KEY, -- of the credential, base64url
    username   TEXT NOT NULL REFERENCES account (username) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    credential BLOB NOT NULL, -- JSON: public key, counter, flags
    created    BIGINT NOT NULL,
    used       BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX account_passkey_by_user ON account_passkey (username, created);
