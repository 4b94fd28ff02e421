// Rows that contradict each other are put right: what can be derived is derived anew, and whether that is the truth the bytes have to say
// afterwards (repair-bytes.ts). What cannot be derived is lost, and told.

import type Database from 'better-sqlite3'
import { packPartEnds } from '../catalog/completed-parts.js'
import { identityFixes } from './repair-identities.js'
import { changesToldMax, type Fix, type Tell } from './repair-step.js'

const newest = '(SELECT COALESCE(max(number), 0) FROM change)'

/** Numbers that some row remembers: none of them may come again. One before that of a removal: a part that replaced a file once wrote down
 *  the number that was to come. */
const highest = `(SELECT max(number) FROM (SELECT max(number) AS number FROM change UNION ALL SELECT max(born) FROM version
  UNION ALL SELECT max(gone) FROM version UNION ALL SELECT max(position) FROM version UNION ALL SELECT max(number) - 1 FROM removal
  UNION ALL SELECT max(number) FROM completed_upload UNION ALL SELECT max(number) FROM usage_fold))`

const uploads = `SELECT 'upload ' || id || ' of key ' || quote(CAST(key AS TEXT)) AS about FROM upload`
const uploadIsBroken = 'bucket_id NOT IN (SELECT id FROM bucket) OR body_id NOT IN (SELECT id FROM body)'

/** First references, then sizes, each from what lies below it. */
const references: readonly Fix[] = [
  {
    what: 'a bucket has lost its row; it is called "recovered-<number>" from now on, with versioning on and no settings',
    cases:
      'SELECT DISTINCT bucket_id AS about FROM version WHERE gone IS NULL AND bucket_id NOT IN (SELECT id FROM bucket)',
    sql: `INSERT INTO bucket (id, name, owner_id, region, created, versioning)
      SELECT bucket_id, 'recovered-' || bucket_id, COALESCE((SELECT min(id) FROM account), min(owner_id)),
        COALESCE((SELECT min(region) FROM bucket), 'us-east-1'), min(modified), 'Enabled'
      FROM version WHERE gone IS NULL AND bucket_id NOT IN (SELECT id FROM bucket) GROUP BY bucket_id`,
  },
  {
    what: 'the owner of a bucket has lost its row, and gets one',
    cases: 'SELECT DISTINCT owner_id AS about FROM bucket WHERE owner_id NOT IN (SELECT id FROM account)',
    sql: `INSERT INTO account (id, name, created, number)
      SELECT owner_id, owner_id, 0, printf('%012d', 100000000000 + abs(random() % 900000000000)) FROM bucket
      WHERE owner_id NOT IN (SELECT id FROM account) GROUP BY owner_id`,
  },
  ...identityFixes,
  {
    what: 'settings of a bucket that is not there are removed',
    cases: 'SELECT name AS about FROM bucket_setting WHERE bucket_id NOT IN (SELECT id FROM bucket)',
    sql: 'DELETE FROM bucket_setting WHERE bucket_id NOT IN (SELECT id FROM bucket)',
  },
  {
    what: 'a multipart upload under way has lost its bucket or its parts, and is removed',
    cases: `${uploads} WHERE ${uploadIsBroken}`,
    sql: `DELETE FROM upload WHERE ${uploadIsBroken}`,
    isLoss: true,
  },
  {
    what: 'the place of a blob that has lost its row is forgotten',
    cases: 'SELECT location AS about FROM place WHERE blob_id NOT IN (SELECT id FROM blob)',
    sql: 'DELETE FROM place WHERE blob_id NOT IN (SELECT id FROM blob)',
  },
  {
    what: 'extents and parts of a body that has lost its row are removed',
    cases: `SELECT DISTINCT body_id AS about FROM (SELECT body_id FROM extent UNION SELECT body_id FROM part)
      WHERE body_id NOT IN (SELECT id FROM body)`,
    sql: `DELETE FROM extent WHERE body_id NOT IN (SELECT id FROM body); DELETE FROM part WHERE body_id NOT IN (SELECT id FROM body)`,
  },
  {
    what: 'extents of a small body, whose bytes are in its row, are removed',
    cases:
      'SELECT DISTINCT body_id AS about FROM extent WHERE body_id IN (SELECT id FROM body WHERE content IS NOT NULL)',
    sql: 'DELETE FROM extent WHERE body_id IN (SELECT id FROM body WHERE content IS NOT NULL)',
  },
  {
    what: 'known damage of what is not there is forgotten',
    cases: `SELECT id AS about FROM damage WHERE blob_id NOT IN (SELECT id FROM blob) OR body_id NOT IN (SELECT id FROM body)`,
    sql: 'DELETE FROM damage WHERE blob_id NOT IN (SELECT id FROM blob) OR body_id NOT IN (SELECT id FROM body)',
  },
  {
    what: 'two blobs have the same place: the one of another digest than the file is called by loses it',
    cases: `SELECT location AS about FROM place GROUP BY tier, location HAVING count(*) > 1`,
    sql: `DELETE FROM place WHERE (tier, location) IN (SELECT tier, location FROM place GROUP BY tier, location HAVING count(*) > 1)
      AND instr(location, (SELECT lower(hex(digest)) FROM blob WHERE id = blob_id)) = 0`,
  },
  {
    what: 'the size of a body is not that of its extents: it is derived anew',
    cases: `SELECT id AS about FROM body WHERE content IS NULL AND part_ends IS NULL AND size IS NOT NULL
      AND size <> (SELECT sum(length) FROM extent WHERE body_id = body.id)`,
    sql: `UPDATE body SET size = (SELECT sum(length) FROM extent WHERE body_id = body.id)
      WHERE content IS NULL AND part_ends IS NULL AND size IS NOT NULL AND size <> (SELECT sum(length) FROM extent WHERE body_id = body.id)`,
  },
  {
    what: 'the size of a part is not that of its body: it is derived anew',
    cases: `SELECT 'part ' || number || ' of body ' || body_id AS about FROM part
      WHERE size <> (SELECT size FROM body WHERE id = part_body_id)`,
    sql: `UPDATE part SET size = (SELECT size FROM body WHERE id = part_body_id) WHERE size <> (SELECT size FROM body WHERE id = part_body_id)`,
  },
]

