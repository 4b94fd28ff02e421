// A thread that copies the WAL into the database file while the writer goes on writing: its syncs make nobody wait.

import { parentPort, workerData } from 'node:worker_threads'
import { checkpoint } from './checkpoint.js'
import { Connection } from './connection.js'
import { errorData } from './error-data.js'
import { WalState } from './wal-state.js'

/** How a checkpoint thread is started (`workerData`). */
export interface CheckpointSettings {
  readonly path: string
  readonly wal: SharedArrayBuffer
}

// The main side starts this file with exactly these settings.
const settings = workerData as CheckpointSettings
const wal = new WalState(settings.wal)
const connection = new Connection(settings.path, 'checkpoint')
try {
  while (wal.waitForWork()) checkpoint(connection, 'PASSIVE')
} catch (error) {
  parentPort?.postMessage(errorData(error))
} finally {
  connection.close()
}
