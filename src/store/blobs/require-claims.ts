// Compares what a body is with everything its sender said about it.

import { type ChecksumAlgorithm, checksumSizeBytes, type Checksums, type Claims } from '../../contract/claims.js'
import { S3Error } from '../../contract/errors.js'
import { requireBodySize } from '../../contract/request.js'
import type { RawDigests } from './digests.js'

/** Refuses claims that no body could fulfil, before any of it is read.
 *  @throws InvalidDigest for a Content-MD5 that is none, InvalidRequest for such a checksum, EntityTooLarge */
export function requirePossible(claims: Claims): void {
  if (claims.md5 !== undefined && bytesOf(claims.md5, 16) === undefined) {
    throw new S3Error('InvalidDigest', { members: { 'Content-MD5': claims.md5 } })
  }
  requireWellFormed(claims.checksums, 'header')
  if (claims.size !== undefined) requireBodySize(claims.size)
}

/** The checksums to compute: those claimed, the one asked for, and `also`; CRC64NVME when that is none. */
export function algorithmsFor(claims: Claims, also: readonly ChecksumAlgorithm[]): readonly ChecksumAlgorithm[] {
  // The keys of Checksums are algorithms: the type allows no other.
  const claimed = Object.keys(claims.checksums) as ChecksumAlgorithm[]
  const wanted = new Set<ChecksumAlgorithm>(claimed)
  if (claims.algorithm !== undefined) wanted.add(claims.algorithm)
  for (const algorithm of also) wanted.add(algorithm)
  return wanted.size === 0 ? crc64Alone : [...wanted]
}

const crc64Alone = ['CRC64NVME'] as const

/** Compares a body that has been read to its end with its claims.
 *  @param digests holds MD5, everything of `algorithmsFor`, and SHA-256 when `claims.sha256` is there
 *  @returns the checksums, base64
 *  @throws IncompleteBody, BadDigest, XAmzContentSHA256Mismatch, InvalidRequest */
export function requireTrue(
  claims: Claims,
  sizeBytes: number,
  digests: RawDigests,
  algorithms: readonly ChecksumAlgorithm[],
): Checksums {
  requireComplete(claims, sizeBytes)
  if (claims.sha256 !== undefined) {
    const computed = textOf(digests, 'SHA256', 'hex')
    if (computed !== claims.sha256) {
      throw new S3Error('XAmzContentSHA256Mismatch', {
        members: { ClientComputedContentSHA256: claims.sha256, S3ComputedContentSHA256: computed },
      })
    }
  }
  if (claims.md5 !== undefined) {
    const computed = textOf(digests, 'MD5', 'base64')
    if (computed !== claims.md5) {
      throw new S3Error('BadDigest', {
        message: 'The Content-MD5 you specified did not match what we received.',
        members: { ExpectedDigest: claims.md5, CalculatedDigest: computed },
      })
    }
  }
  const checksums: { [Algorithm in ChecksumAlgorithm]?: string } = {}
  for (const algorithm of algorithms) checksums[algorithm] = textOf(digests, algorithm, 'base64')
  requireEqual(claims.checksums, checksums)
  const trailers = claims.trailers()
  requireWellFormed(trailers, 'trailing header')
  requireEqual(trailers, checksums)
  return checksums
}

/** @throws IncompleteBody when the body is shorter, or longer, than was declared */
export function requireComplete(claims: Claims, sizeBytes: number): void {
  if (claims.size !== undefined && claims.size !== sizeBytes) throw new S3Error('IncompleteBody')
}

function requireEqual(claimed: Checksums, computed: Checksums): void {
  for (const name in claimed) {
    const algorithm = name as ChecksumAlgorithm // the keys of Checksums are algorithms
    const value = computed[algorithm]
    if (value === undefined) {
      throw new S3Error('InvalidRequest', { message: `The ${algorithm} checksum was sent without being announced.` })
    }
    if (value !== claimed[algorithm]) {
      throw new S3Error('BadDigest', {
        message: `The ${algorithm} you specified did not match the calculated checksum.`,
      })
    }
  }
}

function requireWellFormed(checksums: Checksums, where: 'header' | 'trailing header'): void {
  for (const name in checksums) {
    const algorithm = name as ChecksumAlgorithm // as above
    if (bytesOf(checksums[algorithm] ?? '', checksumSizeBytes[algorithm]) !== undefined) continue
    throw new S3Error('InvalidRequest', {
      message: `Value for x-amz-checksum-${algorithm.toLowerCase()} ${where} is invalid.`,
    })
  }
}

/** Bytes of canonical base64 of exactly that many bytes, or nothing. */
function bytesOf(base64: string, sizeBytes: number): Uint8Array | undefined {
  const bytes = Buffer.from(base64, 'base64')
  return bytes.length === sizeBytes && bytes.toString('base64') === base64 ? bytes : undefined
}

function textOf(digests: RawDigests, algorithm: ChecksumAlgorithm, encoding: 'hex' | 'base64'): string {
  const digest = digests.get(algorithm)
  if (digest === undefined) throw new Error(`${algorithm} was not computed`)
  return Buffer.from(digest.buffer, digest.byteOffset, digest.length).toString(encoding)
}
