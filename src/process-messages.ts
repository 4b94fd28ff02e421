// What the supervisor and its processes say to each other over the channel that comes with a child process. Everything is JSON.

import type { Denial } from './auth/denials.js'
import type { Tally } from './auth/limits/request-windows.js'
import type { RootKey } from './auth/root-key.js'
import { Secret } from './auth/secret.js'
import type { Settings } from './settings.js'
import { errorData, type ErrorData } from './store/catalog/error-data.js'

/** A root key as it is handed to a process of this server: over a channel nobody else has, so that its secret stands in no command
 *  line and in no environment. The master key goes the same way. */
export interface HandedKey extends Omit<RootKey, 'secret'> {
  readonly secretText: string
}

/** The keys of a server as its writer has them, and its workers are given them. */
export interface HandedKeys {
  readonly root: HandedKey
  /** The master key, base64. */
  readonly master: string
}

/** To be sent. */
export const handedKey = ({ secret, ...key }: RootKey): HandedKey => ({ ...key, secretText: secret.reveal() })

/** As it was. */
export const receivedKey = ({ secretText, ...key }: HandedKey): RootKey => ({ ...key, secret: new Secret(secretText) })

/** Why a process could not start, with the reason of the reason, which does not cross to another process. */
export function refusalOf(error: unknown): ErrorData {
  const data = errorData(error)
  if (data.kind !== 'fault' || data.name === 'SettingsError') return data
  return error instanceof Error && error.cause instanceof Error
    ? { ...data, message: `${data.message} (${error.cause.message})` }
    : data
}

/** To the writer. */
export type ToWriterProcess =
  | {
      readonly kind: 'start'
      readonly settings: Settings
      /** See `FromWorker`. */
      readonly run: string
      /** Instances of workers that live. */
      readonly living: readonly string[]
    }
  /** A worker's process has ended. */
  | { readonly kind: 'bury'; readonly instance: string }
  /** A sync has failed in a worker. */
  | { readonly kind: 'stopWriting'; readonly reason: string }
  | Stop

/** From the writer. */
export type FromWriterProcess =
  | { readonly kind: 'ready'; readonly keys: HandedKeys }
  | Refused
  /** Writing has stopped for good. */
  | StoppedWriting

/** To a worker. */
export type ToWorkerProcess =
  | {
      readonly kind: 'start'
      readonly settings: Settings
      readonly run: string
      readonly instance: string
      /** From 1. */
      readonly number: number
      readonly keys: HandedKeys
    }
  /** A socket comes with it. */
  | { readonly kind: 'connection' }
  /** Another worker wonders what this one has denied to a request. */
  | { readonly kind: 'denialsWanted'; readonly number: number; readonly requestId: string }
  /** What the others have denied to it. */
  | { readonly kind: 'denials'; readonly number: number; readonly denials: readonly Denial[] }
  | Tallies
  | Stop

/** From a worker. */
export type FromWorkerProcess =
  | { readonly kind: 'ready' }
  | Refused
  /** So many connections that were handed over have been taken, in their order, and so many have closed. */
  | { readonly kind: 'connections'; readonly taken: number; readonly closed: number }
  /** What have the other workers denied to a request? */
  | { readonly kind: 'denialsWanted'; readonly number: number; readonly requestId: string }
  | { readonly kind: 'denials'; readonly number: number; readonly denials: readonly Denial[] }
  | Tallies
  | StoppedWriting

/** Requests that a worker has counted since it told of them last: all workers keep the limits of a minute together. */
export interface Tallies {
  readonly kind: 'tallies'
  readonly addresses: readonly Tally[]
  readonly callers: readonly Tally[]
}

interface Stop {
  readonly kind: 'stop'
  /** How long requests under way may take. Said again, the last one counts. */
  readonly graceMs: number
}

/** It could not start. */
interface Refused {
  readonly kind: 'refused'
  readonly error: ErrorData
}

interface StoppedWriting {
  readonly kind: 'stoppedWriting'
  readonly reason: string
}
