// Rules of multipart uploads: limits, which checksum an upload has, UploadIds, and what a list of parts must satisfy. Pure.

import type { Checksum, ChecksumAlgorithm, Checksums, ChecksumType } from './claims.js'
import { checksumAlgorithms } from './claims.js'
import { S3Error } from './errors.js'
import { invalidArgument } from './listing.js'
import { bodySizeBytesMax } from './request.js'

/** Highest part number. Source: S3 User Guide, "Amazon S3 multipart upload limits". */
export const partNumberMax = 10_000

/** Bytes of a part, all but the last. Source: as above. */
export const partSizeBytesMin = 5 * 1024 * 1024

/** What an upload was created with. */
export interface UploadChecksum {
  readonly algorithm: ChecksumAlgorithm
  readonly type: ChecksumType
  /** Whether the caller chose it; else it is the server's own choice. */
  readonly isAsked: boolean
}

const fullObjectAlgorithms: ReadonlySet<ChecksumAlgorithm> = new Set(['CRC32', 'CRC32C', 'CRC64NVME'])

/** Which checksum an upload has. Source: S3 User Guide, "Checking object integrity": full object checksums "are only available for CRC-based
 *  checksums because they can linearize into a full object checksum"; CRC64NVME has no composite; nothing asked is CRC64NVME.
 *  @throws InvalidRequest for an algorithm that does not exist, a type without one, and pairs that do not go together */
