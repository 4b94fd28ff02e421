// The tables of accounts' users, groups, roles, keys and policies: new in format 2, part of `schema`.

/** What format 2 adds to the table of accounts that format 1 has. `number` is given to each account that is there. */
export const accountColumns = `
ALTER TABLE account ADD COLUMN number TEXT NOT NULL DEFAULT '000000000000' CHECK (length(number) = 12);
ALTER TABLE account ADD COLUMN email TEXT;
ALTER TABLE account ADD COLUMN alias TEXT;
UPDATE account SET number = printf('%012d', 100000000000 + abs(random() % 900000000000));
`

/** Tables that are new in format 2. */
export const identityTables = `
CREATE UNIQUE INDEX account_number ON account (number);
CREATE UNIQUE INDEX account_alias ON account (alias) WHERE alias IS NOT NULL;

-- A user, a group or a role of an account. Names differ in more than case.
CREATE TABLE identity (
  id         TEXT    PRIMARY KEY,                 -- AIDA…, AGPA…, AROA… and 17 random characters: never used twice
  kind       TEXT    NOT NULL CHECK (kind IN ('user', 'group', 'role')),
  account_id TEXT    NOT NULL REFERENCES account (id),
  name       TEXT    NOT NULL,
  path       TEXT    NOT NULL,                    -- "/" or "/division/team/"
  created    INTEGER NOT NULL,                    -- ms since 1970
  tags       TEXT,                                -- JSON: [[key, value], …]; NULL: none
  boundary   TEXT,                                -- ARN of the managed policy that bounds a user's or role's rights
  sessions_revoked_before INTEGER,                -- ms since 1970: sessions of a user or role that were issued before are refused
  description TEXT,                               -- roles
  trust_policy TEXT,                              -- roles: JSON, who may assume it
  session_seconds_max INTEGER,                    -- roles
  CHECK ((kind = 'role') = (trust_policy IS NOT NULL)),
  CHECK ((kind = 'role') = (session_seconds_max IS NOT NULL)),
  CHECK (kind <> 'group' OR (boundary IS NULL AND tags IS NULL))
);
CREATE UNIQUE INDEX identity_name ON identity (account_id, kind, lower(name));
CREATE INDEX identity_boundary ON identity (boundary) WHERE boundary IS NOT NULL;

CREATE TABLE group_member (
  group_id   TEXT    NOT NULL REFERENCES identity (id) ON DELETE CASCADE,
  user_id    TEXT    NOT NULL REFERENCES identity (id) ON DELETE CASCADE,
  PRIMARY KEY (group_id, user_id)
) WITHOUT ROWID;
CREATE INDEX group_member_user ON group_member (user_id);

-- A key somebody signs with. The root key of the server is none of them.
CREATE TABLE access_key (
  id         TEXT    PRIMARY KEY,                 -- AKIA… and 16 random characters, or as it was brought along
  account_id TEXT    NOT NULL REFERENCES account (id),
  user_id    TEXT    REFERENCES identity (id),    -- NULL: the account's root
  secret     BLOB    NOT NULL,                    -- sealed under the master key, for this id alone
  status     TEXT    NOT NULL CHECK (status IN ('Active', 'Inactive')),
  created    INTEGER NOT NULL,                    -- ms since 1970
  expires    INTEGER,                             -- ms since 1970; NULL: never
  policy     TEXT,                                -- JSON: a service account, whose rights are its owner's and this policy's; NULL: its owner's
  description TEXT,
  replaced_by TEXT                                -- the key that takes its place, while it may still be used
);
CREATE INDEX access_key_owner ON access_key (account_id, user_id);

-- When a key was used last, to the minute. Authorization does not read it.
CREATE TABLE access_key_use (
  key_id     TEXT    PRIMARY KEY REFERENCES access_key (id) ON DELETE CASCADE,
  used       INTEGER NOT NULL,                    -- ms since 1970
  service    TEXT    NOT NULL,                    -- "s3", "iam", "sts"
  region     TEXT    NOT NULL
);

-- A managed policy of an account. Those every account has are no rows.
CREATE TABLE policy (
  id         TEXT    PRIMARY KEY,                 -- ANPA… and 17 random characters
  account_id TEXT    NOT NULL REFERENCES account (id),
  arn        TEXT    NOT NULL UNIQUE,
  name       TEXT    NOT NULL,
  path       TEXT    NOT NULL,
  description TEXT,
  created    INTEGER NOT NULL,                    -- ms since 1970
  updated    INTEGER NOT NULL,                    -- ms since 1970
  tags       TEXT,                                -- JSON: [[key, value], …]; NULL: none
  default_version INTEGER NOT NULL,
  newest_version INTEGER NOT NULL                 -- highest number there ever was
);
CREATE UNIQUE INDEX policy_name ON policy (account_id, lower(name));

CREATE TABLE policy_version (
  policy_id  TEXT    NOT NULL REFERENCES policy (id) ON DELETE CASCADE,
  number     INTEGER NOT NULL CHECK (number > 0), -- IAM's VersionId is "v" and this
  document   TEXT    NOT NULL,                    -- JSON, as it was put
  created    INTEGER NOT NULL,                    -- ms since 1970
  PRIMARY KEY (policy_id, number)
) WITHOUT ROWID;

-- A managed policy that a user, group or role has.
CREATE TABLE attachment (
  identity_id TEXT   NOT NULL REFERENCES identity (id) ON DELETE CASCADE,
  policy_arn TEXT    NOT NULL,
  PRIMARY KEY (identity_id, policy_arn)
) WITHOUT ROWID;
CREATE INDEX attachment_policy ON attachment (policy_arn);

-- A policy that is part of one user, group or role.
CREATE TABLE inline_policy (
  identity_id TEXT   NOT NULL REFERENCES identity (id) ON DELETE CASCADE,
  name       TEXT    NOT NULL,
  document   TEXT    NOT NULL,                    -- JSON, as it was put
  PRIMARY KEY (identity_id, name)
) WITHOUT ROWID;

-- Somebody else's identities that roles of an account may trust.
CREATE TABLE oidc_provider (
  account_id TEXT    NOT NULL REFERENCES account (id),
  url        TEXT    NOT NULL,                    -- the issuer, without "https://"
  created    INTEGER NOT NULL,                    -- ms since 1970
  client_ids TEXT    NOT NULL,                    -- JSON: audiences
  thumbprints TEXT   NOT NULL,                    -- JSON: SHA-1 of certificates, 40 characters each
  tags       TEXT,                                -- JSON: [[key, value], …]; NULL: none
  PRIMARY KEY (account_id, url)
) WITHOUT ROWID;

-- Tells the master key that secrets are sealed under from any other: a known text, sealed.
CREATE TABLE master_key (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  sealed     BLOB    NOT NULL
);
`
