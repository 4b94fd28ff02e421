// Which objects a repair has to give up, and how that is told: one by one, by bucket, key and version.

import type { Connection } from '../catalog/connection.js'
import type { ServedVersion } from '../catalog/served-versions.js'
import { all, statement } from '../catalog/steps.js'
import { versionIdOf } from '../catalog/version-id.js'
import { endLostVersion, type LostVersion } from './end-lost-version.js'
import type { Tell } from './repair-step.js'

type Id = { id: number }

/** SELECT list, tables and first condition of a query for living versions, as `LostVersion`. */
export const livingVersions = `v.id, v.position, v.is_null AS "isNull", v.is_marker AS "isMarker", v.is_latest AS "isLatest", v.body_id AS "bodyId", v.size,
  v.etag, v.modified AS "modifiedMs", v.bucket_id AS "bucketId", b.name AS bucket, v.key, v.owner_id AS "ownerId"
  FROM version v JOIN bucket b ON b.id = v.bucket_id WHERE v.gone IS NULL`

const dependents = statement<Id & { after: number }, LostVersion>(`
  SELECT ${livingVersions} AND v.id > :after AND v.body_id IN (
    WITH named (id) AS (SELECT body_id FROM extent WHERE blob_id = :id)
    SELECT id FROM named UNION SELECT body_id FROM part WHERE part_body_id IN (SELECT id FROM named)) ORDER BY v.id LIMIT 500`)
const dependentsOfBody = statement<Id & { after: number }, LostVersion>(`
  SELECT ${livingVersions} AND v.id > :after AND v.body_id IN (
    SELECT :id UNION SELECT body_id FROM part WHERE part_body_id = :id) ORDER BY v.id LIMIT 500`)
const lostVersions = statement<Record<string, never>, LostVersion & { why: string }>(`
  SELECT COALESCE((SELECT why FROM lost_body l WHERE l.body_id = v.body_id), 'its body has lost its row') AS why, ${livingVersions}
    AND v.body_id IS NOT NULL AND (v.body_id IN (SELECT body_id FROM lost_body) OR v.body_id NOT IN (SELECT id FROM body)) LIMIT 500`)

/** Tells losses, and ends versions. */
export class LostVersions {
  readonly #connection: Connection
  readonly #now: number
  readonly #tell: Tell

  /** @param now ms since 1970 */
  constructor(connection: Connection, now: number, tell: Tell) {
    this.#connection = connection
    this.#now = now
    this.#tell = tell
  }

  /** Ends living versions whose bodies cannot be put together any more: those of the table `lost_body`. */
  endUnreadable(): void {
    for (;;) {
      const page = this.#connection.run(all(lostVersions, {}))
      for (const version of page) this.end(version, `its bytes cannot be put together any more, ${version.why}`)
      if (page.length === 0) return
    }
  }

  /** Tells every version that is made of a damaged blob, or of a damaged small body. */
  tellDamaged(of: 'blob' | 'body', id: number, why: string): void {
    for (let after = 0; ;) {
      const page = this.#connection.run(all(of === 'blob' ? dependents : dependentsOfBody, { id, after }))
      for (const version of page) {
        after = version.id
        const what = `cannot be read as a whole any more: ${why}; it stays, what is undamaged of it can be read, and an upload of the same bytes heals it`
        this.#tell({ kind: 'loss', what, object: objectOf(version) })
      }
      if (page.length < 500) return
    }
  }

  /** Ends a version, and tells it. */
  end(version: LostVersion, why: string): void {
    const object = objectOf(version)
    const isMarked = this.#connection.run(endLostVersion(version, this.#now))
    const front = isMarked
      ? ': it was the latest, and a delete marker takes its place, so that no older version is taken for it'
      : version.isLatest === 1
        ? ': the key has no object any more'
        : ''
    this.#tell({ kind: 'loss', what: `is removed, since ${why}${front}`, object })
  }
}

/** A version by the names its readers know. */
export const objectOf = ({ bucket, key, position, isNull }: LostVersion): ServedVersion => ({
  bucket,
  key: Buffer.from(key).toString('utf8'),
  versionId: isNull === 1 ? 'null' : versionIdOf(position),
})
