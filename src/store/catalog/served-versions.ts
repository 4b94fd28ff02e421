// Which objects are made of a blob or of a body: what somebody has to be told when it is damaged.

import { all, query, statement } from './steps.js'
import { versionIdOf } from './version-id.js'

/** A version that is served from what is damaged. */
export interface ServedVersion {
  readonly bucket: string
  readonly key: string
  /** "null" or an id, as a reader would ask for it. */
  readonly versionId: string
}

type Row = { bucket: string; key: Uint8Array; position: number; isNull: 0 | 1 }

/** Versions told of one blob or body; there may be a million. */
export const servedVersionsMax = 20

const of = (bodies: string) =>
  statement<{ id: number; limit: number }, Row>(`
    WITH named (id) AS (${bodies})
    SELECT b.name AS bucket, v.key, v.position, v.is_null AS "isNull" FROM version v JOIN bucket b ON b.id = v.bucket_id
    WHERE v.gone IS NULL AND v.body_id IN (
      SELECT id FROM named UNION SELECT p.body_id FROM part p WHERE p.part_body_id IN (SELECT id FROM named)) LIMIT :limit`)

const ofBody = of('SELECT :id')
const ofBlob = of('SELECT body_id FROM extent WHERE blob_id = :id')

/** Living versions that a blob, or a body, is a part of: at most `servedVersionsMax`. */
export const servedVersions = query(
  'servedVersions',
  function* (of: { readonly blobId: number } | { readonly bodyId: number }) {
    const [versions, id] = 'blobId' in of ? [ofBlob, of.blobId] : [ofBody, of.bodyId]
    const rows = yield* all(versions, { id, limit: servedVersionsMax })
    return rows.map(({ bucket, key, position, isNull }): ServedVersion => ({
      bucket,
      key: Buffer.from(key).toString('utf8'),
      versionId: isNull === 1 ? 'null' : versionIdOf(position),
    }))
  },
)
