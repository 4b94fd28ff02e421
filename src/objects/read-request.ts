// What GetObject and HeadObject share: the version, the conditions, the range or part, and all that is told of an object.

import { checksumMember } from '../contract/checksum-members.js'
import { requireDecidedOn } from '../contract/decided-on.js'
import { S3Error } from '../contract/errors.js'
import { quotedETag } from '../contract/etag.js'
import type { BodyOut, DecidedOn, Input } from '../contract/operation.js'
import { mayBePartial, requireReadable } from '../contract/preconditions.js'
import { contentRange, rangeOf, type Range } from '../contract/ranges.js'
import { defaultContentType, headersOfJson } from '../contract/stored-headers.js'
import { tagsOfJson } from '../contract/tags.js'
import type { Checksum } from '../contract/claims.js'
import { objectPart } from '../store/catalog/object-part.js'
import { objectVersion, type OpenVersion } from '../store/catalog/open-version.js'
import { versionChecksum } from '../store/catalog/version.js'
import type { Store } from '../store/store.js'

/** A read that may be answered. */
export interface Readable {
  readonly version: OpenVersion
  /** Undefined: the whole. */
  readonly range: Range | undefined
  /** How many parts the object has, when one was asked for by its number. */
  readonly partsCount: number | undefined
  /** Of exactly the bytes answered; undefined when there is none. */
  readonly checksum: Checksum | undefined
}

type ReadInput = Input<'GetObject'> | Input<'HeadObject'>

/** Finds what is asked for and checks its conditions.
 *  @throws NoSuchBucket, NoSuchKey, NoSuchVersion, MethodNotAllowed, PreconditionFailed, NotModified, InvalidRange, InvalidPartNumber
 *  Source: AWS API reference, GetObject and HeadObject */
export async function openToRead(store: Store, input: ReadInput, { object }: DecidedOn): Promise<Readable> {
  const name = { bucket: input.Bucket ?? '', key: input.Key ?? '', versionId: input.VersionId }
  if (input.PartNumber !== undefined) return openPart(store, input, { ...name, number: input.PartNumber }, object)
  const version = await store.catalog.read(objectVersion, name)
  requireDecidedOn(object, version.id)
  requireReadable(input, version, () => validators(version))
  const range =
    input.Range !== undefined && mayBePartial(input, version) ? rangeOf(input.Range, version.size) : undefined
  const isWhole = range === undefined || range.end - range.start === version.size
  return { version, range, partsCount: undefined, checksum: isWhole ? versionChecksum(version) : undefined }
}

async function openPart(
  store: Store,
  input: ReadInput,
  name: { bucket: string; key: string; versionId: string | undefined; number: number },
  decided: number | undefined,
): Promise<Readable> {
  if (input.Range !== undefined) {
    throw new S3Error('InvalidRequest', { message: 'Cannot specify both Range header and partNumber query parameter' })
  }
  if (name.number < 1 || name.number > 10_000) {
    throw new S3Error('InvalidArgument', {
      message: 'Part number must be an integer between 1 and 10000, inclusive',
      members: { ArgumentName: 'partNumber', ArgumentValue: String(name.number) },
    })
  }
  const { version, count, part } = await store.catalog.read(objectPart, name)
  requireDecidedOn(decided, version.id)
  requireReadable(input, version, () => validators(version))
  if (count === undefined) {
    if (name.number !== 1)
      throw new S3Error('InvalidPartNumber', { members: { PartNumberRequested: String(name.number) } })
    const whole = { start: 0, end: version.size }
    return { version, range: whole, partsCount: undefined, checksum: versionChecksum(version) }
  }
  if (part === undefined) {
    throw new S3Error('InvalidPartNumber', {
      members: { ActualPartCount: String(count), PartNumberRequested: String(name.number) },
    })
  }
  const type = version.checksumType ?? 'FULL_OBJECT'
  const value = Buffer.from(part.checksum).toString('base64')
  return {
    version,
    range: { start: part.start, end: part.start + part.size },
    partsCount: count,
    checksum: { algorithm: part.checksumAlgorithm, type, value },
  }
}

/** What a 304 tells. */
const validators = (version: OpenVersion): Record<string, string> => ({
  ETag: quotedETag(version.etag),
  'Last-Modified': new Date(version.modifiedMs).toUTCString(),
  ...(version.versionId !== undefined && { 'x-amz-version-id': version.versionId }),
})

/** Everything GetObject and HeadObject tell of an object. What is undefined is not told.
 *  @param Body its bytes, for GetObject */
export function describe({ version, range, partsCount, checksum }: Readable, input: ReadInput, Body?: BodyOut) {
  const stored = headersOfJson(version.headers)
  const length = range === undefined ? version.size : range.end - range.start
  const told = input.ChecksumMode === 'ENABLED' ? checksum : undefined
  const output = {
    AcceptRanges: 'bytes',
    ContentLength: length,
    // Of no bytes there is no range: RFC 9110, 14.4, has no form for it.
    ContentRange: range !== undefined && length > 0 ? contentRange(range, version.size) : undefined,
    ETag: quotedETag(version.etag),
    LastModified: new Date(version.modifiedMs),
    ContentType: input.ResponseContentType ?? stored.ContentType ?? defaultContentType,
    CacheControl: input.ResponseCacheControl ?? stored.CacheControl,
    ContentDisposition: input.ResponseContentDisposition ?? stored.ContentDisposition,
    ContentEncoding: input.ResponseContentEncoding ?? stored.ContentEncoding,
    ContentLanguage: input.ResponseContentLanguage ?? stored.ContentLanguage,
    ExpiresString: input.ResponseExpires?.toUTCString() ?? stored.ExpiresString,
    Metadata: stored.Metadata,
    VersionId: version.versionId,
    StorageClass: version.storageClass === 'STANDARD' ? undefined : storageClassOf(version),
    TagCount: version.tags === null ? undefined : tagsOfJson(version.tags).length,
    PartsCount: partsCount,
    ChecksumType: told?.type,
    Body,
  }
  return told === undefined ? output : { ...output, ...checksumMember(told.algorithm, told.value) }
}

// `storageClass` was checked against the model's names when it was written.
const storageClassOf = (version: OpenVersion) => version.storageClass as 'STANDARD'
