// A bucket's row, by its name.

import type { ObjectOwnership } from '../../contract/bucket-access.js'
import { S3Error } from '../../contract/errors.js'
import { one, query, statement, type Steps } from './steps.js'

/** S3's three states: a bucket that was never versioned, is, or was. */
export type Versioning = 'Off' | 'Enabled' | 'Suspended'

/** A bucket. */
export interface BucketRow {
  readonly id: number
  readonly name: string
  /** Canonical user id. */
  readonly ownerId: string
  readonly region: string
  /** Ms since 1970. */
  readonly createdMs: number
  readonly versioning: Versioning
  readonly ownership: ObjectOwnership
}

/** Whose the bucket's objects are. 'None' is what is left when its ownership controls are removed: then lists count, and whoever writes an object
 *  owns it, S3's only way before there were controls.
 *  @param table of the bucket's row in the statement */
export const ownershipColumn = (table: string): string =>
  `CASE ${table}.ownership WHEN 'None' THEN 'ObjectWriter' ELSE ${table}.ownership END AS ownership`

const byName = statement<{ name: string }, BucketRow>(`
  SELECT id, name, owner_id AS "ownerId", region, created AS "createdMs", versioning,
    ${ownershipColumn('bucket')}
  FROM bucket WHERE name = :name`)

/** The bucket of that name, or nothing. */
export const findBucket = (name: string): Steps<BucketRow | undefined> => one(byName, { name })

/** The bucket of that name.
 *  @throws NoSuchBucket with BucketName */
export function* requireBucket(name: string): Steps<BucketRow> {
  const bucket = yield* findBucket(name)
  if (bucket === undefined) throw noSuchBucket(name)
  return bucket
}

/** S3's refusal when a bucket is not there. */
export const noSuchBucket = (name: string): S3Error => new S3Error('NoSuchBucket', { members: { BucketName: name } })

/** The bucket of that name, as a read.
 *  @throws NoSuchBucket with BucketName */
export const bucketNamed = query('bucketNamed', requireBucket)
