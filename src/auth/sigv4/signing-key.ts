// Signing keys: derived from a secret for one day, region and service, kept while they are in use, and ready to sign at the cost of two hashes.

import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../secret.js'

const blockSizeBytes = 64
const digestSizeBytes = 32

/** Texts to sign are near 140 bytes; longer ones (a policy) get a buffer of their own. */
const scratchTextSizeBytes = 1024
const scratch = Buffer.alloc(blockSizeBytes + scratchTextSizeBytes)

/** The part of `scratch` that was hashed last: most texts are equally long, and a view takes longer to make than to hash. */
let scratchView = scratch

function viewOfScratch(sizeBytes: number): Buffer {
  if (scratchView.length !== sizeBytes) scratchView = scratch.subarray(0, sizeBytes)
  return scratchView
}

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
    const sizeBytes = blockSizeBytes + text.length
    const message = isShort ? viewOfScratch(sizeBytes) : Buffer.alloc(sizeBytes)
    message.set(this.#inner)
    message.write(text, blockSizeBytes, 'latin1')
    // As text a digest leaves OpenSSL in half the time it takes as a buffer.
    const inner = hash('sha256', message, 'binary')
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
  /** What was asked for last: most likely what is asked for next. */
  #last:
    | { readonly accessKeyId: string; readonly secret: Secret; readonly day: string; readonly key: SigningKey }
    | undefined

  constructor(region: string, service: string) {
    this.#region = region
    this.#service = service
  }

  /** @param day "20261121"; only days that passed the clock's checks may come here, so that nobody can fill the cache with others */
  get(accessKeyId: string, secret: Secret, day: string): SigningKey {
    const last = this.#last
    if (last?.secret === secret && last.day === day && last.accessKeyId === accessKeyId) return last.key
    const name = `${day}/${accessKeyId}`
    const known = this.#kept.get(name)
    // Another secret object under the same id is a changed key.
    const key = known?.secret === secret ? known.key : signingKey(secret, day, this.#region, this.#service)
    this.#kept.delete(name)
    this.#kept.set(name, { secret, key })
    if (this.#kept.size > cachedKeysMax) this.#dropLongestUnused()
    this.#last = { accessKeyId, secret, day, key }
    return key
  }

  #dropLongestUnused(): void {
    const first = this.#kept.keys().next()
    if (first.done !== true) this.#kept.delete(first.value)
  }
}

/** One character a byte. Most signatures are 64 hex digits; those of Version 2 and others are of other lengths. */
const computedBytes = Buffer.alloc(2 * digestSizeBytes)
const providedBytes = Buffer.alloc(2 * digestSizeBytes)

/** Compares signatures without telling by its duration where they differ. */
export function isSameSignature(computed: string, provided: string): boolean {
  if (computed.length !== provided.length) return false
  if (computed.length !== computedBytes.length) {
    return timingSafeEqual(Buffer.from(computed, 'latin1'), Buffer.from(provided, 'latin1'))
  }
  computedBytes.write(computed, 'latin1')
  providedBytes.write(provided, 'latin1')
  return timingSafeEqual(computedBytes, providedBytes)
}
