// What a caller says about the bytes it sends. Each claim is compared before anything is named.

/** S3's ten checksum algorithms. Source: AWS API reference, "Checking object integrity" (2026). */
export const checksumAlgorithms = [
  'CRC32',
  'CRC32C',
  'CRC64NVME',
  'SHA1',
  'SHA256',
  'MD5',
  'SHA512',
  'XXHASH64',
  'XXHASH3',
  'XXHASH128',
] as const

/** One of `checksumAlgorithms`. */
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number]

/** Bytes of each algorithm's value. */
export const checksumSizeBytes: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
  MD5: 16,
  SHA512: 64,
  XXHASH64: 8,
  XXHASH3: 8,
  XXHASH128: 16,
}

/** Whether a checksum is over the whole object's bytes or over the concatenated checksums of its parts. */
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE'

/** Checksum values by algorithm, base64 as in S3's `x-amz-checksum-…` headers. */
export type Checksums = { readonly [Algorithm in ChecksumAlgorithm]?: string }

/** A checksum as kept with a version. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm
  readonly type: ChecksumType
  /** Base64; a COMPOSITE value carries S3's `-N` suffix. */
  readonly value: string
}

/** Everything a caller said about a payload. */
export interface Claims {
  /** Length in bytes after decoding, when it was declared. */
  readonly size?: number | undefined
  /** `Content-MD5`, base64. */
  readonly md5?: string | undefined
  /** `x-amz-content-sha256`, 64 lower-case hex digits, when it is a digest; a mismatch is XAmzContentSHA256Mismatch. */
  readonly sha256?: string | undefined
  /** From headers. */
  readonly checksums: Checksums
  /** The algorithm asked for by `x-amz-sdk-checksum-algorithm` or announced by `x-amz-trailer`. */
  readonly algorithm?: ChecksumAlgorithm | undefined
  /** From trailers; complete once the payload has ended, throws before that. */
  trailers(): Checksums
}
