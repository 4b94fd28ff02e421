// One row of the feed. Every transaction that others may want to follow appends one for each thing it changed.

import { run, statement, type Steps } from './steps.js'

/** What kind of change it was. */
export type ChangeKind =
  | 'put'
  | 'copy'
  | 'complete'
  | 'rename'
  | 'marker'
  | 'delete'
  | 'tag'
  | 'acl' // a version's list
  | 'bucket' // a bucket was made or removed
  | 'setting' // a configuration of a bucket was set or removed
  | 'repair' // the feed began anew

/** A change. */
export interface Change {
  /** From `nextNumber`. */
  readonly number: number
  /** Ms since 1970. */
  readonly time: number
  readonly kind: ChangeKind
  readonly bucketId: number
  /** UTF-8. */
  readonly key?: Uint8Array
  /** The version's. */
  readonly position?: number
  /** Body a version began to name. */
  readonly bornBody?: number | null
  /** Body a version ceased to name. */
  readonly goneBody?: number | null
  /** What it adds to the bucket's usage: keys whose latest version is no marker, living versions (markers too), bytes of living versions. */
  readonly objects?: number
  readonly versions?: number
  readonly bytes?: number
}

const append = statement<{
  number: number
  time: number
  kind: string
  bucketId: number
  key: Uint8Array | null
  position: number | null
  bornBody: number | null
  goneBody: number | null
  objects: number
  versions: number
  bytes: number
}>(`
  INSERT INTO change (number, time, kind, bucket_id, key, position, born_body, gone_body, objects, versions, bytes)
  VALUES (:number, :time, :kind, :bucketId, :key, :position, :bornBody, :goneBody, :objects, :versions, :bytes)`)

/** Appends a change to the feed. */
export function* appendChange(change: Change): Steps<void> {
  yield* run(append, {
    number: change.number,
    time: change.time,
    kind: change.kind,
    bucketId: change.bucketId,
    key: change.key ?? null,
    position: change.position ?? null,
    bornBody: change.bornBody ?? null,
    goneBody: change.goneBody ?? null,
    objects: change.objects ?? 0,
    versions: change.versions ?? 0,
    bytes: change.bytes ?? 0,
  })
}
