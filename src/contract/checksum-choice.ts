// Which checksum an object keeps, when the caller had a say in it. Pure.

import { checksumAlgorithms, type ChecksumAlgorithm, type Claims } from './claims.js'

/** What S3 computes when nobody says otherwise. Source: S3 User Guide, "Checking object integrity" */
const defaultChecksumAlgorithm: ChecksumAlgorithm = 'CRC64NVME'

/** The algorithm of the checksum that was sent, else the one asked for, else S3's default. To be asked once the payload has ended. */
export function claimedAlgorithm(claims: Claims): ChecksumAlgorithm {
  const sent = { ...claims.trailers(), ...claims.checksums }
  return (
    checksumAlgorithms.find((algorithm) => sent[algorithm] !== undefined) ??
    claims.algorithm ??
    defaultChecksumAlgorithm
  )
}

/** One of S3's algorithms by the text of a header, or nothing. */
export const algorithmNamed = (name: string | undefined): ChecksumAlgorithm | undefined =>
  checksumAlgorithms.find((algorithm) => algorithm === name)
