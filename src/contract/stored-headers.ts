// What of a write's headers is kept with a version and told again by every read of it. Pure.

import { S3Error } from './errors.js'

/** Bytes of all names and values of user metadata. "The user-defined metadata is limited to 2 KB in size. The size of user-defined metadata
 *  is measured by taking the sum of the number of bytes in the UTF-8 encoding of each key and value." S3 User Guide, "Working with object
 *  metadata". */
const metadataSizeBytesMax = 2 * 1024

/** What S3 tells of an object whose writer said nothing. */
export const defaultContentType = 'binary/octet-stream'

/** As kept; all that is absent was not given. Members are named as in the SDK. */
export interface StoredHeaders {
  readonly CacheControl?: string
  readonly ContentDisposition?: string
  readonly ContentEncoding?: string
  readonly ContentLanguage?: string
  readonly ContentType?: string
  /** The header's own text, a date or not. */
  readonly ExpiresString?: string
  /** Names in lower case, without "x-amz-meta-". */
  readonly Metadata?: Readonly<Record<string, string>>
}

/** The members of a write's input that are kept. */
export interface HeaderInput {
  readonly CacheControl?: string | undefined
  readonly ContentDisposition?: string | undefined
  readonly ContentEncoding?: string | undefined
  readonly ContentLanguage?: string | undefined
  readonly ContentType?: string | undefined
  readonly Expires?: Date | undefined
  readonly ExpiresString?: string | undefined
  readonly Metadata?: Record<string, string> | undefined
}

const texts = ['CacheControl', 'ContentDisposition', 'ContentEncoding', 'ContentLanguage', 'ContentType'] as const

/** The headers of a PutObject, CreateMultipartUpload or (replacing) CopyObject as JSON for the catalog; nothing when there are none.
 *  @throws MetadataTooLarge */
export function headersJson(input: HeaderInput): string | null {
  const kept: { -readonly [Member in keyof StoredHeaders]: StoredHeaders[Member] } = {}
  let isEmpty = true
  for (const member of texts) {
    const text = input[member]
    if (text === undefined || text === '') continue
    kept[member] = text
    isEmpty = false
  }
  const expires = input.ExpiresString ?? input.Expires?.toUTCString()
  if (expires !== undefined && expires !== '') {
    kept.ExpiresString = expires
    isEmpty = false
  }
  const metadata = metadataOf(input.Metadata)
  if (metadata !== undefined) {
    kept.Metadata = metadata
    isEmpty = false
  }
  return isEmpty ? null : JSON.stringify(kept)
}

const nothing: StoredHeaders = {}

/** The reverse of `headersJson`. */
export const headersOfJson = (json: string | null): StoredHeaders =>
  // Only `headersJson` writes the column.
  json === null ? nothing : (JSON.parse(json) as StoredHeaders)

/** @throws MetadataTooLarge */
function metadataOf(given: Record<string, string> | undefined): Record<string, string> | undefined {
  if (given === undefined) return undefined
  const entries = Object.entries(given).map(([name, value]): [string, string] => [name.toLowerCase(), decoded(value)])
  if (entries.length === 0) return undefined
  const size = entries.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0)
  if (size > metadataSizeBytesMax) {
    throw new S3Error('MetadataTooLarge', {
      members: { Size: String(size), MaxSizeAllowed: String(metadataSizeBytesMax) },
    })
  }
  // Makes own properties whatever their names.
  return Object.fromEntries(entries)
}

/** RFC 2047: "=?charset?encoding?encoded-text?=", in base64 or quoted-printable. */
const encodedWord = /=\?([\w-]+)\?([BQ])\?([^?\s]*)\?=/gi

/** "white space between adjacent 'encoded-word's is ignored". RFC 2047, 6.2. */
const betweenWords = /(\?=)\s+(?==\?[\w-]+\?[BQ]\?[^?\s]*\?=)/gi

/** "Values of such headers are character decoded as per RFC 2047 before storing and encoded as per RFC 2047 to make them mail-safe before
 *  returning." S3 User Guide, "Working with object metadata". A word that cannot be decoded stays as it came. */
function decoded(value: string): string {
  if (!value.includes('=?')) return value
  return value
    .replaceAll(betweenWords, '$1')
    .replaceAll(encodedWord, (word, charset: string, encoding: string, text: string) => {
      const bytes = encoding.toUpperCase() === 'B' ? Buffer.from(text, 'base64') : fromQuotedPrintable(text)
      try {
        return new TextDecoder(charset, { fatal: true }).decode(bytes)
      } catch {
        return word
      }
    })
}

function fromQuotedPrintable(text: string): Uint8Array {
  const latin1 = text
    .replaceAll('_', ' ')
    .replaceAll(/=([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
  return Buffer.from(latin1, 'latin1')
}
