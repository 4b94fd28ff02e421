// Every invariant of the catalog that its schema cannot state by itself, as a question whose answers are faults.

import type Database from 'better-sqlite3'
import { partEndAt, partEndSizeBytes } from './catalog/body-extents.js'

/** A row of an answer: what is wrong with it. */
export interface CatalogFault {
  readonly what: string
  /** Set when a body is meant. */
  readonly bodyId?: number
  /** Set when a blob is meant. */
  readonly blobId?: number
}

interface Rule {
  readonly what: string
  /** Answers `about` (text), and `bodyId` or `blobId` where one is meant; a row for each fault. */
  readonly sql: string
}

/** Faults reported for one rule; a broken rule is often broken a million times. */
const faultsMax = 100

const keyText = (table: string): string =>
  `'bucket ' || ${table}.bucket_id || ', key ' || quote(CAST(${table}.key AS TEXT)) `

const isNamed = `EXISTS (SELECT 1 FROM version v WHERE v.body_id = b.id) OR EXISTS (SELECT 1 FROM part p WHERE p.part_body_id = b.id)
  OR EXISTS (SELECT 1 FROM upload u WHERE u.body_id = b.id) OR EXISTS (SELECT 1 FROM unnamed n WHERE n.body_id = b.id)`

// Bodies the living versions of a bucket are made of, parts instead of composites.
const bodiesInUse = `
  SELECT DISTINCT v.bucket_id, COALESCE(p.part_body_id, v.body_id) AS body_id
  FROM version v LEFT JOIN part p ON p.body_id = v.body_id WHERE v.gone IS NULL AND v.body_id IS NOT NULL`

