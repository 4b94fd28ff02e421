// What a request is about, read from its raw path, Host header and query. Decides nothing and looks nothing up.
// Works on the raw target: "//", ".", ".." and "+" in a path are parts of a key, and no library may tidy them away.

import { S3Error } from '../contract/errors.js'
import { rememberingLast } from '../contract/remembering-last.js'
import type { Address, HttpRequest } from '../contract/request.js'

/** Longest key in bytes of UTF-8. Source: AWS User Guide, "Naming Amazon S3 objects". */
const keySizeBytesMax = 1024

const noParameters: ReadonlyMap<string, string> = new Map()

/** Bucket, key and query of a request.
 *
 *  Path style: `/bucket/key`. Virtual-host style: the Host is `bucket.` in front of one of `domains` (host names without port, any
 *  case; the longest that fits counts; a host that is itself a domain is path style). Case, port and a trailing dot of the Host
 *  have no meaning. In a path "+" is a plus; in a query it is a space, as S3 and HTML forms read it (SDKs send %20 and %2B).
 *  @throws InvalidURI when percent-encoding or UTF-8 is broken, or a path-style bucket is empty before a key ("//key")
 *  @throws KeyTooLongError beyond 1,024 bytes of UTF-8 */
export function addressOf(request: HttpRequest, domains: readonly string[]): Address {
  const { path } = request
  const parameters = request.query === '' ? noParameters : parametersOf(request.query)
  const { host } = request.headers
  const hostBucket = host === undefined ? undefined : bucketFinder(domains)(host)
  if (hostBucket !== undefined) return withKey(hostBucket, path.slice(1), path, parameters)

  const slash = path.indexOf('/', 1)
  const bucket = decoded(slash < 0 ? path.slice(1) : path.slice(1, slash), path)
  if (bucket !== '') return withKey(bucket, slash < 0 ? '' : path.slice(slash + 1), path, parameters)
  if (slash >= 0) throw invalidUri(path)
  return { parameters }
}

function withKey(bucket: string, rawKey: string, path: string, parameters: ReadonlyMap<string, string>): Address {
  if (rawKey === '') return { bucket, parameters }
  const key = decoded(rawKey, path)
  // A UTF-16 unit is at most three bytes of UTF-8: most keys need no counting.
  if (key.length * 3 > keySizeBytesMax) {
    const size = Buffer.byteLength(key)
    if (size > keySizeBytesMax) {
      throw new S3Error('KeyTooLongError', { members: { Size: String(size), MaxSizeAllowed: String(keySizeBytesMax) } })
    }
  }
  return { bucket, key, parameters }
}

/** What finds the bucket in a Host header, for each list of domains: a server has one. */
const finders = new WeakMap<readonly string[], (host: string) => string | undefined>()

function bucketFinder(domains: readonly string[]): (host: string) => string | undefined {
  let finder = finders.get(domains)
  if (finder === undefined) {
    finder = rememberingLast((host) => bucketOfHost(host, domains))
    finders.set(domains, finder)
  }
  return finder
}

/** "Host: Bucket.S3.Example.com.:9000" → "bucket" for the domain "s3.example.com"; undefined for path style. */
function bucketOfHost(header: string, domains: readonly string[]): string | undefined {
  const host = withoutPortAndDot(header.toLowerCase())
  let bucket: string | undefined
  let longest = 0
  for (const domain of domains) {
    if (domain.length < longest) continue
    const name = withoutDot(domain.toLowerCase())
    if (host === name) return undefined
    if (host.length > name.length + 1 && host.endsWith(name) && host[host.length - name.length - 1] === '.') {
      bucket = host.slice(0, -name.length - 1)
      longest = domain.length
    }
  }
  return bucket
}

function withoutPortAndDot(host: string): string {
  const colon = host.lastIndexOf(':')
  // The colons of "[::1]" are no port.
  return withoutDot(colon >= 0 && colon > host.lastIndexOf(']') ? host.slice(0, colon) : host)
}

const withoutDot = (host: string): string => (host.endsWith('.') ? host.slice(0, -1) : host)

function parametersOf(query: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  for (const part of query.split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = decodedParameter(equals < 0 ? part : part.slice(0, equals), query)
    if (!parameters.has(name)) parameters.set(name, equals < 0 ? '' : decodedParameter(part.slice(equals + 1), query))
  }
  return parameters
}

const decodedParameter = (raw: string, whole: string): string =>
  decoded(raw.includes('+') ? raw.replaceAll('+', ' ') : raw, whole)

function decoded(raw: string, whole: string): string {
  let ascii = raw
  // Node reads the request line as Latin-1: a character beyond ASCII is one byte that the client did not encode.
  if (beyondAscii.test(raw)) {
    ascii = raw.replaceAll(everyBeyondAscii, (character) => `%${character.charCodeAt(0).toString(16)}`)
  } else if (!raw.includes('%')) return raw
  try {
    // Strict: broken escapes, overlong forms and surrogates throw.
    return decodeURIComponent(ascii)
  } catch (cause) {
    throw invalidUri(whole, cause)
  }
}

// oxlint-disable-next-line no-control-regex -- the range of ASCII begins with NUL
const beyondAscii = /[^\x00-\x7f]/
const everyBeyondAscii = /[\x80-\u{10ffff}]/gu

const invalidUri = (uri: string, cause?: unknown): S3Error =>
  new S3Error('InvalidURI', { members: { URI: uri }, ...(cause === undefined ? {} : { cause }) })
