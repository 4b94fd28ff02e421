// What the listings share: page sizes, where a page begins and ends on bytes, common prefixes, tokens, encoding-type.
// Pure. Keys are ordered as UTF-8 bytes, which JavaScript's string order is not: nothing here compares strings.

import { crc32 } from 'node:zlib'
import { S3Error } from './errors.js'

/** Entries of a page (keys, versions, uploads, parts; common prefixes count too). Source: AWS API reference, ListObjectsV2. */
const pageEntriesMax = 1000

/** Layout of continuation tokens; another number is another layout. */
const tokenVersion = 1

/** Bytes before the key in a token: its version and a CRC32 of what follows. */
const tokenHeadBytes = 5

/** Sorts after every key: UTF-8 never has this byte. */
const afterEveryKey: Uint8Array = Uint8Array.of(0xff)

/** What part of a bucket is listed, and from where on. */
export interface Bounds {
  /** The first key that may be listed, UTF-8. */
  readonly from: Uint8Array
  /** The first key that may no longer be, UTF-8 (or 0xFF). */
  readonly end: Uint8Array
}

/** How many entries a page may have: what was asked for, at most `pageEntriesMax`, which is also the default.
 *  @param name of the parameter, for the refusal ("max-keys")
 *  @throws InvalidArgument for what is no whole number from 0 to 2^31 - 1 */
export function pageSize(name: string, asked: number | undefined): number {
  if (asked === undefined) return pageEntriesMax
  if (!Number.isInteger(asked) || asked < 0 || asked > 2_147_483_647) {
    throw invalidArgument(name, String(asked), `Argument ${name} must be an integer between 0 and 2147483647`)
  }
  return Math.min(asked, pageEntriesMax)
}

/** The first byte string that sorts after every one that begins with `prefix`. */
export function prefixEnd(prefix: Uint8Array): Uint8Array {
  let length = prefix.length
  while (length > 0 && prefix[length - 1] === 0xff) length -= 1
  if (length === 0) return afterEveryKey
  const end = Uint8Array.from(prefix.subarray(0, length))
  end[length - 1] = (end[length - 1] ?? 0) + 1
  return end
}

/** The common prefix that `key` is rolled up into, or nothing. `key` must begin with `prefix`.
 *  "CommonPrefixes contains all (if there are any) keys between Prefix and the next occurrence of the string specified by the delimiter." */
export function commonPrefixOf(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined
  // In well-formed text a match of UTF-16 units is a match of UTF-8 bytes.
  const at = key.indexOf(delimiter, prefix.length)
  return at < 0 ? undefined : key.slice(0, at + delimiter.length)
}

/** Where a page begins and ends.
 *  @param after the key or common prefix after which to go on: where it lies in a common prefix, after all of that.
 *  Source: ListObjects' Marker ("Amazon S3 starts listing after this specified key"); S3 does not list a prefix again that the marker is in. */
export function boundsOf(prefix: string, delimiter: string, after: string | undefined): Bounds {
  const first = Buffer.from(prefix, 'utf8')
  const end = prefixEnd(first)
  if (after === undefined || after === '') return { from: first, end }
  const passed = after.startsWith(prefix) ? commonPrefixOf(after, prefix, delimiter) : undefined
  const from = passed === undefined ? Buffer.from(`${after}\0`, 'utf8') : prefixEnd(Buffer.from(passed, 'utf8'))
  return { from: Buffer.compare(from, first) > 0 ? from : first, end }
}

/** A continuation token: opaque to clients, safe in a URL, for going on after `last` (a key or a common prefix). */
export function writeToken(last: string): string {
  const key = Buffer.from(last, 'utf8')
  const token = Buffer.alloc(tokenHeadBytes + key.length)
  token[0] = tokenVersion
  token.writeUInt32BE(crc32(key), 1)
  token.set(key, tokenHeadBytes)
  return token.toString('base64url')
}

/** The key or common prefix a token stands for.
 *  @throws InvalidArgument when it is none of ours, or damaged */
export function readToken(text: string): string {
  const token = Buffer.from(text, 'base64url')
  const key = token.subarray(tokenHeadBytes)
  // The text is compared too: decoding base64url ignores characters that do not belong to it.
  const isOurs =
    token.length > tokenHeadBytes &&
    token[0] === tokenVersion &&
    token.readUInt32BE(1) === crc32(key) &&
    token.toString('base64url') === text
  if (!isOurs) throw invalidArgument('continuation-token', text, 'The continuation token provided is incorrect')
  return key.toString('utf8')
}

/** What turns keys, prefixes, delimiters and markers into what the answer carries. "encoding-type=url" is for keys XML 1.0 cannot carry.
 *  A space becomes %20: S3 writes "+" (measured, 2026), but %20 is what every decoder reads, those that take "+" for a plus too.
 *  @throws InvalidArgument for any other encoding */
export function encoderFor(encodingType: string | undefined): (text: string) => string {
  if (encodingType === undefined || encodingType === '') return plain
  if (encodingType === 'url') return urlEncoded
  throw invalidArgument('encoding-type', encodingType, 'Invalid Encoding Method specified in Request')
}

/** Refuses attributes that do not exist. RestoreStatus is accepted, and absent from every entry: nothing here is ever archived.
 *  @throws InvalidArgument */
export function requireKnownAttributes(asked: readonly string[] | undefined): void {
  for (const name of asked ?? []) {
    if (name !== 'RestoreStatus') {
      throw invalidArgument('x-amz-optional-object-attributes', name, 'Invalid attribute name specified')
    }
  }
}

/** A time as S3 lists it, in whole seconds: the same that Last-Modified tells. `ms` since 1970. */
export const listedTime = (ms: number): Date => new Date(ms - (ms % 1000))

/** An InvalidArgument as S3 words it. */
export function invalidArgument(name: string, value: string, message: string): S3Error {
  return new S3Error('InvalidArgument', { message, members: { ArgumentName: name, ArgumentValue: value } })
}

const plain = (text: string): string => text

const needsNoEncoding = /^[\w\-./~*]*$/

function urlEncoded(text: string): string {
  if (needsNoEncoding.test(text)) return text
  // "For example, the object test_file(3).png will appear as test_file%283%29.png."
  return encodeURIComponent(text).replaceAll(/%2F|[!'()]/g, (found) =>
    found === '%2F' ? '/' : `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
