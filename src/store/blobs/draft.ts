// A draft is bytes that are durable but not yet named: what writing a body leaves and a catalog transaction takes.

import type { Checksums } from '../../contract/claims.js'

/** Bodies up to this many bytes live in the catalog, larger ones in blob files. A row shares its sync
 *  with others, a file has one of its own: see docs/performance.md. */
export const smallBodySizeBytesMax = 16 * 1024

/** A larger body is cut into blobs of at most this many bytes. */
export const blobSizeBytesMax = 16 * 1024 * 1024

/** Bytes covered by one CRC32 of a blob. */
export const blockSizeBytes = 64 * 1024

/** One synced file that no row names yet. */
export interface DraftBlob {
  /** SHA-256, 32 bytes. */
  readonly digest: Uint8Array
  /** Bytes, at least 1. */
  readonly size: number
  /** CRC32 of each block, 4 bytes big-endian each. */
  readonly blockCrcs: Uint8Array
  /** Below `blobs/`: instance/folder/digest-suffix. */
  readonly location: string
}

/** A small body is carried whole, a larger one as the files it was written to. Structured-clonable. */
export type DraftContent =
  | { readonly kind: 'small'; readonly bytes: Uint8Array; readonly digest: Uint8Array; readonly crc: number }
  | { readonly kind: 'blobs'; readonly blobs: readonly DraftBlob[] }

/** Durable, verified against every claim, unnamed. Structured-clonable. */
export interface Draft {
  /** Bytes. */
  readonly size: number
  /** MD5 of the whole, 16 bytes. */
  readonly md5: Uint8Array
  /** The checksums computed, base64: all that were claimed and the one asked for (CRC64NVME when none was). */
  readonly checksums: Checksums
  readonly content: DraftContent
}
