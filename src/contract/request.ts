// A request as it came over the wire, before anything is decided: what authentication and routing both read.

import { S3Error } from './errors.js'

/** Most that one request may carry of an object or a part, bytes. AWS: "In a single operation, you can upload a single object up to 5 GB in size",
 *  5 × 2^30 bytes as measured; parts have the same limit ("Amazon S3 multipart upload limits"). */
export const bodySizeBytesMax = 5 * 1024 ** 3

/** Refuses what is larger than that.
 *  @throws EntityTooLarge with ProposedSize and MaxSizeAllowed */
export function requireBodySize(sizeBytes: number): void {
  if (sizeBytes <= bodySizeBytesMax) return
  throw new S3Error('EntityTooLarge', {
    members: { ProposedSize: String(sizeBytes), MaxSizeAllowed: String(bodySizeBytesMax) },
  })
}

/** Header and target of one HTTP request. Nothing is decoded. */
export interface HttpRequest {
  /** "GET", "PUT", … */
  readonly method: string
  /** Raw path of the request target, percent-encoding untouched, beginning with "/" ("/bucket/a%20b//c"). */
  readonly path: string
  /** Raw query without the "?"; empty when there is none. */
  readonly query: string
  /** By lower-case name; repeated ones joined with ", " as Node does (values trimmed, inner spaces untouched). */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Of the client: the socket's peer, or whom a trusted proxy names. An IPv4 address is told as one. */
  readonly remoteAddress: string
  /** Whether it came over TLS, here or at a trusted proxy. */
  readonly isSecure: boolean
  /** "1.2" or "1.3"; undefined without TLS. */
  readonly tlsVersion?: string | undefined
}

/** What a request is about, decoded from path, Host and query. */
export interface Address {
  readonly bucket?: string
  /** Decoded UTF-8, 1 to 1,024 bytes; "/" and dots have no meaning in it. */
  readonly key?: string
  /** Decoded query parameters; of repeated ones the first. A parameter without "=" has the value "". */
  readonly parameters: ReadonlyMap<string, string>
}