export function uploadChecksum(algorithm: string | undefined, type: string | undefined): UploadChecksum {
  if (type !== undefined && type !== 'FULL_OBJECT' && type !== 'COMPOSITE') {
    throw new S3Error('InvalidRequest', { message: 'Value for x-amz-checksum-type header is invalid.' })
  }
  if (algorithm === undefined) {
    if (type === undefined) return { algorithm: 'CRC64NVME', type: 'FULL_OBJECT', isAsked: false }
    throw new S3Error('InvalidRequest', {
      message: 'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    })
  }
  const known = checksumAlgorithms.find((name) => name === algorithm.toUpperCase())
  if (known === undefined) {
    throw new S3Error('InvalidRequest', {
      message:
        'Checksum algorithm provided is unsupported. Please try again with any of the valid types: ' +
        `[${checksumAlgorithms.join(', ')}]`,
    })
  }
  const chosen = type ?? (known === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE')
  const isAllowed = chosen === 'COMPOSITE' ? known !== 'CRC64NVME' : fullObjectAlgorithms.has(known)
  if (!isAllowed) {
    throw new S3Error('InvalidRequest', {
      message: `The ${chosen} checksum type cannot be used with the ${known.toLowerCase()} checksum algorithm.`,
    })
  }
  return { algorithm: known, type: chosen, isAsked: true }
}

/** Refuses a part whose checksum is not of the upload's algorithm. Where the type is COMPOSITE, each part must come with one.
 *  @param sent algorithms the caller sent a value of, or announced one of
 *  @throws InvalidRequest */
export function requirePartChecksum(upload: UploadChecksum, sent: readonly ChecksumAlgorithm[]): void {
  if (!upload.isAsked) return
  if (sent.includes(upload.algorithm)) return
  if (sent.length === 0 && upload.type === 'FULL_OBJECT') return
  throw checksumMismatch(upload.algorithm, sent[0])
}

/** S3's refusal of a checksum of the wrong kind. */
function checksumMismatch(expected: ChecksumAlgorithm, actual: ChecksumAlgorithm | undefined): S3Error {
  return new S3Error('InvalidRequest', {
    message:
      `Checksum Type mismatch occurred, expected checksum Type: ${expected.toLowerCase()}, ` +
      `actual checksum Type: ${actual?.toLowerCase() ?? 'null'}`,
  })
}

/** The part number of a request.
 *  @throws InvalidArgument unless it is a whole number from 1 to `partNumberMax` */
export function requirePartNumber(number: number | undefined): number {
  if (number === undefined || !Number.isInteger(number) || number < 1 || number > partNumberMax) {
    throw invalidArgument(
      'partNumber',
      String(number),
      `Part number must be an integer between 1 and ${partNumberMax}, inclusive`,
    )
  }
  return number
}

/** The bytes a part copy takes, `end` excluded: the whole source, or what `x-amz-copy-source-range` names of it.
 *  "The range value must use the form bytes=first-last, where the first and last are the zero-based byte offsets to copy."
 *  @param size of the source in bytes
 *  @throws InvalidArgument for any other form, InvalidRange beyond the source, InvalidRequest for more than a part may have */
export function copyRangeOf(
  header: string | undefined,
  size: number,
): { readonly start: number; readonly end: number } {
  const range = header === undefined ? { start: 0, end: size } : firstToLast(header)
  if (range.end > size) {
    throw new S3Error('InvalidRange', {
      message: `Range specified is not valid for source object of size: ${size}`,
      members: { RangeRequested: header ?? '', ActualObjectSize: String(size) },
    })
  }
  if (range.end - range.start > bodySizeBytesMax) {
    throw new S3Error('InvalidRequest', {
      message: `The specified copy source is larger than the maximum allowable size for a copy source: ${bodySizeBytesMax}`,
    })
  }
  return range
}

function firstToLast(header: string): { start: number; end: number } {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header) ?? []
  if (first === undefined || last === undefined || Number(first) > Number(last)) {
    throw invalidArgument(
      'x-amz-copy-source-range',
      header,
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based ' +
        'offsets of the first and last bytes to copy',
    )
  }
  return { start: Number(first), end: Number(last) + 1 }
}

/** Bytes of an UploadId before its text: ms since 1970 (6), chance (18). */
const uploadIdTimeBytes = 6
const uploadIdBytes = 24

/** Random bytes an UploadId takes. */
export const uploadIdChanceBytes = uploadIdBytes - uploadIdTimeBytes

/** An UploadId: opaque text of 32 characters. It says when it was made, so that a listing can go on after an upload that is gone.
 *  @param initiatedMs since 1970 */
export function writeUploadId(initiatedMs: number, chance: Uint8Array): string {
  const id = Buffer.alloc(uploadIdBytes)
  id.writeUIntBE(initiatedMs, 0, uploadIdTimeBytes)
  id.set(chance.subarray(0, uploadIdChanceBytes), uploadIdTimeBytes)
  return id.toString('base64url')
}

/** When an upload was initiated (ms since 1970), or nothing when the text is no UploadId. */
export function initiatedMsOf(uploadId: string): number | undefined {
  const id = Buffer.from(uploadId, 'base64url')
  return id.length === uploadIdBytes && id.toString('base64url') === uploadId
    ? id.readUIntBE(0, uploadIdTimeBytes)
    : undefined
}

/** A part as CompleteMultipartUpload names it. */
export interface ListedPart {
  readonly number: number
  /** Hex, without quotes. */
  readonly etag: string
  readonly checksums: Checksums
}

/** A part as it was uploaded. */
export interface StoredPart {
  readonly number: number
  /** Bytes. */
  readonly size: number
  /** Its MD5: lower-case hex. */
  readonly etag: string
  /** In the upload's algorithm: hex. */
  readonly checksum: string
}

/** Refuses a list that no upload could be completed with.
 *  @throws MalformedXML when it is empty or longer than `partNumberMax`, InvalidArgument, InvalidPartOrder */
export function requirePartList(uploadId: string, listed: readonly ListedPart[]): void {
  if (listed.length === 0 || listed.length > partNumberMax) throw new S3Error('MalformedXML')
  let before = 0
  for (const { number } of listed) {
    requirePartNumber(number)
    // "The list of parts was not in ascending order. The parts list must be specified in order by part number."
    if (number <= before) throw new S3Error('InvalidPartOrder', { members: { UploadId: uploadId } })
    before = number
  }
}

/** The stored parts that a list names, in order. Both are in ascending order.
 *  @throws InvalidPart for a part that is not there, or whose ETag or checksum is another's; EntityTooSmall for a short part that is not the last */
export function listedParts<Part extends StoredPart>(
  uploadId: string,
  upload: UploadChecksum,
  listed: readonly ListedPart[],
  stored: readonly Part[],
): Part[] {
  const parts: Part[] = []
  let at = 0
  for (const claim of listed) {
    while (at < stored.length && (stored[at]?.number ?? 0) < claim.number) at += 1
    const part = stored[at]
    if (part === undefined || part.number !== claim.number || !isThatPart(part, claim, upload)) {
      throw new S3Error('InvalidPart', {
        members: { UploadId: uploadId, PartNumber: String(claim.number), ETag: claim.etag },
      })
    }
    parts.push(part)
  }
  for (const part of parts.slice(0, -1)) {
    if (part.size < partSizeBytesMin) {
      throw new S3Error('EntityTooSmall', {
        members: {
          ProposedSize: String(part.size),
          MinSizeAllowed: String(partSizeBytesMin),
          PartNumber: String(part.number),
          ETag: part.etag,
        },
      })
    }
  }
  return parts
}

/** Refuses a list without checksums where the upload has a composite one.
 *  @throws InvalidRequest */
export function requireListedChecksums(upload: UploadChecksum, listed: readonly ListedPart[]): void {
  if (!upload.isAsked || upload.type !== 'COMPOSITE') return
  for (const { number, checksums } of listed) {
    if (checksums[upload.algorithm] === undefined) {
      throw new S3Error('InvalidRequest', {
        message:
          `The upload was created using a ${upload.algorithm.toLowerCase()} checksum. The complete request must include ` +
          `the checksum for each part. It was missing for part ${number} in the request.`,
      })
    }
  }
}

/** What a CompleteMultipartUpload says about the whole object. */
export interface ObjectClaims {
  readonly checksums: Checksums
  readonly type?: ChecksumType | undefined
  /** Bytes: `x-amz-mp-object-size`. */
  readonly size?: number | undefined
}

/** Compares what was said about the whole with what came of its parts.
 *  @param checksum the object's, of `partCount` parts
 *  @throws BadDigest, InvalidRequest */
export function requireObjectClaims(claims: ObjectClaims, size: number, checksum: Checksum, partCount: number): void {
  if (claims.size !== undefined && claims.size !== size) {
    throw new S3Error('InvalidRequest', {
      message: `The provided 'x-amz-mp-object-size' header value ${claims.size} does not match what was computed: ${size}`,
    })
  }
  // "If the checksum type doesn't match the checksum type that was specified … it'll result in a BadDigest error."
  if (claims.type !== undefined && claims.type !== checksum.type) {
    throw new S3Error('BadDigest', { message: 'The checksum type does not match the one the upload was created with.' })
  }
  for (const algorithm of checksumAlgorithms) {
    const claimed = claims.checksums[algorithm]
    if (claimed === undefined) continue
    if (algorithm !== checksum.algorithm) throw checksumMismatch(checksum.algorithm, algorithm)
    const suffix = checksum.type === 'COMPOSITE' ? `-${partCount}` : ''
    if (claimed !== checksum.value && `${claimed}${suffix}` !== checksum.value) {
      throw new S3Error('BadDigest', {
        message: `The ${algorithm} you specified did not match the calculated checksum.`,
      })
    }
  }
}

function isThatPart(part: StoredPart, { etag, checksums }: ListedPart, upload: UploadChecksum): boolean {
  if (part.etag !== etag.toLowerCase()) return false
  const claimed = checksums[upload.algorithm]
  if (claimed !== undefined) return claimed === Buffer.from(part.checksum, 'hex').toString('base64')
  // Of another algorithm than the caller chose it cannot be this part's; where nothing was chosen only the ETag counts.
  return !upload.isAsked || checksumAlgorithms.every((algorithm) => checksums[algorithm] === undefined)
}