const rules: readonly Rule[] = [
  {
    what: 'a key with versions does not have exactly one latest, or more than one null version',
    sql: `SELECT ${keyText('version')} AS about FROM version WHERE gone IS NULL GROUP BY bucket_id, key
      HAVING sum(is_latest) <> 1 OR sum(is_null) > 1`,
  },
  {
    what: 'the latest version is not the one of the highest position',
    sql: `SELECT ${keyText('version')} AS about FROM version WHERE gone IS NULL GROUP BY bucket_id, key
      HAVING max(position) <> max(CASE is_latest WHEN 1 THEN position ELSE -1 END)`,
  },
  {
    what: 'a version was born after the newest change, or was gone before it was born',
    sql: `SELECT ${keyText('version')} || ', position ' || position AS about FROM version
      WHERE born > (SELECT COALESCE(max(number), 0) FROM change) OR gone < born
        OR gone > (SELECT COALESCE(max(number), 0) FROM change)`,
  },
  {
    what: 'a living version has no bucket',
    sql: `SELECT ${keyText('version')} AS about FROM version
      WHERE gone IS NULL AND NOT EXISTS (SELECT 1 FROM bucket WHERE bucket.id = bucket_id)`,
  },
  {
    what: 'a version and its body have different sizes, or its body is missing',
    sql: `SELECT ${keyText('v')} || ', position ' || position AS about, v.body_id AS bodyId
      FROM version v LEFT JOIN body b ON b.id = v.body_id WHERE v.is_marker = 0 AND (b.size IS NULL OR b.size <> v.size)`,
  },
  {
    what: 'a body is not just one of small, plain, composite and under way',
    sql: `SELECT 'body ' || id AS about, id AS bodyId FROM body b
      WHERE (content IS NOT NULL) + (part_ends IS NOT NULL) + (size IS NULL)
        + EXISTS (SELECT 1 FROM extent e WHERE e.body_id = b.id) > 1
        OR (size IS NULL) <> EXISTS (SELECT 1 FROM upload u WHERE u.body_id = b.id)
          AND NOT EXISTS (SELECT 1 FROM unnamed n WHERE n.body_id = b.id)`,
  },
  {
    what: 'the extents of a body have gaps or overlap',
    sql: `SELECT 'body ' || body_id AS about, body_id AS bodyId FROM (
        SELECT body_id, start, lag(start + length, 1, 0) OVER (PARTITION BY body_id ORDER BY start) AS expected FROM extent)
      WHERE start <> expected GROUP BY body_id`,
  },
  {
    what: 'the extents of a plain body do not add up to its size',
    sql: `SELECT 'body ' || b.id AS about, b.id AS bodyId FROM body b
      WHERE b.size IS NOT NULL AND b.content IS NULL AND b.part_ends IS NULL
        AND b.size <> (SELECT COALESCE(sum(length), 0) FROM extent e WHERE e.body_id = b.id)`,
  },
  {
    what: 'an extent lies beyond the end of its blob',
    sql: `SELECT 'body ' || e.body_id AS about, e.body_id AS bodyId, e.blob_id AS blobId
      FROM extent e JOIN blob b ON b.id = e.blob_id WHERE e.blob_offset + e.length > b.size`,
  },
  {
    what: 'a part is not of a composite body, has another size than its body, or is a composite itself',
    sql: `SELECT 'part ' || p.number || ' of body ' || p.body_id AS about, p.part_body_id AS bodyId
      FROM part p JOIN body b ON b.id = p.body_id JOIN body q ON q.id = p.part_body_id
      WHERE (b.size IS NOT NULL AND b.part_ends IS NULL) OR q.size IS NULL OR q.part_ends IS NOT NULL OR q.size <> p.size`,
  },
  {
    what: 'a body is neither named nor waiting to be removed',
    sql: `SELECT 'body ' || id AS about FROM body b WHERE NOT (${isNamed})`,
  },
  {
    what: 'no body uses a blob',
    sql: `SELECT 'blob ' || id AS about, id AS blobId FROM blob b WHERE NOT EXISTS (SELECT 1 FROM extent e WHERE e.blob_id = b.id)`,
  },
  {
    what: 'a blob has no place',
    sql: `SELECT 'blob ' || id AS about, id AS blobId FROM blob b WHERE NOT EXISTS (SELECT 1 FROM place p WHERE p.blob_id = b.id)`,
  },
  {
    what: 'a blob has not one checksum for each block of 64 KiB',
    sql: `SELECT 'blob ' || id AS about, id AS blobId FROM blob WHERE length(block_crcs) <> (size + 65535) / 65536 * 4`,
  },
  {
    what: 'two blobs have the same place',
    sql: `SELECT tier || ' ' || location AS about, max(blob_id) AS blobId FROM place GROUP BY tier, location HAVING count(*) > 1`,
  },
  {
    what: 'a file is in use and written down for removal',
    sql: `SELECT p.tier || ' ' || p.location AS about, p.blob_id AS blobId
      FROM place p JOIN removal r ON r.tier = p.tier AND r.location = p.location`,
  },
  {
    what: 'a user, group or role has a policy that is not there',
    sql: `SELECT identity_id || ', ' || policy_arn AS about FROM attachment
        WHERE policy_arn NOT LIKE 'arn:aws:iam::aws:%' AND policy_arn NOT IN (SELECT arn FROM policy)
      UNION ALL SELECT id || ', ' || boundary FROM identity
        WHERE boundary NOT LIKE 'arn:aws:iam::aws:%' AND boundary NOT IN (SELECT arn FROM policy)`,
  },
  {
    what: 'the version of a policy that holds is not there',
    sql: `SELECT arn AS about FROM policy p
      WHERE NOT EXISTS (SELECT 1 FROM policy_version v WHERE v.policy_id = p.id AND v.number = p.default_version)`,
  },
  {
    what: 'the number that changes of rights raise is not there',
    sql: "SELECT 'access_state' AS about WHERE NOT EXISTS (SELECT 1 FROM access_state)",
  },
  {
    what: 'the numbers of changes have gaps',
    sql: `SELECT count(*) || ' changes from ' || min(number) || ' to ' || max(number) AS about FROM change
      HAVING count(*) <> max(number) - min(number) + 1`,
  },
  {
    what: 'usage is counted beyond the newest change, or the change after it is missing',
    sql: `SELECT 'change ' || f.number AS about FROM usage_fold f
      WHERE f.number > (SELECT COALESCE(max(number), 0) FROM change)
        OR f.number + 1 < (SELECT COALESCE(min(number), 0) FROM change)`,
  },
  {
    what: 'usage is not what is there',
    sql: `WITH told AS (
        SELECT bucket_id, sum(objects) AS objects, sum(versions) AS versions, sum(bytes) AS bytes FROM (
          SELECT bucket_id, objects, versions, bytes FROM usage
          UNION ALL SELECT bucket_id, objects, versions, bytes FROM change WHERE number > (SELECT number FROM usage_fold))
        GROUP BY bucket_id),
      counted AS (
        SELECT bucket_id, sum(is_latest = 1 AND is_marker = 0) AS objects, count(*) AS versions, sum(size) AS bytes
        FROM version WHERE gone IS NULL GROUP BY bucket_id)
      SELECT 'bucket ' || quote(b.name) || ': ' || COALESCE(t.objects, 0) || ' objects, ' || COALESCE(t.versions, 0) || ' versions, '
        || COALESCE(t.bytes, 0) || ' bytes are told, ' || COALESCE(c.objects, 0) || ', ' || COALESCE(c.versions, 0) || ', '
        || COALESCE(c.bytes, 0) || ' are there' AS about
      FROM bucket b LEFT JOIN told t ON t.bucket_id = b.id LEFT JOIN counted c ON c.bucket_id = b.id
      WHERE COALESCE(t.objects, 0) <> COALESCE(c.objects, 0) OR COALESCE(t.versions, 0) <> COALESCE(c.versions, 0)
        OR COALESCE(t.bytes, 0) <> COALESCE(c.bytes, 0)`,
  },
  {
    what: 'bytes stored once are not what is there',
    sql: `WITH used AS (${bodiesInUse}),
      once AS (
        SELECT bucket_id, sum(size) AS bytes FROM (
          SELECT u.bucket_id, b.size FROM used u JOIN body b ON b.id = u.body_id WHERE b.content IS NOT NULL
          UNION ALL SELECT bucket_id, size FROM (
            SELECT DISTINCT u.bucket_id, e.blob_id FROM used u JOIN extent e ON e.body_id = u.body_id) x JOIN blob ON blob.id = x.blob_id)
        GROUP BY bucket_id)
      SELECT 'bucket ' || quote(b.name) || ': ' || COALESCE(u.bytes_once, 0) || ' told, ' || COALESCE(o.bytes, 0) || ' there' AS about
      FROM bucket b LEFT JOIN usage u ON u.bucket_id = b.id LEFT JOIN once o ON o.bucket_id = b.id
      WHERE COALESCE(u.bytes_once, 0) <> COALESCE(o.bytes, 0)
        AND (SELECT number FROM usage_fold) = (SELECT COALESCE(max(number), 0) FROM change)`,
  },
]

