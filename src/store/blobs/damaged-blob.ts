// What is thrown where bytes are not those that were written.

/** Bytes on disk are not those that were written, or are missing. */
export class DamagedBlob extends Error {
  /** SHA-256 of the blob in hex; empty for a small body. */
  readonly digest: string
  /** Below `blobs/`, or "catalog". */
  readonly location: string

  constructor(digest: string, location: string, what: string, cause?: unknown) {
    super(`Blob ${digest} at ${location}: ${what}`, { cause })
    this.name = 'DamagedBlob'
    this.digest = digest
    this.location = location
  }
}