/** What follows from versions and bodies once those are settled. */
const consequences: readonly Fix[] = [
  {
    what: 'the size of a version is not that of its body: it is derived anew',
    cases: `SELECT 'key ' || quote(CAST(key AS TEXT)) || ', position ' || position AS about FROM version
      WHERE size <> (SELECT size FROM body WHERE id = body_id)`,
    sql: 'UPDATE version SET size = (SELECT size FROM body WHERE id = body_id) WHERE size <> (SELECT size FROM body WHERE id = body_id)',
  },
  {
    what: 'a version was gone before it was born: the numbers are made the same',
    cases: `SELECT 'key ' || quote(CAST(key AS TEXT)) || ', position ' || position AS about FROM version WHERE gone < born`,
    sql: 'UPDATE version SET born = gone WHERE gone < born',
  },
  {
    what: 'a key has several null versions: all but the newest are called by their ids from now on',
    cases: `SELECT 'key ' || quote(CAST(key AS TEXT)) AS about FROM version WHERE gone IS NULL AND is_null = 1
      GROUP BY bucket_id, key HAVING count(*) > 1`,
    sql: `UPDATE version SET is_null = 0 WHERE gone IS NULL AND is_null = 1 AND position < (
      SELECT max(position) FROM version o WHERE o.bucket_id = version.bucket_id AND o.key = version.key AND o.gone IS NULL AND o.is_null = 1)`,
  },
  {
    what: 'the latest version of a key is not the newest one: the newest one is from now on',
    cases: `SELECT 'key ' || quote(CAST(key AS TEXT)) || ', position ' || max(position) AS about FROM version WHERE gone IS NULL
      GROUP BY bucket_id, key HAVING sum(is_latest) <> 1 OR max(position) <> max(CASE is_latest WHEN 1 THEN position ELSE -1 END)`,
    sql: `UPDATE version SET is_latest = 0 WHERE is_latest = 1 AND position < (
        SELECT max(position) FROM version o WHERE o.bucket_id = version.bucket_id AND o.key = version.key AND o.gone IS NULL);
      UPDATE version SET is_latest = 1 WHERE is_latest = 0 AND gone IS NULL AND position = (
        SELECT max(position) FROM version o WHERE o.bucket_id = version.bucket_id AND o.key = version.key AND o.gone IS NULL)`,
  },
  {
    what: 'a body that nothing names is left to the collector',
    cases: `SELECT id AS about FROM body b WHERE NOT EXISTS (SELECT 1 FROM version WHERE body_id = b.id)
      AND NOT EXISTS (SELECT 1 FROM part WHERE part_body_id = b.id) AND NOT EXISTS (SELECT 1 FROM upload WHERE body_id = b.id)
      AND NOT EXISTS (SELECT 1 FROM unnamed WHERE body_id = b.id)`,
    sql: `INSERT OR IGNORE INTO unnamed (body_id) SELECT id FROM body b WHERE NOT EXISTS (SELECT 1 FROM version WHERE body_id = b.id)
      AND NOT EXISTS (SELECT 1 FROM part WHERE part_body_id = b.id) AND NOT EXISTS (SELECT 1 FROM upload WHERE body_id = b.id)`,
  },
  {
    what: 'a blob that no body uses is removed, and its file left to the collector',
    cases: `SELECT lower(hex(digest)) AS about FROM blob WHERE id NOT IN (SELECT blob_id FROM extent)`,
    sql: `INSERT OR IGNORE INTO removal (tier, location, number) SELECT tier, location, ${newest} FROM place
        WHERE blob_id NOT IN (SELECT blob_id FROM extent);
      DELETE FROM damage WHERE blob_id NOT IN (SELECT blob_id FROM extent);
      DELETE FROM place WHERE blob_id NOT IN (SELECT blob_id FROM extent);
      DELETE FROM blob WHERE id NOT IN (SELECT blob_id FROM extent)`,
  },
  {
    what: 'a file that is in use is not to be removed any more',
    cases: 'SELECT r.location AS about FROM removal r JOIN place p ON p.tier = r.tier AND p.location = r.location',
    sql: 'DELETE FROM removal WHERE (tier, location) IN (SELECT tier, location FROM place)',
  },
  {
    what: 'the feed of changes has gaps, or ends too early: it begins anew, and who follows it starts over from a listing',
    cases: `SELECT 'after change ' || ${newest} AS about WHERE ${highest} > ${newest}
        OR (SELECT count(*) <> max(number) - min(number) + 1 FROM change)
        OR (SELECT min(number) FROM change) > (SELECT number + 1 FROM usage_fold)`,
    sql: `CREATE TEMP TABLE anew AS SELECT ${highest} + 1 AS number;
      DELETE FROM change;
      INSERT INTO change (number, time, kind, bucket_id) SELECT number, COALESCE((SELECT max(modified) FROM version), 0), 'repair', 0 FROM anew;
      DROP TABLE anew`,
  },
]

