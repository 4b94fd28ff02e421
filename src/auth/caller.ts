// Who signed a request, and how its payload is protected: what authentication answers and the body reader needs.

import type { Caller } from '../contract/operation.js'
import type { Standing } from './standing.js'

/** How the payload was signed. Source: AWS "Signature Version 4", values of x-amz-content-sha256. */
export type PayloadMode =
  | { readonly kind: 'digest'; readonly sha256: string } // 64 lower-case hex digits
  | { readonly kind: 'unsigned' } // UNSIGNED-PAYLOAD, and every presigned request without the header
  | { readonly kind: 'chunks-signed'; readonly hasTrailer: boolean; readonly seed: ChunkSeed }
  | { readonly kind: 'chunks-unsigned'; readonly hasTrailer: true }

/** What the first chunk signature is chained to. */
export interface ChunkSeed {
  /** Of the request itself: 64 hex digits. */
  readonly signature: string
  /** The derived key of that day, region and service: 32 bytes. */
  readonly signingKey: Uint8Array
  /** "20261121T093000Z" */
  readonly timestamp: string
  /** "20261121/us-east-1/s3/aws4_request" */
  readonly scope: string
}

/** How a request was signed. */
export interface SignatureFacts {
  readonly version: 'AWS4-HMAC-SHA256' | 'AWS'
  /** Ms since 1970: when it says it was made; undefined where it does not say (Version 2). */
  readonly signedMs: number | undefined
}

/** A request whose sender is known, or of whom it is known that he has not signed. */
export interface Authenticated {
  readonly caller: Caller
  /** What his policies say, as of when the key was looked up. */
  readonly standing: Standing
  readonly payload: PayloadMode
  /** Where the signature stood. */
  readonly by: 'header' | 'query' | 'form' | 'nobody'
  /** undefined: nobody signed. */
  readonly signature: SignatureFacts | undefined
}