/** Asks everything, each question of one snapshot.
 *  @param isQuiet whether nobody writes: the database file is then checked as a whole (whose page is this, what is free), else table by
 *    table, so that no snapshot lasts longer than it must: the WAL grows meanwhile
 *  @param onRule told how many of how many questions have been answered */
export function* catalogFaults(
  database: Database.Database,
  isQuiet: boolean,
  onRule: (done: number, total: number) => void,
): Generator<CatalogFault> {
  const tables = database.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all()
  const pragmas = [
    ...(isQuiet ? ['integrity_check'] : tables.map((table) => `integrity_check('${table}')`)),
    'foreign_key_check',
  ]
  const total = pragmas.length + rules.length + 1
  let done = 0
  const next = (): void => onRule((done += 1), total)
  for (const pragma of pragmas) {
    for (const row of database.prepare<[], Record<string, unknown>>(`PRAGMA ${pragma}`).iterate()) {
      const text = Object.values(row).join(' ')
      if (text !== 'ok') yield { what: `${pragma}: ${text}` }
    }
    next()
  }
  for (const { what, sql } of rules) {
    let count = 0
    type Row = { about: string; bodyId?: number | null; blobId?: number | null }
    for (const { about, bodyId, blobId } of database.prepare<[], Row>(sql).iterate()) {
      count += 1
      if (count > faultsMax) {
        yield { what: `${what}: and more` }
        break
      }
      yield { what: `${what}: ${about}`, ...(bodyId && { bodyId }), ...(blobId && { blobId }) }
    }
    next()
  }
  yield* partFaults(database)
  next()
}

/** Completed composites: their packed part ends say what their parts do. */
function* partFaults(database: Database.Database): Generator<CatalogFault> {
  type Composite = { id: number; size: number; partEnds: Buffer }
  const composites = database.prepare<[], Composite>(
    'SELECT id, size, part_ends AS partEnds FROM body WHERE part_ends IS NOT NULL',
  )
  const parts = database.prepare<[number], { number: number; size: number }>(
    'SELECT number, size FROM part WHERE body_id = ? ORDER BY number',
  )
  for (const { id, size, partEnds } of composites.iterate()) {
    let end = 0
    let count = 0
    let isSame = partEnds.length % partEndSizeBytes === 0
    for (const part of parts.all(id)) {
      end += part.size
      if ((count + 1) * partEndSizeBytes > partEnds.length) isSame = false
      if (!isSame) break
      const packed = partEndAt(partEnds, count)
      if (packed.number !== part.number || packed.end !== end) isSame = false
      count += 1
    }
    // A composite that waits to be removed loses its parts step by step.
    const isWaiting = database.prepare<[number], { one: 1 }>('SELECT 1 AS one FROM unnamed WHERE body_id = ?').get(id)
    if ((isSame && end === size && count * partEndSizeBytes === partEnds.length) || isWaiting !== undefined) continue
    yield { what: `the part ends of body ${id} are not those of its parts`, bodyId: id }
  }
}