/** Puts references and sizes right. */
export const repairReferences = (database: Database.Database, tell: Tell): void => apply(database, references, tell)

/** Puts right what follows from versions and bodies. */
export const repairConsequences = (database: Database.Database, tell: Tell): void => apply(database, consequences, tell)

/** Bodies whose bytes cannot be put together any more, with the reason: a table `lost_body` of this connection. */
export function findLostBodies(database: Database.Database): void {
  database.exec(`
    DROP TABLE IF EXISTS lost_body;
    CREATE TEMP TABLE lost_body (body_id INTEGER PRIMARY KEY, why TEXT NOT NULL);
    INSERT OR IGNORE INTO lost_body SELECT body_id, 'a blob it is made of has lost its row' FROM extent
      WHERE blob_id NOT IN (SELECT id FROM blob);
    INSERT OR IGNORE INTO lost_body SELECT e.body_id, 'it goes beyond the end of a blob' FROM extent e JOIN blob b ON b.id = e.blob_id
      WHERE e.blob_offset + e.length > b.size;
    INSERT OR IGNORE INTO lost_body SELECT body_id, 'its extents have gaps or overlap' FROM (
      SELECT body_id, start, lag(start + length, 1, 0) OVER (PARTITION BY body_id ORDER BY start) AS expected FROM extent)
      WHERE start <> expected;
    INSERT OR IGNORE INTO lost_body SELECT id, 'its extents are not there' FROM body
      WHERE content IS NULL AND part_ends IS NULL AND size IS NOT NULL AND id NOT IN (SELECT body_id FROM extent)
        AND id NOT IN (SELECT body_id FROM part);
    INSERT OR IGNORE INTO lost_body SELECT id, 'its parts are not there' FROM body
      WHERE part_ends IS NOT NULL AND id NOT IN (SELECT body_id FROM part) AND id NOT IN (SELECT body_id FROM unnamed);
    INSERT OR IGNORE INTO lost_body SELECT body_id, 'a part of it is not there' FROM part
      WHERE part_body_id NOT IN (SELECT id FROM body) OR part_body_id IN (SELECT id FROM body WHERE part_ends IS NOT NULL)
        OR part_body_id IN (SELECT body_id FROM lost_body)`)
}

