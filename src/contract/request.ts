// A request as it came over the wire, before anything is decided: what authentication and routing both read.

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
  /** Address of the peer's socket. */
  readonly remoteAddress: string
  /** Whether it came over TLS. */
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
