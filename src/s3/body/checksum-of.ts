// Any of S3's ten checksums over bytes that are all there: for XML payloads. Object bodies are hashed while they stream, in the store.

import { hash } from 'node:crypto'
import { crc32, crc32c } from '@node-rs/crc32'
import { createCRC64, createXXHash128, createXXHash3, createXXHash64 } from 'hash-wasm'
import type { ChecksumAlgorithm } from '../../contract/claims.js'

/** Reversed polynomial of CRC-64/NVME. Source: NVM Express command set specification; hash-wasm takes it as hex. */
const crc64NvmePolynomial = '9a6c9329ac4bc9b5'

/** The checksum of `bytes`, base64 as in `x-amz-checksum-…`. */
export async function checksumOf(algorithm: ChecksumAlgorithm, bytes: Uint8Array): Promise<string> {
  switch (algorithm) {
    case 'CRC32':
      return bigEndian(crc32(bytes))
    case 'CRC32C':
      return bigEndian(crc32c(bytes))
    case 'CRC64NVME':
      return wasm(await createCRC64(crc64NvmePolynomial), bytes)
    case 'XXHASH64':
      return wasm(await createXXHash64(), bytes)
    case 'XXHASH3':
      return wasm(await createXXHash3(), bytes)
    case 'XXHASH128':
      return wasm(await createXXHash128(), bytes)
    case 'MD5':
    case 'SHA1':
    case 'SHA256':
    case 'SHA512':
      return hash(algorithm.toLowerCase(), bytes, 'base64')
  }
}

function bigEndian(crc: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc)
  return bytes.toString('base64')
}

function wasm(hasher: Awaited<ReturnType<typeof createCRC64>>, bytes: Uint8Array): string {
  return Buffer.from(hasher.init().update(bytes).digest('binary')).toString('base64')
}
