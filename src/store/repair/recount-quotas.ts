// What quotas have counted, counted anew from what is there.

import type Database from 'better-sqlite3'
import type { Tell } from './repair-step.js'

const ofQuota = '(SELECT b.id FROM bucket b WHERE b.id = quota.bucket_id OR b.owner_id = quota.account_id)'

/** Every row of `quota`, with what is there beside what it has counted. */
export const quotasCounted = `
  SELECT quota.*,
    (SELECT count(*) FROM version v WHERE v.gone IS NULL AND v.bucket_id IN ${ofQuota}) AS there_objects,
    (SELECT COALESCE(sum(v.size), 0) FROM version v WHERE v.gone IS NULL AND v.bucket_id IN ${ofQuota})
    + (SELECT COALESCE(sum(p.size), 0) FROM upload u JOIN part p ON p.body_id = u.body_id WHERE u.bucket_id IN ${ofQuota}) AS there_bytes
  FROM quota`

/** Whether a quota counts a row of `bucket`: 0 or 1. */
export const isMetered =
  'EXISTS (SELECT 1 FROM quota q WHERE q.bucket_id = bucket.id OR q.account_id = bucket.owner_id)'

/** Counts quotas anew, and says which had to be. */
export function recountQuotas(database: Database.Database, tell: Tell): void {
  const wrong = database
    .prepare<[], { id: number; about: string; there_bytes: number; there_objects: number }>(
      `SELECT id, COALESCE('bucket ' || bucket_id, 'account ' || account_id) AS about, there_bytes, there_objects
       FROM (${quotasCounted}) WHERE bytes <> there_bytes OR objects <> there_objects`,
    )
    .all()
  const set = database.prepare<[number, number, number]>('UPDATE quota SET bytes = ?, objects = ? WHERE id = ?')
  for (const { id, about, there_bytes: bytes, there_objects: objects } of wrong) {
    set.run(bytes, objects, id)
    tell({ kind: 'change', what: `what the quota of ${about} counts is counted anew` })
  }
  database.exec(`UPDATE bucket SET metered = ${isMetered} WHERE metered <> ${isMetered}`)
}
