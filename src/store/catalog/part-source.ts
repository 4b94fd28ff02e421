// The version a part is copied from: found, opened, and its range looked up, all in one snapshot.

import { S3Error } from '../../contract/errors.js'
import type { CopySource } from '../../contract/copy-source.js'
import { copyRangeOf } from '../../contract/multipart.js'
import { requireSource, type ReadConditions } from '../../contract/preconditions.js'
import type { OpenBody } from '../store.js'
import { completedPart, partPlaces, type CompletedPart } from './completed-parts.js'
import { requireBucket } from './find-bucket.js'
import { findVersion } from './find-version.js'
import { lastNumber } from './next-number.js'
import { all, one, query, statement, type Steps } from './steps.js'
import { shownVersionId, type Version } from './version.js'

/** A run of a small or plain body, `end` excluded. */
export interface Slice {
  readonly bodyId: number
  readonly start: number
  readonly end: number
}

const partBodies = statement<
  { bodyId: number; first: number; last: number },
  { number: number; partBodyId: number; isSmall: number }
>(`
  SELECT number, part_body_id AS "partBodyId", content IS NOT NULL AS "isSmall"
  FROM part JOIN body ON body.id = part.part_body_id
  WHERE part.body_id = :bodyId AND number BETWEEN :first AND :last ORDER BY number`)

const kindOf = statement<{ bodyId: number }, { isSmall: number; size: number }>(
  'SELECT content IS NOT NULL AS "isSmall", size FROM body WHERE id = :bodyId',
)

/** What to look for. */
export interface FindPartSource {
  readonly source: CopySource
  readonly onlyIf: ReadConditions
  /** `x-amz-copy-source-range`. */
  readonly range: string | undefined
}

/** What was found. */
export interface PartSourceFound {
  readonly version: Version
  readonly bucketId: number
  /** Undefined in a bucket that never had versioning. */
  readonly versionId: string | undefined
  readonly body: OpenBody
  /** The bytes asked for, `end` excluded. */
  readonly range: { readonly start: number; readonly end: number }
  readonly plan: RangePlan
}

/** The source of a part copy.
 *  @throws NoSuchBucket, NoSuchKey, NoSuchVersion, PreconditionFailed, InvalidRange, InvalidArgument; InvalidRequest for a delete marker or too many bytes */
export const partSource = query('partSource', function* ({ source, onlyIf, range: header }: FindPartSource) {
  const bucket = yield* requireBucket(source.bucket)
  const version = yield* requireBody(bucket.id, source)
  requireSource(onlyIf, version, 'x-amz-copy-source-')
  const range = copyRangeOf(header, version.size)
  const body = { bodyId: version.bodyId, size: version.size, number: yield* lastNumber() }
  const plan = yield* planRange(version.bodyId, range.start, range.end)
  const versionId = shownVersionId(bucket.versioning, version)
  return { version, bucketId: bucket.id, versionId, body, range, plan } satisfies PartSourceFound
})

/** A version that has a body. */
function* requireBody(bucketId: number, { key, versionId }: CopySource): Steps<Version & { readonly bodyId: number }> {
  const bytes = Buffer.from(key, 'utf8')
  const version = yield* findVersion(bucketId, bytes, versionId)
  if (version !== undefined && version.bodyId !== null) return { ...version, bodyId: version.bodyId }
  if (versionId === undefined) throw new S3Error('NoSuchKey', { members: { Key: key } })
  if (version === undefined) throw new S3Error('NoSuchVersion', { members: { Key: key, VersionId: versionId } })
  throw new S3Error('InvalidRequest', {
    message: 'The source of a copy request may not specifically refer to a delete marker by version id.',
  })
}

/** What a range of a body consists of. */
export interface RangePlan {
  readonly slices: readonly Slice[]
  /** Whether a slice lies in the catalog: small bodies have no extents to be sliced. */
  readonly hasSmall: boolean
  /** The one part that is exactly the range, in a body made of parts. */
  readonly wholePart: CompletedPart | undefined
  /** Whether the range is all of a body that is not made of parts. */
  readonly isWholeBody: boolean
}

/** Of an empty object that was uploaded in parts: its bytes, none, are written anew. */
const emptyPlan: RangePlan = { slices: [], hasSmall: true, wholePart: undefined, isWholeBody: false }

/** The small and plain bodies that bytes [start, end) of a body lie in. */
function* planRange(bodyId: number, start: number, end: number): Steps<RangePlan> {
  const places = yield* partPlaces(bodyId)
  if (places === undefined) {
    const kind = yield* one(kindOf, { bodyId })
    const isWholeBody = start === 0 && end === kind?.size
    return { slices: [{ bodyId, start, end }], hasSmall: kind?.isSmall === 1, wholePart: undefined, isWholeBody }
  }
  const touched = places.filter((place) => place.size > 0 && place.start < end && place.start + place.size > start)
  const first = touched[0]
  const last = touched.at(-1)
  if (first === undefined || last === undefined) return emptyPlan
  const rows = yield* all(partBodies, { bodyId, first: first.number, last: last.number })
  const bodies = new Map(rows.map((row) => [row.number, row]))
  const slices: Slice[] = []
  let hasSmall = false
  for (const { number, start: at, size } of touched) {
    const row = bodies.get(number)
    if (row === undefined) throw new Error(`Body ${bodyId} has lost its part ${number}`)
    slices.push({ bodyId: row.partBodyId, start: Math.max(start - at, 0), end: Math.min(end - at, size) })
    hasSmall ||= row.isSmall === 1
  }
  const isWhole = touched.length === 1 && first.start === start && first.start + first.size === end
  const wholePart = isWhole ? (yield* completedPart(bodyId, first.number))?.part : undefined
  return { slices, hasSmall, wholePart, isWholeBody: false }
}