/** What no living version needs of lost bodies. */
const leftovers: readonly string[] = [
  `DELETE FROM version WHERE gone IS NOT NULL AND (
    body_id IN (SELECT body_id FROM lost_body WHERE body_id NOT IN (SELECT body_id FROM upload))
    OR body_id NOT IN (SELECT id FROM body))`,
  `DELETE FROM part WHERE body_id IN (SELECT body_id FROM lost_body WHERE body_id NOT IN (SELECT body_id FROM upload)
    AND body_id NOT IN (SELECT body_id FROM version WHERE body_id IS NOT NULL))`,
  'DELETE FROM extent WHERE body_id IN (SELECT body_id FROM lost_body)',
  `DELETE FROM body WHERE id IN (SELECT body_id FROM lost_body) AND id NOT IN (SELECT body_id FROM version WHERE body_id IS NOT NULL)
    AND id NOT IN (SELECT part_body_id FROM part) AND id NOT IN (SELECT body_id FROM upload)`,
  'DELETE FROM unnamed WHERE body_id NOT IN (SELECT id FROM body)',
]

/** Takes away what is left of lost bodies that no living version names: rows that are gone, and parts of uploads under way, which are told. */
export function dropLostBodies(database: Database.Database, tell: Tell): void {
  const broken = `part_body_id NOT IN (SELECT id FROM body) OR part_body_id IN (SELECT body_id FROM lost_body)`
  apply(
    database,
    [
      {
        what: 'a part of a multipart upload under way is lost, and has to be sent again',
        cases: `SELECT 'part ' || p.number || ' of upload ' || u.id AS about FROM part p JOIN upload u ON u.body_id = p.body_id WHERE ${broken}`,
        sql: `DELETE FROM part WHERE (${broken}) AND body_id IN (SELECT body_id FROM upload)`,
        isLoss: true,
      },
    ],
    tell,
  )
  let removed = 0
  for (const sql of leftovers) removed += database.prepare(sql).run().changes
  if (removed > 0) {
    const what = `what is left in the catalog of versions that are gone, and of bodies that cannot be put together, is removed: rows: ${removed}`
    tell({ kind: 'change', what })
  }
}

/** Size and part ends of composites, derived from their parts. */
export function repairComposites(database: Database.Database, tell: Tell): void {
  type Row = { id: number; size: number | null; partEnds: Buffer | null }
  // Completed ones, and those that a version names though they have lost their size.
  const composites = database.prepare<[number], Row>(`
    SELECT id, size, part_ends AS partEnds FROM body WHERE id > ? AND id IN (SELECT body_id FROM part)
      AND (part_ends IS NOT NULL OR EXISTS (SELECT 1 FROM version WHERE body_id = body.id))
      AND id NOT IN (SELECT body_id FROM unnamed) AND id NOT IN (SELECT body_id FROM upload) ORDER BY id LIMIT 500`)
  const parts = database.prepare<[number], { number: number; size: number }>(
    'SELECT number, size FROM part WHERE body_id = ? ORDER BY number',
  )
  const set = database.prepare('UPDATE body SET size = ?, part_ends = ? WHERE id = ?')
  for (let page = composites.all(0); page.length > 0; page = composites.all(page.at(-1)?.id ?? 0)) {
    for (const { id, size, partEnds } of page) {
      const there = parts.all(id)
      const packed = packPartEnds(there)
      const sum = there.reduce((total, part) => total + part.size, 0)
      if (size === sum && partEnds !== null && Buffer.compare(partEnds, packed) === 0) continue
      set.run(sum, packed, id)
      tell({ kind: 'change', what: `the part ends of body ${id} are derived anew from its parts` })
    }
  }
}

function apply(database: Database.Database, fixes: readonly Fix[], tell: Tell): void {
  for (const { what, cases, sql, isLoss } of fixes) {
    let count = 0
    for (const { about } of database.prepare<[], { about: string | number }>(cases).iterate()) {
      count += 1
      if (isLoss || count <= changesToldMax) tell({ kind: isLoss ? 'loss' : 'change', what: `${what}: ${about}` })
    }
    if (count > changesToldMax && !isLoss) tell({ kind: 'change', what: `${what}: ${count - changesToldMax} more` })
    if (count > 0) database.exec(sql)
  }
}
