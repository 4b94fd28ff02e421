// Checkpoints: the WAL's pages go into the database file. Who runs which kind, and when, is told in wal-state.ts.

import { passPoint } from '../fault-points.js'
import type { Connection } from './connection.js'
import { codeOf } from './error-data.js'

/** Length of the WAL, and how much of it is in the database file already: both in frames (pages). */
export interface WalLength {
  readonly frames: number
  readonly copied: number
  /** Whether something kept the checkpoint from doing all it was asked for. */
  readonly isIncomplete: boolean
}

/** NOOP only measures; PASSIVE copies what it can and waits for nobody; RESTART makes the next write start the WAL over; TRUNCATE also empties its file.
 *  Where others are in the way, or the disk has no room, the WAL keeps what it holds and nothing is lost: that is answered, not thrown.
 *  @throws Error after any other error of the disk; it must not be tried again
 *  Source: sqlite.org, PRAGMA wal_checkpoint. */
export function checkpoint(connection: Connection, kind: 'NOOP' | 'PASSIVE' | 'RESTART' | 'TRUNCATE'): WalLength {
  try {
    if (kind !== 'NOOP') passPoint('checkpoint begins')
    // The pragma answers one row of three numbers; -1 when there is no WAL.
    const row = connection.execute(steps[kind]) as { busy: number; log: number; checkpointed: number }
    if (kind !== 'NOOP') passPoint('checkpoint ended')
    return { frames: Math.max(row.log, 0), copied: Math.max(row.checkpointed, 0), isIncomplete: row.busy !== 0 }
  } catch (error) {
    const code = codeOf(error) ?? ''
    if (kind === 'NOOP' || !(code === 'SQLITE_FULL' || code.startsWith('SQLITE_BUSY'))) throw error
    return { ...checkpoint(connection, 'NOOP'), isIncomplete: true }
  }
}

const step = (kind: string) =>
  ({
    kind: 'one',
    statement: { text: `PRAGMA wal_checkpoint(${kind})`, names: [] },
    parameters: {},
  }) as const

const steps = { NOOP: step('NOOP'), PASSIVE: step('PASSIVE'), RESTART: step('RESTART'), TRUNCATE: step('TRUNCATE') }
