// Are ETag and checksums of versions and parts those of their bytes? A row that points at the wrong bytes is found by this alone. Pure.

import { algorithmNamed } from '../contract/checksum-choice.js'
import type { ChecksumAlgorithm } from '../contract/claims.js'
import { combineCrc } from '../contract/crc.js'
import { md5ETag } from '../contract/etag.js'
import { digestOf, type RawDigests } from './blobs/digests.js'
import type { BodyName, StoredPartRow } from './catalog/stored-bodies.js'

/** A name that is not that of its bytes. */
export interface WrongName {
  readonly name: BodyName
  readonly isETagWrong: boolean
  /** False too where there is none, or none that can be judged. */
  readonly isChecksumWrong: boolean
  /** Whether a checksum says that the bytes are right though the ETag is not. */
  readonly isChecksumRight: boolean
  /** What the bytes say. */
  readonly etag: string
  /** In the form of the name's; null where it has none. */
  readonly checksum: string | null
}

/** The algorithms it takes to judge the names of a small or plain body. */
export function algorithmsOf(names: readonly BodyName[]): readonly ChecksumAlgorithm[] {
  if (names.length === 0) return []
  const algorithms = new Set<ChecksumAlgorithm>(['MD5'])
  for (const { algorithm } of names) {
    const known = algorithmNamed(algorithm ?? undefined)
    if (known !== undefined) algorithms.add(known)
  }
  return [...algorithms]
}

/** The names of a small or plain body that are not those of its bytes.
 *  @param digests of the bytes, in `algorithmsOf(names)` */
export function wrongNames(names: readonly BodyName[], digests: RawDigests): WrongName[] {
  const etag = md5ETag(digests.get('MD5') ?? new Uint8Array(0))
  return names.flatMap((name) => {
    const algorithm = algorithmNamed(name.algorithm ?? undefined)
    const raw = algorithm && name.type === 'FULL_OBJECT' ? digests.get(algorithm) : undefined
    return judged(name, etag, raw && textOf(raw, name))
  })
}

/** The names of a composite body that are not those of its parts, whose own are judged by themselves.
 *  @param fullDigest the digest of all bytes in an algorithm, or nothing when they cannot be read; asked only where it does not follow from the parts */
export async function wrongCompositeNames(
  names: readonly BodyName[],
  parts: readonly StoredPartRow[],
  fullDigest: (algorithm: ChecksumAlgorithm) => Promise<Uint8Array | undefined>,
): Promise<WrongName[]> {
  const etag = `${md5ETag(digestOf('MD5', Buffer.concat(parts.map(({ md5 }) => md5))))}-${parts.length}`
  const wrong: WrongName[] = []
  for (const name of names) {
    const algorithm = algorithmNamed(name.algorithm ?? undefined)
    const checksum = algorithm && (await compositeChecksum(algorithm, name, parts, fullDigest))
    wrong.push(...judged(name, etag, checksum))
  }
  return wrong
}

async function compositeChecksum(
  algorithm: ChecksumAlgorithm,
  name: BodyName,
  parts: readonly StoredPartRow[],
  fullDigest: (algorithm: ChecksumAlgorithm) => Promise<Uint8Array | undefined>,
): Promise<string | undefined> {
  const areAlike = parts.every((part) => part.algorithm === algorithm)
  if (name.type === 'COMPOSITE') {
    if (!areAlike) return undefined
    const checksums = Buffer.concat(parts.map(({ checksum }) => checksum))
    return `${textOf(digestOf(algorithm, checksums), name)}-${parts.length}`
  }
  if (areAlike && (algorithm === 'CRC32' || algorithm === 'CRC32C' || algorithm === 'CRC64NVME')) {
    return textOf(
      combineCrc(
        algorithm,
        parts.map(({ checksum, size }) => ({ value: checksum, size })),
      ),
      name,
    )
  }
  const digest = await fullDigest(algorithm)
  return digest && textOf(digest, name)
}

function judged(name: BodyName, etag: string, checksum: string | undefined): WrongName[] {
  const isETagWrong = name.etag !== etag
  const isKnown = name.checksum !== null && checksum !== undefined
  const isChecksumWrong = isKnown && name.checksum !== checksum
  if (!isETagWrong && !isChecksumWrong) return []
  const isChecksumRight = isKnown && !isChecksumWrong
  return [{ name, isETagWrong, isChecksumWrong, isChecksumRight, etag, checksum: checksum ?? null }]
}

const textOf = (digest: Uint8Array, { of }: BodyName): string =>
  Buffer.from(digest).toString(of === 'part' ? 'hex' : 'base64')
