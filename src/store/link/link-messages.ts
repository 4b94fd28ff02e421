// What a worker process and the writer process say to each other over their socket.

import type { ErrorData } from '../catalog/error-data.js'

/** From a worker. */
export type FromWorker =
  /** The first message. */
  | {
      readonly kind: 'hello'
      /** Names this run of the server: a worker of one that is over is turned away. */
      readonly run: string
      /** The folder the worker writes blob files to. */
      readonly instance: string
    }
  | {
      readonly kind: 'commit'
      /** Number of the first transaction here; those behind it have the following ones. */
      readonly first: number
      readonly names: readonly string[]
      /** Of each transaction, in V8's format: only the writer thread looks into them. */
      readonly args: readonly Uint8Array[]
    }
  /** The answer to `oldest`. */
  | { readonly kind: 'oldest'; readonly ask: number; readonly number: number }

/** To a worker. */
export type ToWorker =
  /** The answer to `hello`. */
  | { readonly kind: 'welcome'; readonly number: number; readonly failure: ErrorData | undefined }
  | { readonly kind: 'refused'; readonly reason: string }
  /** How transactions ended: a result, or the error at the same index. */
  | {
      readonly kind: 'answers'
      readonly tickets: readonly number[]
      readonly results: readonly unknown[]
      readonly errors: readonly (ErrorData | undefined)[]
      /** Of the newest durable change. */
      readonly number: number
    }
  /** Asks for the lowest change number any read under way was opened at, `current` when it is lower. */
  | { readonly kind: 'oldest'; readonly ask: number; readonly current: number; readonly number: number }
  /** These files, below `blobs/`, are about to be removed. */
  | { readonly kind: 'forget'; readonly locations: readonly string[] }
  /** Writing has stopped for good. */
  | { readonly kind: 'failed'; readonly failure: ErrorData }
