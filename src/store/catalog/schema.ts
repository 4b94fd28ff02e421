// The catalog's tables, format 2. `docs/format.md` tells them in words; a change needs a new number, a migration and its test.

import { accountColumns, identityTables } from './identity/tables.js'

/** Format of the data directory: catalog schema and blob layout together. Kept in SQLite's `user_version`. */
export const formatVersion = 2

/** Tables of the scrub: new in format 2. */
const scrubTables = `
-- How far the scrub is: one row, from its first round on.
CREATE TABLE scrub (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  began      INTEGER NOT NULL,                    -- ms since 1970: the round under way, or the last one
  ended      INTEGER,                             -- ms since 1970; NULL: under way
  body_id    INTEGER NOT NULL,                    -- small bodies up to this one have been read in this round,
  blob_id    INTEGER NOT NULL,                    -- and blobs up to this one
  bytes      INTEGER NOT NULL,                    -- read in this round
  total      INTEGER NOT NULL,                    -- bytes there were to read when it began
  found      INTEGER NOT NULL                     -- damaged ones among them
);

-- A blob or a small body that could not be read as it was written when it was last looked at.
CREATE TABLE damage (
  id         INTEGER PRIMARY KEY,
  blob_id    INTEGER REFERENCES blob (id) ON DELETE CASCADE,
  body_id    INTEGER REFERENCES body (id) ON DELETE CASCADE,
  location   TEXT,                                -- of the blob's file, below blobs/; NULL: the catalog
  what       TEXT    NOT NULL,                    -- a sentence
  found      INTEGER NOT NULL,                    -- ms since 1970
  accepted   INTEGER,                             -- ms since 1970: a repair found nothing to heal it with; NULL: not known to anybody yet
  CHECK ((blob_id IS NULL) <> (body_id IS NULL))
);
CREATE UNIQUE INDEX damage_blob ON damage (blob_id) WHERE blob_id IS NOT NULL;
CREATE UNIQUE INDEX damage_body ON damage (body_id) WHERE body_id IS NOT NULL;
`

/** What buckets and objects say of access: columns new in format 2, as they stand in the tables below. */
const accessColumns = `
ALTER TABLE bucket ADD COLUMN ownership TEXT NOT NULL DEFAULT 'BucketOwnerEnforced'
  CHECK (ownership IN ('BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter', 'None'));
ALTER TABLE version ADD COLUMN acl TEXT;
ALTER TABLE upload ADD COLUMN acl TEXT;
ALTER TABLE upload ADD COLUMN initiator TEXT;
`

/** What authorization reads has a number: new in format 2. */
const accessTables = `
-- One row: raised by every transaction that changes what authorization reads.
CREATE TABLE access_state (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  number     INTEGER NOT NULL
);
INSERT INTO access_state (one, number) VALUES (1, 1);
`

/** SQL that brings a catalog from format 1 to 2, all that is new in it. A program of format 1 does not look at `holds/`. */
export const stepTo2 = `${scrubTables}${accessTables}${accessColumns}${accountColumns}${identityTables}`

