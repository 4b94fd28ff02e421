// The store as the rooms see it: bytes by hash below, names in SQL beside them. Knows nothing of S3's requests.

import type { Claims, ChecksumAlgorithm } from '../contract/claims.js'
import type { Draft } from './blobs/draft.js'
import type { SmallBodyName } from './blobs/small-bodies.js'
import type { Catalog } from './catalog/catalog.js'
import type { Sealer } from './sealer.js'

/** A run of bytes, `end` excluded. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** A body that can be read: the answer of the queries that open a version. Structured-clonable. */
export interface OpenBody {
  readonly bodyId: number
  /** Bytes of the whole body. */
  readonly size: number
  /** Change number of the snapshot it was opened in: rows and files visible then are kept while it is read. */
  readonly number: number
}

/** Bytes by hash and names in SQL, opened together and closed together. */
export interface Store {
  readonly catalog: Catalog
  /** Opens the secrets that stand in the catalog, under the server's master key. */
  readonly sealer: Sealer
  /** Writes bytes, comparing them with every claim, and answers when they would survive a power cut.
   *  @param also further checksums to compute beside the claimed ones
   *  @throws BadDigest, InvalidDigest, XAmzContentSHA256Mismatch, IncompleteBody, EntityTooLarge; nothing is left then */
  writeBody(source: AsyncIterable<Uint8Array>, claims: Claims, also?: readonly ChecksumAlgorithm[]): Promise<Draft>
  /** Removes what a draft wrote, after a transaction refused to name it. */
  discard(draft: Draft): Promise<void>
  /** All bytes of a version's body when it is small, checked; undefined when it is not: `readBody` reads any. They must not be changed:
   *  others may be given them too. */
  smallBody(version: SmallBodyName): Promise<Uint8Array | undefined>
  /** The bytes of a body, or of a range of it; each 64 KiB block is checked before any of it is answered.
   *  An iterable that is not read to its end must be returned (`for await` does). */
  readBody(body: OpenBody, range?: ByteRange): AsyncIterable<Uint8Array>
  /** Lets every write under way end, then closes files and catalog. */
  close(): Promise<void>
}

/** A store that requests are served from. */
export interface ServedStore extends Store {
  /** Why writes cannot be had, when they cannot: for good, or while the writer is away. */
  failure(): Error | undefined
}
