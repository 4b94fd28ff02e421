// Secrets that have to be read again (access keys, sessions) are kept sealed: AES-256-GCM under the master key. A sealed text says nothing,
// cannot be changed unnoticed, and opens only as what it was sealed as.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'

/** Bytes of a master key. */
const masterKeySizeBytes = 32

/** NIST SP 800-38D, 8.3: with random nonces of 96 bits one key may seal 2^32 texts. Keys and sessions of a server are far fewer. */
const nonceSizeBytes = 12
const tagSizeBytes = 16

/** First byte of everything sealed: how it was. */
const format = 1

/** Seals and opens. */
export interface Sealer {
  /** @param aad what the bytes are, and whose ("access key AKIA…"): the same text opens them, no other does */
  seal(plain: Uint8Array, aad: string): Uint8Array
  /** @throws SealBroken when it was sealed under another key, as something else, or has been changed */
  open(sealed: Uint8Array, aad: string): Uint8Array
}

/** Something does not open. Which of the reasons it was nobody can tell. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken'

  constructor(aad: string, cause?: unknown) {
    super(`What was sealed as ${aad.split(' ', 2).join(' ')} does not open under this master key`, { cause })
  }
}

/** The key everything is sealed under. What logs, errors and JSON show of it is a placeholder. */
export class MasterKey {
  readonly #bytes: Uint8Array

  /** @param bytes 32 of them */
  constructor(bytes: Uint8Array) {
    if (bytes.length !== masterKeySizeBytes) throw new Error(`A master key has ${masterKeySizeBytes} bytes`)
    this.#bytes = Uint8Array.from(bytes)
  }

  /** A new one. */
  static random(): MasterKey {
    return new MasterKey(randomBytes(masterKeySizeBytes))
  }

  /** As base64: for its file, and for the channel to a process of this server. */
  reveal(): string {
    return Buffer.from(this.#bytes).toString('base64')
  }

  /** The key of what `reveal` told. */
  static of(text: string): MasterKey {
    return new MasterKey(Buffer.from(text, 'base64'))
  }

  sealer(): Sealer {
    const key = this.#bytes
    return {
      seal(plain, aad) {
        const nonce = randomBytes(nonceSizeBytes)
        const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagSizeBytes })
        cipher.setAAD(Buffer.from(aad, 'utf8'))
        const body = [cipher.update(plain), cipher.final()]
        return Buffer.concat([Uint8Array.of(format), nonce, ...body, cipher.getAuthTag()])
      },
      open(sealed, aad) {
        if (sealed.length < 1 + nonceSizeBytes + tagSizeBytes || sealed[0] !== format) throw new SealBroken(aad)
        const nonce = sealed.subarray(1, 1 + nonceSizeBytes)
        const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagSizeBytes })
        decipher.setAAD(Buffer.from(aad, 'utf8'))
        decipher.setAuthTag(sealed.subarray(-tagSizeBytes))
        try {
          const body = sealed.subarray(1 + nonceSizeBytes, -tagSizeBytes)
          return Buffer.concat([decipher.update(body), decipher.final()])
        } catch (cause) {
          throw new SealBroken(aad, cause)
        }
      },
    }
  }

  toString(): string {
    return '[master key]'
  }

  toJSON(): string {
    return '[master key]'
  }

  [inspect.custom](): string {
    return '[master key]'
  }
}

/** What an access key's secret is sealed as. */
export const secretPurpose = (accessKeyId: string): string => `access key ${accessKeyId}`
