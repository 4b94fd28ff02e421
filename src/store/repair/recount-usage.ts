// Usage, counted anew from what is there: what folding the feed would have come to.

import type Database from 'better-sqlite3'
import type { Tell } from './repair-step.js'

const living = 'FROM version WHERE gone IS NULL AND body_id IS NOT NULL'

const counted = `
  CREATE TEMP TABLE counted_body AS
    SELECT bucket_id, body_id, sum(names) AS names FROM (
      SELECT bucket_id, body_id, count(*) AS names ${living} GROUP BY bucket_id, body_id
      UNION ALL
      SELECT u.bucket_id, p.part_body_id, count(DISTINCT u.body_id)
      FROM (SELECT DISTINCT bucket_id, body_id ${living}) u JOIN part p ON p.body_id = u.body_id
      GROUP BY u.bucket_id, p.part_body_id)
    GROUP BY bucket_id, body_id;
  CREATE TEMP TABLE counted_blob AS
    SELECT u.bucket_id, e.blob_id, count(DISTINCT e.body_id) AS bodies
    FROM counted_body u JOIN extent e ON e.body_id = u.body_id GROUP BY u.bucket_id, e.blob_id;
  CREATE TEMP TABLE counted AS
    SELECT v.bucket_id, v.objects, v.versions, v.bytes,
      (SELECT COALESCE(sum(b.size), 0) FROM counted_body u JOIN body b ON b.id = u.body_id
        WHERE u.bucket_id = v.bucket_id AND b.content IS NOT NULL)
      + (SELECT COALESCE(sum(b.size), 0) FROM counted_blob u JOIN blob b ON b.id = u.blob_id WHERE u.bucket_id = v.bucket_id) AS bytes_once
    FROM (SELECT bucket_id, sum(is_latest = 1 AND is_marker = 0) AS objects, count(*) AS versions, sum(size) AS bytes
      FROM version WHERE gone IS NULL GROUP BY bucket_id) v`

/** Columns of each table of usage, and where they are counted. */
const tables: Readonly<Record<string, readonly [counted: string, columns: string]>> = {
  usage: ['counted', 'bucket_id, objects, versions, bytes, bytes_once'],
  usage_body: ['counted_body', 'bucket_id, body_id, names'],
  usage_blob: ['counted_blob', 'bucket_id, blob_id, bodies'],
}

/** Counts usage anew, and says of which buckets it was wrong. Every change is counted afterwards.
 *  The feed must have been folded, or been told to be: what it adds later is in the count already. */
export function recountUsage(database: Database.Database, tell: Tell): void {
  database.exec(counted)
  const wrong = new Set<number>()
  const isFolded = database
    .prepare<[], number>('SELECT (SELECT number FROM usage_fold) = (SELECT COALESCE(max(number), 0) FROM change)')
    .pluck()
    .get()
  for (const [table, [count, columns]] of Object.entries(tables)) {
    const here = `SELECT ${columns} FROM ${table}`
    const there = `SELECT ${columns} FROM ${count}`
    // A bucket that holds nothing may have a row of zeros.
    const differing = `SELECT bucket_id FROM (SELECT * FROM (${here} EXCEPT ${there}) UNION SELECT * FROM (${there} EXCEPT ${here}))`
    const isZero =
      table === 'usage'
        ? ` WHERE bucket_id IN (SELECT bucket_id FROM counted) OR
      EXISTS (SELECT 1 FROM usage u WHERE u.bucket_id = x.bucket_id AND (objects <> 0 OR versions <> 0 OR bytes <> 0 OR bytes_once <> 0))`
        : ''
    for (const id of database
      .prepare<[], number>(`SELECT DISTINCT bucket_id FROM (${differing}) x${isZero}`)
      .pluck()
      .all())
      wrong.add(id)
    database.exec(`DELETE FROM ${table}; INSERT INTO ${table} (${columns}) ${there}`)
  }
  database.exec(`
    UPDATE usage_fold SET number = (SELECT COALESCE(max(number), 0) FROM change);
    INSERT OR IGNORE INTO usage_fold (one, number) SELECT 1, COALESCE(max(number), 0) FROM change;
    DROP TABLE counted; DROP TABLE counted_blob; DROP TABLE counted_body`)
  if (isFolded !== 1) return
  const name = database.prepare<[number], string>('SELECT name FROM bucket WHERE id = ?').pluck()
  for (const id of wrong) tell({ kind: 'change', what: `the usage of bucket ${name.get(id) ?? id} is counted anew` })
}
