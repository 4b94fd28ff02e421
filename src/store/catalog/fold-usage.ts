// Folds changes into the usage of their buckets, in order and in batches.

import { one, all, run, statement, transaction, type Steps } from './steps.js'
import { nameBody, smallBytes, unnameBody } from './usage-bodies.js'

/** What a fold did. */
export interface Fold {
  /** Every change up to this number is counted. */
  readonly number: number
  /** How many changes it took in; fewer than asked for: all there are. */
  readonly count: number
}

interface ChangeRow {
  number: number
  kind: string
  bucketId: number
  bornBody: number | null
  goneBody: number | null
  objects: number
  versions: number
  bytes: number
  /** Bytes of `bornBody`, if it is a small one. */
  small: number | null
}

const folded = statement<Record<string, never>, { number: number }>('SELECT number FROM usage_fold')
const changesAfter = statement<{ number: number; limit: number }, ChangeRow>(`
  SELECT number, kind, bucket_id AS "bucketId", born_body AS "bornBody", gone_body AS "goneBody", objects, versions, bytes, ${smallBytes} AS small
  FROM change LEFT JOIN body ON body.id = born_body WHERE number > :number ORDER BY number LIMIT :limit`)
const add = statement<{ bucketId: number; objects: number; versions: number; bytes: number; bytesOnce: number }>(`
  INSERT INTO usage (bucket_id, objects, versions, bytes, bytes_once)
  VALUES (:bucketId, :objects, :versions, :bytes, :bytesOnce)
  ON CONFLICT (bucket_id) DO UPDATE SET
    objects = usage.objects + excluded.objects, versions = usage.versions + excluded.versions,
    bytes = usage.bytes + excluded.bytes, bytes_once = usage.bytes_once + excluded.bytes_once`)
const forget = statement<{ bucketId: number }>(`
  DELETE FROM usage WHERE bucket_id = :bucketId AND NOT EXISTS (SELECT 1 FROM bucket WHERE id = :bucketId)`)
const remember = statement<{ number: number }>('UPDATE usage_fold SET number = :number')

/** The number up to which usage is folded. Nothing that changes behind it refer to may be taken away. */
export function* foldedNumber(): Steps<number> {
  const row = yield* one(folded, {})
  if (row === undefined) throw new Error('The catalog has lost the row of usage_fold')
  return row.number
}

/** What a batch adds to one bucket. */
interface Sum {
  objects: number
  versions: number
  bytes: number
  /** Whether the bucket itself was made or removed. */
  isMadeOrRemoved: boolean
  readonly bodies: Map<number, Names>
}

/** Names of a body in a bucket. */
interface Names {
  /** Those it gained, less those it lost. */
  net: number
  /** Its bytes, if it gained one and is small. */
  small: number | null
}

/** Folds the next changes, at most `limit`: about 5 us each, where each names a new body. A body of 10,000 parts takes some 60 ms. */
export const foldUsage = transaction('foldUsage', function* ({ limit }: { readonly limit: number }): Steps<Fold> {
  const from = yield* foldedNumber()
  const changes = yield* all(changesAfter, { number: from, limit })
  const last = changes.at(-1)
  if (last === undefined) return { number: from, count: 0 }
  for (const [bucketId, sum] of sumsOf(changes)) {
    let bytesOnce = 0
    // First what is named anew: a blob that moves from one body to another stays counted.
    for (const [bodyId, { net, small }] of sum.bodies)
      if (net > 0) bytesOnce += yield* nameBody(bucketId, bodyId, net, small)
    for (const [bodyId, { net }] of sum.bodies) if (net < 0) bytesOnce -= yield* unnameBody(bucketId, bodyId, -net)
    const { objects, versions, bytes } = sum
    if (objects !== 0 || versions !== 0 || bytes !== 0 || bytesOnce !== 0) {
      yield* run(add, { bucketId, objects, versions, bytes, bytesOnce })
    }
    // Nothing is left to count in a bucket that was removed: what it held was counted out by the changes before.
    if (sum.isMadeOrRemoved) yield* run(forget, { bucketId })
  }
  yield* run(remember, { number: last.number })
  return { number: last.number, count: changes.length }
})

/** What was written and overwritten within a batch cancels out here, and costs no row. */
function sumsOf(changes: readonly ChangeRow[]): Map<number, Sum> {
  const sums = new Map<number, Sum>()
  for (const change of changes) {
    let sum = sums.get(change.bucketId)
    if (sum === undefined) {
      sum = { objects: 0, versions: 0, bytes: 0, isMadeOrRemoved: false, bodies: new Map() }
      sums.set(change.bucketId, sum)
    }
    sum.objects += change.objects
    sum.versions += change.versions
    sum.bytes += change.bytes
    sum.isMadeOrRemoved ||= change.kind === 'bucket'
    if (change.bornBody !== null) {
      const names = namesOf(sum, change.bornBody)
      names.net += 1
      names.small = change.small
    }
    if (change.goneBody !== null) namesOf(sum, change.goneBody).net -= 1
  }
  return sums
}

function namesOf({ bodies }: Sum, bodyId: number): Names {
  let names = bodies.get(bodyId)
  if (names === undefined) bodies.set(bodyId, (names = { net: 0, small: null }))
  return names
}
