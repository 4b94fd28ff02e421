// What a bucket says of access, all of it at once.

import { listOfJson } from '../../contract/access-list.js'
import type { BucketAccess, ObjectOwnership, Payer, PublicAccessBlock } from '../../contract/bucket-access.js'
import { ownershipColumn } from './find-bucket.js'
import { all, one, query, statement } from './steps.js'

interface Row {
  readonly id: number
  readonly name: string
  readonly ownership: ObjectOwnership
  readonly ownerId: string
  readonly ownerNumber: string
  readonly ownerName: string
}

const find = statement<{ name: string }, Row>(`
  SELECT b.id, b.name, ${ownershipColumn('b')}, a.id AS "ownerId", a.number AS "ownerNumber", a.name AS "ownerName"
  FROM bucket b JOIN account a ON a.id = b.owner_id WHERE b.name = :name`)

const settings = statement<{ bucketId: number }, { name: string; value: string }>(`
  SELECT name, value FROM bucket_setting
  WHERE bucket_id = :bucketId AND name IN ('policy', 'acl', 'public-access-block', 'request-payment')`)

/** What a bucket says of access; undefined: there is no such bucket. It stays so until the access number is another. */
export const bucketAccess = query('bucketAccess', function* (name: string) {
  const row = yield* one(find, { name })
  if (row === undefined) return undefined
  const values = new Map<string, string>()
  for (const { name: setting, value } of yield* all(settings, { bucketId: row.id })) values.set(setting, value)
  const block = values.get('public-access-block')
  const payer = values.get('request-payment')
  const access: BucketAccess = {
    id: row.id,
    name: row.name,
    owner: { id: row.ownerId, number: row.ownerNumber, name: row.ownerName },
    ownership: row.ownership,
    policy: values.get('policy'),
    acl: listOfJson(values.get('acl')),
    // The rows hold what the rooms have checked and written.
    publicAccessBlock: block === undefined ? undefined : (JSON.parse(block) as PublicAccessBlock),
    payer: payer === undefined ? 'BucketOwner' : (JSON.parse(payer) as Payer),
  }
  return access
})