/** SQL that makes an empty catalog. Portable to PostgreSQL but for types (BLOB: BYTEA) and INTEGER PRIMARY KEY (identity). */
export const schema = `
-- One row a store: who it is, and since when.
CREATE TABLE store (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  id         TEXT    NOT NULL,                    -- random, 32 hex digits
  created    INTEGER NOT NULL                     -- ms since 1970
);

-- A process that writes blob files has a folder of its own; what it left unnamed is found through this row.
CREATE TABLE instance (
  id         TEXT    PRIMARY KEY,                 -- random, 16 hex digits: the folder's name
  started    INTEGER NOT NULL,                    -- ms since 1970
  swept      INTEGER NOT NULL DEFAULT 0 CHECK (swept IN (0, 1)) -- 1: dead, and searched for files without a row
);

CREATE TABLE account (
  id         TEXT    PRIMARY KEY,                 -- canonical user id, 64 hex digits
  name       TEXT    NOT NULL,                    -- S3's display name
  created    INTEGER NOT NULL,                    -- ms since 1970
  number     TEXT    NOT NULL DEFAULT '000000000000' CHECK (length(number) = 12), -- the digits in ARNs
  email      TEXT,
  alias      TEXT                                 -- IAM's account alias
);

CREATE TABLE bucket (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used twice
  name       TEXT    NOT NULL UNIQUE,
  owner_id   TEXT    NOT NULL REFERENCES account (id),
  region     TEXT    NOT NULL,
  created    INTEGER NOT NULL,
  versioning TEXT    NOT NULL DEFAULT 'Off' CHECK (versioning IN ('Off', 'Enabled', 'Suspended')),
  ownership  TEXT    NOT NULL DEFAULT 'BucketOwnerEnforced' -- S3's ObjectOwnership; 'None': its controls were removed
    CHECK (ownership IN ('BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter', 'None'))
);

-- Configurations of a bucket (cors, tagging, …) as the JSON of their S3 input.
CREATE TABLE bucket_setting (
  bucket_id  INTEGER NOT NULL REFERENCES bucket (id) ON DELETE CASCADE,
  name       TEXT    NOT NULL,
  value      TEXT    NOT NULL,
  PRIMARY KEY (bucket_id, name)
) WITHOUT ROWID;

-- The feed: one row a change, in order. Followers remember a number.
CREATE TABLE change (
  number     INTEGER PRIMARY KEY,
  time       INTEGER NOT NULL,                    -- ms since 1970
  kind       TEXT    NOT NULL,                    -- 'put', 'copy', 'complete', 'rename', 'marker', 'delete', 'tag', 'bucket', …
  bucket_id  INTEGER NOT NULL,
  key        BLOB,
  position   INTEGER,                             -- the version's, where one is meant
  born_body  INTEGER,                             -- body a version began to name
  gone_body  INTEGER,                             -- body a version ceased to name
  objects    INTEGER NOT NULL DEFAULT 0,          -- what it adds to the bucket's usage: keys whose latest version is no marker,
  versions   INTEGER NOT NULL DEFAULT 0,          -- living versions, markers among them,
  bytes      INTEGER NOT NULL DEFAULT 0           -- bytes of living versions
);

-- Bytes of one immutable file (or remote object), named by the SHA-256 of the plain text.
CREATE TABLE blob (
  id         INTEGER PRIMARY KEY,
  digest     BLOB    NOT NULL UNIQUE CHECK (length(digest) = 32),
  size       INTEGER NOT NULL CHECK (size > 0),
  block_crcs BLOB    NOT NULL                     -- CRC32 of each 64 KiB of plain text, 4 bytes big-endian each
);

-- Where a blob's bytes are; several places are allowed.
CREATE TABLE place (
  blob_id    INTEGER NOT NULL REFERENCES blob (id),
  tier       TEXT    NOT NULL,                    -- 'local' is the data directory
  location   TEXT    NOT NULL,                    -- local: instance/folder/digest-suffix below blobs/
  wrapping   TEXT,                                -- how the bytes there are wrapped (compression, encryption); NULL: plain
  PRIMARY KEY (blob_id, tier)
) WITHOUT ROWID;

-- Files to remove once no answer under way can need them. A file is in place, here, or an orphan of a dead instance.
CREATE TABLE removal (
  tier       TEXT    NOT NULL,
  location   TEXT    NOT NULL,
  number     INTEGER NOT NULL,                    -- change number at which it ceased to be named
  PRIMARY KEY (tier, location)
) WITHOUT ROWID;
CREATE INDEX removal_number ON removal (number);

-- An immutable sequence of bytes. Three kinds: small (content here), plain (extents), composite (parts).
CREATE TABLE body (
  id         INTEGER PRIMARY KEY,
  size       INTEGER,                             -- NULL: an upload under way
  digest     BLOB,                                -- SHA-256 of content
  content    BLOB,
  crc        INTEGER,                             -- CRC32 of content, checked on every read
  part_ends  BLOB,                                -- completed composite: number (4 bytes) and end offset (8 bytes), big-endian, of each part
  CHECK (content IS NULL OR (length(content) = size AND digest IS NOT NULL AND crc IS NOT NULL))
);
CREATE UNIQUE INDEX body_content ON body (digest) WHERE digest IS NOT NULL;

-- A plain body's bytes, in order: bytes [start, start + length) are those of the blob from blob_offset on.
CREATE TABLE extent (
  body_id    INTEGER NOT NULL REFERENCES body (id) ON DELETE CASCADE,
  start      INTEGER NOT NULL CHECK (start >= 0),
  length     INTEGER NOT NULL CHECK (length > 0),
  blob_id    INTEGER NOT NULL REFERENCES blob (id),
  blob_offset INTEGER NOT NULL CHECK (blob_offset >= 0),
  PRIMARY KEY (body_id, start)
) WITHOUT ROWID;
CREATE INDEX extent_blob ON extent (blob_id);

-- A composite body's parts; before completion those of an upload under way.
CREATE TABLE part (
  body_id    INTEGER NOT NULL REFERENCES body (id) ON DELETE CASCADE,
  number     INTEGER NOT NULL CHECK (number BETWEEN 1 AND 10000),
  part_body_id INTEGER NOT NULL REFERENCES body (id), -- small or plain, never composite
  size       INTEGER NOT NULL,
  md5        BLOB    NOT NULL CHECK (length(md5) = 16),
  modified   INTEGER NOT NULL,                    -- ms since 1970
  checksum_algorithm TEXT NOT NULL,
  checksum   BLOB    NOT NULL,                    -- raw bytes
  PRIMARY KEY (body_id, number)
) WITHOUT ROWID;
CREATE INDEX part_body ON part (part_body_id);

-- Bodies that lost a name: the collector looks whether they have another.
CREATE TABLE unnamed (
  body_id    INTEGER PRIMARY KEY
);

CREATE TABLE version (
  id         INTEGER PRIMARY KEY,
  bucket_id  INTEGER NOT NULL,                    -- of a bucket that is there while the version lives; what is gone may outlive it
  key        BLOB    NOT NULL CHECK (length(key) BETWEEN 1 AND 1024),
  position   INTEGER NOT NULL,                    -- order among the key's versions, highest is latest; the VersionId is made of it
  is_null    INTEGER NOT NULL CHECK (is_null IN (0, 1)),   -- S3's version "null"
  is_marker  INTEGER NOT NULL CHECK (is_marker IN (0, 1)), -- a delete marker
  is_latest  INTEGER NOT NULL CHECK (is_latest IN (0, 1)),
  born       INTEGER NOT NULL,                    -- change number
  gone       INTEGER,                             -- change number; NULL: living
  body_id    INTEGER REFERENCES body (id),
  size       INTEGER NOT NULL,
  etag       TEXT    NOT NULL,                    -- hex, with -N for multipart; no quotes; '' for a marker
  modified   INTEGER NOT NULL,                    -- ms since 1970
  storage_class TEXT NOT NULL,
  owner_id   TEXT    NOT NULL,
  checksum_algorithm TEXT,
  checksum_type TEXT CHECK (checksum_type IN ('FULL_OBJECT', 'COMPOSITE')),
  checksum   TEXT,                                -- base64, as in the header
  headers    TEXT,                                -- JSON: ContentType, CacheControl, … and Metadata; NULL: none
  tags       TEXT,                                -- JSON: [[key, value], …]; NULL: none
  acl        TEXT,                                -- JSON: [{id or group, permission}, …]; NULL: the owner has full control
  CHECK ((is_marker = 1) = (body_id IS NULL)),
  CHECK (gone IS NULL OR is_latest = 0)
);
-- One place in line for each; a key's first row is its latest version (newest first, as ListObjectVersions tells them).
CREATE UNIQUE INDEX version_line ON version (bucket_id, key, position DESC) WHERE gone IS NULL;
-- What a listing shows, in its order, without looking at the table.
CREATE INDEX version_listed ON version (bucket_id, key, size, etag, modified, storage_class, owner_id, checksum_algorithm, checksum_type)
  WHERE is_latest = 1 AND is_marker = 0;
-- A null version that is no longer the latest.
CREATE UNIQUE INDEX version_null ON version (bucket_id, key) WHERE is_null = 1 AND gone IS NULL AND is_latest = 0;
CREATE INDEX version_body ON version (body_id) WHERE body_id IS NOT NULL;
CREATE INDEX version_gone ON version (gone) WHERE gone IS NOT NULL;

-- A multipart upload under way. Its parts hang on its body.
CREATE TABLE upload (
  id         TEXT    PRIMARY KEY,                 -- UploadId
  bucket_id  INTEGER NOT NULL REFERENCES bucket (id),
  key        BLOB    NOT NULL CHECK (length(key) BETWEEN 1 AND 1024),
  body_id    INTEGER NOT NULL REFERENCES body (id),
  initiated  INTEGER NOT NULL,                    -- ms since 1970
  owner_id   TEXT    NOT NULL,
  storage_class TEXT NOT NULL,
  checksum_algorithm TEXT NOT NULL,
  checksum_type TEXT NOT NULL CHECK (checksum_type IN ('FULL_OBJECT', 'COMPOSITE')),
  is_checksum_asked INTEGER NOT NULL CHECK (is_checksum_asked IN (0, 1)), -- 0: the server's own choice, part checksums are not required
  headers    TEXT,
  tags       TEXT,
  acl        TEXT,                                -- of the object to be, as in version
  initiator  TEXT                                 -- JSON: who began it, S3's Initiator; NULL: the owner
);
CREATE UNIQUE INDEX upload_listed ON upload (bucket_id, key, initiated, id);
CREATE UNIQUE INDEX upload_body ON upload (body_id);

-- Uploads that were completed, so that a repeated CompleteMultipartUpload gets its first answer; renames with a token likewise.
CREATE TABLE completed_upload (
  id         TEXT    PRIMARY KEY,
  bucket_id  INTEGER NOT NULL,
  key        BLOB    NOT NULL,
  position   INTEGER NOT NULL,                    -- of the version it made
  part_list  BLOB    NOT NULL,                    -- SHA-256 of the list it was completed with
  answer     TEXT    NOT NULL,                    -- JSON
  number     INTEGER NOT NULL
);
CREATE INDEX completed_upload_number ON completed_upload (number);

-- Up to which change the tables below count; later changes are added when asked.
CREATE TABLE usage_fold (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  number     INTEGER NOT NULL
);
INSERT INTO usage_fold (one, number) VALUES (1, 0);

-- Usage of a bucket, folded from the feed.
CREATE TABLE usage (
  bucket_id  INTEGER PRIMARY KEY,
  objects    INTEGER NOT NULL,
  versions   INTEGER NOT NULL,
  bytes      INTEGER NOT NULL,
  bytes_once INTEGER NOT NULL                     -- bytes of the distinct small bodies and blobs its versions are made of
);
-- Living versions of a bucket that name a body, and composite bodies in use there that it is a part of; 0 only within a transaction.
CREATE TABLE usage_body (
  bucket_id  INTEGER NOT NULL,
  body_id    INTEGER NOT NULL,
  names      INTEGER NOT NULL CHECK (names >= 0),
  PRIMARY KEY (bucket_id, body_id)
) WITHOUT ROWID;
-- Plain bodies of usage_body that use a blob; 0 only within a transaction.
CREATE TABLE usage_blob (
  bucket_id  INTEGER NOT NULL,
  blob_id    INTEGER NOT NULL,
  bodies     INTEGER NOT NULL CHECK (bodies >= 0),
  PRIMARY KEY (bucket_id, blob_id)
) WITHOUT ROWID;
${scrubTables}${accessTables}${identityTables}`
