// Checksums as the SDK's shapes carry them: a member of its own for each algorithm.

import { checksumAlgorithms, type ChecksumAlgorithm, type Checksums } from './claims.js'

/** `ChecksumCRC32`, `ChecksumSHA256`, … : base64. */
export type ChecksumMembers = { [Algorithm in ChecksumAlgorithm as `Checksum${Algorithm}`]?: string | undefined }

/** The checksum values among an input's members. */
export function checksumsIn(input: ChecksumMembers): Checksums {
  const found: { [Algorithm in ChecksumAlgorithm]?: string } = {}
  for (const algorithm of checksumAlgorithms) {
    const value = input[`Checksum${algorithm}`]
    if (value !== undefined) found[algorithm] = value
  }
  return found
}

/** The member of an output that tells a checksum: base64, or raw bytes. */
export const checksumMember = (
  algorithm: ChecksumAlgorithm,
  value: string | Uint8Array | undefined,
): ChecksumMembers => ({
  [`Checksum${algorithm}`]: value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
})

/** A checksum that was computed, as raw bytes in memory of their own. Throws a plain Error when it was not. */
export function rawChecksum(checksums: Checksums, algorithm: ChecksumAlgorithm): Uint8Array {
  const value = checksums[algorithm]
  if (value === undefined) throw new Error(`${algorithm} was not computed`)
  return Uint8Array.from(Buffer.from(value, 'base64'))
}
