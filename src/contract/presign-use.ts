// A request that may be made once.

/** What is remembered of it. Structured-clonable. */
export interface PresignUse {
  /** SHA-256 of access key and id: 32 bytes. */
  readonly digest: Uint8Array
  /** When its signature ceases to be taken, ms since 1970. */
  readonly expiresMs: number
}
