// What the main thread and the writer thread say to each other. Everything is structured-clonable.

import type { ErrorData } from './error-data.js'
import type { Migrated } from './migrate.js'

/** How a writer is started (`workerData`). */
export interface WriterSettings {
  readonly path: string
  /** Ms since 1970: when the store is made, if it is made now. */
  readonly now: number
  /** URL of the module that exports `transactions`. */
  readonly transactions: string
  /** See wal-state.ts. */
  readonly wal: SharedArrayBuffer
}

/** A group of transactions, by name, each with its arguments at the same index. */
export interface GroupMessage {
  readonly kind: 'group'
  readonly names: readonly string[]
  /** Bytes are arguments another process has sent, in V8's format. */
  readonly args: readonly unknown[]
}

/** To the writer. */
export type ToWriter = GroupMessage | { readonly kind: 'close' }

/** From the writer. */
export type FromWriter =
  | { readonly kind: 'opened'; readonly number: number; readonly migrated: Migrated | undefined }
  | { readonly kind: 'refused'; readonly error: ErrorData }
  /** How the first transactions of the group ended that have no answer yet. */
  | {
      readonly kind: 'answers'
      readonly results: readonly unknown[]
      /** At the index of the transaction that failed. */
      readonly errors: readonly (ErrorData | undefined)[]
      /** Whether one of them has changed what authorization reads. */
      readonly changesAccess: boolean
      /** Of the newest durable change. */
      readonly number: number
    }
  /** The commit of the group failed: nothing of it counts, and this writer has ended. */
  | { readonly kind: 'failed'; readonly error: ErrorData }
