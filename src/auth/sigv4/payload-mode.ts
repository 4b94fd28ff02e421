// How a payload is protected: the values of x-amz-content-sha256.

import { S3Error } from '../../contract/errors.js'
import type { ChunkSeed, PayloadMode } from '../caller.js'

/** Reads x-amz-content-sha256.
 *  @param seed asked for when chunk signatures follow
 *  @throws InvalidArgument, NotImplemented (signatures by ECDSA)
 *  Source: AWS SigV4, "Authenticating Requests: Using the Authorization Header", table of x-amz-content-sha256 */
export function payloadMode(value: string, seed: () => ChunkSeed): PayloadMode {
  switch (value) {
    case 'UNSIGNED-PAYLOAD':
      return { kind: 'unsigned' }
    case 'STREAMING-UNSIGNED-PAYLOAD-TRAILER':
      return { kind: 'chunks-unsigned', hasTrailer: true }
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD':
      return { kind: 'chunks-signed', hasTrailer: false, seed: seed() }
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER':
      return { kind: 'chunks-signed', hasTrailer: true, seed: seed() }
  }
  if (isSha256Hex(value)) return { kind: 'digest', sha256: value.toLowerCase() }
  if (value.startsWith('STREAMING-AWS4-ECDSA-P256-SHA256-')) {
    throw new S3Error('NotImplemented', {
      message: 'Signature Version 4A is not supported. Please use AWS4-HMAC-SHA256.',
    })
  }
  throw new S3Error('InvalidArgument', {
    message:
      'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, ' +
      'STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.',
    members: { ArgumentName: 'x-amz-content-sha256', ArgumentValue: value },
  })
}

function isSha256Hex(value: string): boolean {
  if (value.length !== 64) return false
  for (let at = 0; at < 64; at++) {
    const code = value.charCodeAt(at)
    const isHex = (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66) || (code >= 0x41 && code <= 0x46)
    if (!isHex) return false
  }
  return true
}
