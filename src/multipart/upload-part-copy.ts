// UploadPartCopy: bytes that are stored already become one part of an upload.

import { checksumMember, rawChecksum } from '../contract/checksum-members.js'
import type { ChecksumAlgorithm, Claims } from '../contract/claims.js'
import { copySourceOf } from '../contract/copy-source.js'
import { requireDecidedOn } from '../contract/decided-on.js'
import { S3Error } from '../contract/errors.js'
import { listedTime } from '../contract/listing.js'
import { requirePartNumber } from '../contract/multipart.js'
import type { BodyOut, Clock, Operation } from '../contract/operation.js'
import { copySourceConditions } from '../contract/preconditions.js'
import { smallBodySizeBytesMax } from '../store/blobs/draft.js'
import { copyPart } from '../store/catalog/copy-part.js'
import { uploadNamed, type UploadName } from '../store/catalog/find-upload.js'
import { partSource, type FindPartSource, type PartSourceFound } from '../store/catalog/part-source.js'
import { putPart, type PartDigests } from '../store/catalog/put-part.js'
import { versionChecksum } from '../store/catalog/version.js'
import { digestsOfBody } from '../store/digests-of-body.js'
import type { Store } from '../store/store.js'

/** How often a source is looked for anew that was overwritten and collected while its bytes were read. */
const attemptsMax = 5

/** Makes a range of an object, or all of it, part 1 to 10,000 of an upload. A whole object or a whole part of one takes a row; of any other
 *  range the bytes are read once, for MD5 and checksum, and stay where they are unless they are few or some of them lie in the catalog.
 *  @throws NoSuchBucket, NoSuchUpload, NoSuchKey, NoSuchVersion, PreconditionFailed, InvalidArgument, InvalidRange, InvalidRequest
 *  Source: AWS API reference, UploadPartCopy */
export const uploadPartCopy =
  (store: Store, clock: Clock): Operation<'UploadPartCopy'> =>
  async (input, call) => {
    const number = requirePartNumber(input.PartNumber)
    const name = { bucket: input.Bucket ?? '', key: input.Key ?? '', uploadId: input.UploadId ?? '' }
    const source = copySourceOf(input.CopySource ?? '')
    const wanted: FindPartSource = {
      source,
      onlyIf: copySourceConditions(input),
      range: input.CopySourceRange,
    }
    const upload = await store.catalog.read(uploadNamed, name)
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      const found = await store.catalog.read(partSource, wanted)
      requireDecidedOn(call.decidedOn.source, found.version.id)
      const now = clock.now()
      const part = { ...name, number, now, sourceKey: source.key }
      const digests = await copy(store, found, part, upload.checksumAlgorithm)
      if (digests === undefined) continue
      return {
        ...(found.versionId !== undefined && { CopySourceVersionId: found.versionId }),
        CopyPartResult: {
          ETag: `"${Buffer.from(digests.md5).toString('hex')}"`,
          LastModified: listedTime(now),
          ...checksumMember(digests.checksumAlgorithm, digests.checksum),
        },
      }
    }
    throw new S3Error('OperationAborted')
  }

interface PartToBe extends UploadName {
  readonly number: number
  readonly now: number
  readonly sourceKey: string
}

/** Names the part; answers its digests, or nothing when the source has gone meanwhile. */
async function copy(
  store: Store,
  found: PartSourceFound,
  { sourceKey, ...part }: PartToBe,
  algorithm: ChecksumAlgorithm,
): Promise<PartDigests | undefined> {
  const { version, body, range, plan } = found
  const size = range.end - range.start
  const isWhole = plan.isWholeBody || plan.wholePart !== undefined
  if (!isWhole && (plan.hasSmall || size <= smallBodySizeBytesMax)) {
    const draft = await store.writeBody(chunksOf(store.readBody(body, range)), claimsOf(size), [algorithm])
    const digests = {
      md5: draft.md5,
      checksumAlgorithm: algorithm,
      checksum: rawChecksum(draft.checksums, algorithm),
    }
    try {
      await store.catalog.commit(putPart, { ...part, ...digests, draft })
      return digests
    } catch (error) {
      await store.discard(draft)
      throw error
    }
  }
  const digests = knownDigests(found, algorithm) ?? (await digestsOf(store.readBody(body, range), algorithm))
  const isThere = await store.catalog.commit(copyPart, {
    ...part,
    ...digests,
    source: { bucketId: found.bucketId, key: sourceKey, position: version.position, bodyId: body.bodyId },
    from: isWhole ? { wholeBodyId: plan.wholePart?.bodyId ?? body.bodyId } : { slices: plan.slices },
    size,
  })
  return isThere ? digests : undefined
}

/** The digests of a whole part or a whole object, where they are known in the upload's algorithm. */
function knownDigests({ version, plan }: PartSourceFound, algorithm: ChecksumAlgorithm): PartDigests | undefined {
  const { wholePart, isWholeBody } = plan
  if (wholePart !== undefined) {
    if (wholePart.checksumAlgorithm !== algorithm) return undefined
    return { md5: wholePart.md5, checksumAlgorithm: algorithm, checksum: wholePart.checksum }
  }
  const { etag } = version
  const checksum = versionChecksum(version)
  // An ETag of 32 hex digits is an MD5.
  if (!isWholeBody || checksum?.algorithm !== algorithm || checksum.type !== 'FULL_OBJECT' || etag.length !== 32)
    return undefined
  return {
    md5: Uint8Array.from(Buffer.from(etag, 'hex')),
    checksumAlgorithm: algorithm,
    checksum: Uint8Array.from(Buffer.from(checksum.value, 'base64')),
  }
}

async function digestsOf(bytes: BodyOut, algorithm: ChecksumAlgorithm): Promise<PartDigests> {
  const digests = await digestsOfBody(bytes, ['MD5', algorithm])
  const [md5, checksum] = [digests.get('MD5'), digests.get(algorithm)]
  if (md5 === undefined || checksum === undefined) throw new Error(`${algorithm} was not computed`)
  return { md5, checksumAlgorithm: algorithm, checksum }
}

async function* chunksOf(bytes: BodyOut): AsyncGenerator<Uint8Array> {
  if (bytes instanceof Uint8Array) yield bytes
  else yield* bytes
}

/** Nothing is claimed of bytes that were never sent, but how many they are. */
const claimsOf = (size: number): Claims => ({ size, checksums: {}, trailers: () => ({}) })
