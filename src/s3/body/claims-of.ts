// What a request's headers say about its payload, checked for form. Whether it is true is seen when the bytes are there.

import { checksumAlgorithms, checksumSizeBytes, type ChecksumAlgorithm, type Checksums } from '../../contract/claims.js'
import { S3Error } from '../../contract/errors.js'
import type { HttpRequest } from '../../contract/request.js'

type Headers = HttpRequest['headers']

/** The part of `Claims` that stands in headers. */
export interface HeaderClaims {
  readonly md5: string | undefined
  readonly checksums: Checksums
  readonly algorithm: ChecksumAlgorithm | undefined
  /** Names of the trailers announced by x-amz-trailer, lower-case. */
  readonly announced: readonly string[]
}

const md5SizeBytes = 16

const checksumHeaderPrefix = 'x-amz-checksum-'

/** Algorithms by the header or trailer that carries their value. */
const algorithmByHeader: ReadonlyMap<string, ChecksumAlgorithm> = new Map(
  checksumAlgorithms.map((algorithm) => [`${checksumHeaderPrefix}${algorithm.toLowerCase()}`, algorithm]),
)

/** Headers of the same prefix that carry no value. */
const notValues = new Set(['x-amz-checksum-algorithm', 'x-amz-checksum-mode', 'x-amz-checksum-type'])

const nothingClaimed: HeaderClaims = { md5: undefined, checksums: {}, algorithm: undefined, announced: [] }

/** Reads Content-MD5, x-amz-checksum-…, x-amz-trailer and x-amz-sdk-checksum-algorithm.
 *  @throws InvalidDigest, InvalidRequest
 *  Source: AWS, "Checking object integrity"; sentences as S3 answers them, measured */
export function claimsOfHeaders(headers: Headers, hasPayloadChecksums: boolean): HeaderClaims {
  const md5 = headers['content-md5']
  if (md5 !== undefined && !isBase64Of(md5, md5SizeBytes)) throw new S3Error('InvalidDigest')
  if (!hasPayloadChecksums) return { ...nothingClaimed, md5 }

  const checksums = checksumsOf(headers)
  const announced = announcedTrailers(headers)
  const [claimed] = Object.keys(checksums)
  const trailerAlgorithms = announced.flatMap((name) => algorithmByHeader.get(name) ?? [])
  if (trailerAlgorithms.length + (claimed === undefined ? 0 : 1) > 1) throw multipleChecksums()

  const requested = requestedAlgorithm(headers)
  if (requested !== undefined && claimed === undefined && announced.length === 0) {
    throw new S3Error('InvalidRequest', {
      message:
        'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    })
  }
  // The SDK for JavaScript names its default beside a value of another algorithm that its caller gave: the value counts.
  const algorithm = trailerAlgorithms[0] ?? (requested === claimed ? requested : undefined)
  return { md5, checksums, algorithm, announced }
}

/** The checksums among trailers.
 *  @throws InvalidRequest when a value is none of its algorithm */
export function checksumsOfTrailers(trailers: ReadonlyMap<string, string>): Checksums {
  const checksums: { [Algorithm in ChecksumAlgorithm]?: string } = {}
  for (const [name, value] of trailers) {
    const algorithm = algorithmByHeader.get(name)
    if (algorithm !== undefined) checksums[algorithm] = requireChecksum(name, algorithm, value)
  }
  return checksums
}

function checksumsOf(headers: Headers): Checksums {
  let found: Checksums | undefined
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || !name.startsWith(checksumHeaderPrefix) || notValues.has(name)) continue
    const algorithm = algorithmByHeader.get(name)
    if (algorithm === undefined) {
      throw new S3Error('InvalidRequest', {
        message: 'The algorithm type you specified in x-amz-checksum- header is invalid.',
      })
    }
    if (found !== undefined) throw multipleChecksums()
    found = { [algorithm]: requireChecksum(name, algorithm, value) }
  }
  return found ?? nothingClaimed.checksums
}

function announcedTrailers(headers: Headers): readonly string[] {
  const text = headers['x-amz-trailer']
  if (text === undefined) return nothingClaimed.announced
  const names = text.split(',').map((name) => name.trim().toLowerCase())
  for (const name of names) {
    if (!algorithmByHeader.has(name)) {
      throw new S3Error('InvalidRequest', {
        message: 'The value specified in the x-amz-trailer header is not supported',
      })
    }
  }
  return names
}

/** The algorithm the SDK says it used. */
function requestedAlgorithm(headers: Headers): ChecksumAlgorithm | undefined {
  const text = headers['x-amz-sdk-checksum-algorithm']
  if (text === undefined) return undefined
  const algorithm = checksumAlgorithms.find((known) => known === text.toUpperCase())
  if (algorithm === undefined) {
    throw new S3Error('InvalidRequest', {
      message: 'Value for x-amz-sdk-checksum-algorithm header is invalid.',
    })
  }
  return algorithm
}

function requireChecksum(name: string, algorithm: ChecksumAlgorithm, value: string): string {
  if (isBase64Of(value, checksumSizeBytes[algorithm])) return value
  throw new S3Error('InvalidRequest', { message: `Value for ${name} header is invalid.` })
}

function multipleChecksums(): S3Error {
  return new S3Error('InvalidRequest', {
    message: 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
  })
}

/** Whether a text is the one base64 form of so many bytes: no line breaks, no other alphabet, no bits beyond the last byte. */
function isBase64Of(text: string, sizeBytes: number): boolean {
  if (text.length !== Math.ceil(sizeBytes / 3) * 4) return false
  return Buffer.from(text, 'base64').toString('base64') === text
}
