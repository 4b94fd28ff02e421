// The half of a store that is bytes: writing, reading and discarding bodies, composed for one process that has a folder of its own for
// blob files. Where the catalog is, in this process or behind a socket, is all the same to it.

import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { Disk } from './blobs/disk.js'
import { discarder } from './blobs/discard.js'
import { BlobFiles } from './blobs/files.js'
import { HashLanes } from './blobs/hash-lanes.js'
import { OpenFiles } from './blobs/open-files.js'
import { Pieces, plainMemory, sharedMemory } from './blobs/pieces.js'
import { bodyReader } from './blobs/read-body.js'
import { Readers } from './blobs/readers.js'
import { smallBodyReader } from './blobs/small-bodies.js'
import { bodyWriter } from './blobs/write-body.js'
import type { Catalog } from './catalog/catalog.js'
import type { Store } from './store.js'

/** Memory of a server for bodies on their way in, and on their way out, bytes each: a first piece each body has beyond it. */
const piecesBudgetBytes = 64 * 1024 * 1024

/** Threads of a server that hash large bodies. They take turns with the main thread where there are few cores. */
const hashLanesMax = Math.min(8, Math.max(2, availableParallelism()))

/** What bodies are written to and read from. */
export interface BodiesParts {
  readonly catalog: Catalog
  /** The same, for who discards drafts: that makes room. */
  readonly discarding?: Catalog
  readonly disk: Disk
  /** The `blobs` directory. */
  readonly root: string
  /** This process's folder in it: registered before the first body is written. */
  readonly instance: string
  /** How many processes share what a server may use of memory and threads. */
  readonly processes: number
}

/** Bodies of one process. */
export interface Bodies extends Pick<Store, 'writeBody' | 'discard' | 'smallBody' | 'readBody'> {
  readonly readers: Readers
  readonly openFiles: OpenFiles
  /** Lets every write under way end, refuses new ones, then closes files and threads. */
  close(): Promise<void>
}

/** A new name for a process's folder: random, 16 hex digits, never used again. */
export const newInstance = (): string => randomBytes(8).toString('hex')

/** Composes them. */
export function openBodies({ catalog, discarding = catalog, disk, root, instance, processes }: BodiesParts): Bodies {
  const budgetBytes = Math.ceil(piecesBudgetBytes / processes)
  const readers = new Readers()
  const files = new BlobFiles(disk, root, instance)
  const openFiles = new OpenFiles(root)
  const lanes = new HashLanes(Math.max(2, Math.ceil(hashLanesMax / processes)))
  const write = bodyWriter({ disk, files, lanes, pieces: new Pieces(sharedMemory, budgetBytes) })
  const readBody = bodyReader({ catalog, files: openFiles, readers, pieces: new Pieces(plainMemory, budgetBytes) })
  const discard = discarder(discarding, files)
  const underWay = new Set<Promise<unknown>>()
  const tracked = <Result>(promise: Promise<Result>): Promise<Result> => {
    underWay.add(promise)
    const end = (): boolean => underWay.delete(promise)
    promise.then(end, end)
    return promise
  }
  let isClosing = false
  return {
    readers,
    openFiles,
    writeBody: (source, claims, also) => {
      if (isClosing) return Promise.reject(new Error('The store is closed'))
      return tracked(write(source, claims, also))
    },
    discard: (draft) => tracked(discard(draft)),
    smallBody: smallBodyReader(catalog),
    readBody,
    close: async () => {
      isClosing = true
      while (underWay.size > 0) await Promise.allSettled(underWay)
      files.close()
      openFiles.close()
      await lanes.close()
    },
  }
}
