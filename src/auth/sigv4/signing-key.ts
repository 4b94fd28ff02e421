// Signing keys: derived from a secret for one day, region and service, kept while they are in use, and ready to sign at the cost of two hashes.

import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../secret.js'

const blockSizeBytes = 64
const digestSizeBytes = 32

/** Texts to sign are near 140 bytes; longer ones (a policy) get a buffer of their own. */
const scratchTextSizeBytes = 1024
const scratch = Buffer.alloc(blockSizeBytes + scratchTextSizeBytes)

/** HMAC-SHA256 with its two padded blocks made beforehand. Source: RFC 2104. */
export class SigningKey {
  /** The derived key itself, 32 bytes: seed of chunk signatures. */
  readonly bytes: Uint8Array
  readonly #inner = Buffer.alloc(blockSizeBytes, 0x36)
  readonly #outer = Buffer.alloc(blockSizeBytes + digestSizeBytes, 0x5c)

  /** @param bytes 32 bytes */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    bytes.forEach((byte, at) => {
      this.#inner[at] = byte ^ 0x36
      this.#outer[at] = byte ^ 0x5c
    })
  }

  /** The signature of a text of one character a byte: 64 lower-case hex digits. */
  sign(text: string): string {
    const isShort = text.length <= scratchTextSizeBytes
    const message = isShort ? scratch : Buffer.alloc(blockSizeBytes + text.length)
    this.#inner.copy(message)
    message.write(text, blockSizeBytes, 'latin1')
    // As text a digest leaves OpenSSL in half the time it takes as a buffer.
    const inner = hash('sha256', message.subarray(0, blockSizeBytes + text.length), 'binary')
    this.#outer.write(inner, blockSizeBytes, 'latin1')
    return hash('sha256', this.#outer, 'hex')
  }
}

/** Derives a signing key.
 *  AWS: "HMAC-SHA256(HMAC-SHA256(HMAC-SHA256(HMAC-SHA256("AWS4"+<SecretAccessKey>, <yyyymmdd>), <aws-region>), <aws-service>), "aws4_request")" */
export function signingKey(secret: Secret, day: string, region: string, service: string): SigningKey {
  const ofDay = hmac(`AWS4${secret.reveal()}`, day)
  const ofRegion = hmac(ofDay, region)
  const ofService = hmac(ofRegion, service)
  return new SigningKey(hmac(ofService, 'aws4_request'))
}

function hmac(key: string | Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

/** Keys kept at once. A key is asked for on at most nine days (presigned requests live for seven), mostly one. */
const cachedKeysMax = 4096

/** Remembers signing keys by access key id and day, for one region and service; the longest unused goes first. */
export class SigningKeys {
  readonly #region: string
  readonly #service: string
  readonly #kept = new Map<string, { readonly secret: Secret; readonly key: SigningKey }>()

  constructor(region: string, service: string) {
    this.#region = region
    this.#service = service
  }

  /** @param day "20261121"; only days that passed the clock's checks may come here, so that nobody can fill the cache with others */
  get(accessKeyId: string, secret: Secret, day: string): SigningKey {
    const name = `${day}/${accessKeyId}`
    const known = this.#kept.get(name)
    // Another secret object under the same id is a changed key.
    const key = known?.secret === secret ? known.key : signingKey(secret, day, this.#region, this.#service)
    this.#kept.delete(name)
    this.#kept.set(name, { secret, key })
    if (this.#kept.size > cachedKeysMax) this.#dropLongestUnused()
    return key
  }

  #dropLongestUnused(): void {
    const first = this.#kept.keys().next()
    if (first.done !== true) this.#kept.delete(first.value)
  }
}

/** Compares signatures without telling by its duration where they differ. */
export function isSameSignature(computed: string, provided: string): boolean {
  if (computed.length !== provided.length) return false
  return timingSafeEqual(Buffer.from(computed, 'latin1'), Buffer.from(provided, 'latin1'))
}
