// The collector: removes, in small steps and in the background, what no name and no read needs any more.

import { unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Clock, systemClock } from '../contract/operation.js'
import { type Disk, hasCode, syncDirectory } from './blobs/disk.js'
import type { Catalog } from './catalog/catalog.js'
import { dropUnnamedBodies } from './catalog/drop-unnamed-bodies.js'
import { foldUsage } from './catalog/fold-usage.js'
import { prunePresigned } from './catalog/presigned.js'
import { pruneChanges, pruneCompletedUploads } from './catalog/prune-changes.js'
import { pruneVersions } from './catalog/prune-versions.js'
import { forgetRemovals, listRemovals, type Removal } from './catalog/removals.js'
import { passPoint } from './fault-points.js'
import { sweepDeadInstances } from './sweep.js'

/** Time between two passes. A pass removes what ceased to be named before the pass before it: the time between opening a body and
 *  beginning to read it, in which nobody knows of the reader, is far shorter. */
const intervalMs = 5_000

/** Rows of one batch: they hold the writer for some 5 ms. */
const rowsMax = 500

/** Files removed at a time. */
const unlinksMax = 8

/** Changes kept in the feed, 100 bytes each, and answers of uploads completed by them: who follows the feed may be that far behind. */
const changesKept = 250_000

/** How long what is known of presigned requests is kept once their signatures are refused: a clock that is set back must not let one be used again. */
const presignedKeptMs = 24 * 60 * 60_000

/** What the collector works with. */
export interface CollectorParts {
  readonly catalog: Catalog
  readonly disk: Disk
  /** Everybody who may read bodies of this store, in whatever process. */
  readonly readers: ReadsUnderWay
  /** Tells everybody that files are about to be removed, so that nobody keeps them open for the next read. */
  readonly forget: (locations: readonly string[]) => void
  /** The `blobs` directory. */
  readonly root: string
  /** Whether the process that writes to a folder of it may be alive. */
  readonly isLiving: (instance: string) => boolean
  /** For what is remembered until an hour; no clock says which bytes may be removed. */
  readonly clock?: Clock
  readonly log: {
    info(fields: object, message: string): void
    error(fields: object, message: string): void
  }
}

/** Who reads what, asked by the collector before it removes anything. */
export interface ReadsUnderWay {
  /** The lowest change number any read under way was opened at, or `current` when that is lower or nobody reads. It is answered only when
   *  everybody who may read has said so, each in a turn of his event loop of his own: nobody is between looking up a body and registering his
   *  read then, as nothing in between waits. */
  oldest(current: number): number | Promise<number>
}

/** What a pass did. */
export interface Collected {
  readonly versions: number
  readonly bodies: number
  readonly files: number
}

/** The loop. Opened with the store, stopped before it closes. */
export class Collector {
  readonly #parts: CollectorParts
  readonly #stopping = new AbortController()
  #loop: Promise<unknown> = Promise.resolve()
  #passes: Promise<unknown> = Promise.resolve()
  #swept: Promise<unknown> = Promise.resolve()
  /** Number of the newest change when the last pass that came to its end began. */
  #numberBefore = 0

  constructor(parts: CollectorParts) {
    this.#parts = parts
  }

  /** Begins: first the files of dead instances, then a pass now and then. Keeps no process alive. */
  start(): void {
    this.sweep()
    this.#loop = this.#run()
  }

  /** Removes the files of instances that are known to be dead by now, in the background. */
  sweep(): void {
    this.#swept = this.#swept.then(() => this.#sweep())
  }

  /** Settles once what dead processes left behind has been removed, or could not be. */
  async swept(): Promise<void> {
    await this.#swept
  }

  /** Makes a pass at once, up to the newest change no read under way needs anything before. For who knows that nobody is between
   *  opening a body and reading it. */
  collectNow(): Promise<Collected> {
    return this.#pass(this.#parts.catalog.number(), () => Promise.resolve())
  }

  /** Ends after the batch under way. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
    await this.#passes
    await this.#swept
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    await this.#swept
    while (!signal.aborted) {
      await this.#pause(intervalMs)
      if (signal.aborted) return
      const number = this.#parts.catalog.number()
      try {
        // Half of the time is left to those who wait for the writer.
        await this.#pass(this.#numberBefore, (tookMs) => this.#pause(tookMs))
        this.#numberBefore = number
      } catch (error) {
        if (signal.aborted) return
        // The next pass begins with whatever this one left; a writer that has stopped has said so itself.
        this.#parts.log.error({ err: error }, 'the collector could not finish a pass')
      }
    }
  }

  async #sweep(): Promise<void> {
    const { catalog, disk, root, isLiving, log } = this.#parts
    const isStopping = (): boolean => this.#stopping.signal.aborted
    if (isStopping()) return
    try {
      const removed = await sweepDeadInstances(catalog, disk, root, isLiving, isStopping)
      if (removed > 0) log.info({ files: removed }, 'removed files that earlier processes had not finished')
    } catch (error) {
      log.error({ err: error }, 'could not remove the files of earlier processes')
    }
  }

  /** One pass after the other, never two at once. */
  #pass(upTo: number, rest: (tookMs: number) => Promise<void>): Promise<Collected> {
    const pass = this.#passes.then(() => this.#collect(upTo, rest))
    this.#passes = pass.catch(() => undefined)
    return pass
  }

  async #collect(upTo: number, rest: (tookMs: number) => Promise<void>): Promise<Collected> {
    const { catalog, readers } = this.#parts
    const batches = async (batch: () => Promise<number>): Promise<number> => {
      for (let total = 0; ;) {
        const began = performance.now()
        const count = await batch()
        total += count
        if (count < rowsMax || this.#stopping.signal.aborted) return total
        await rest(performance.now() - began)
      }
    }
    await batches(async () => (await catalog.commit(foldUsage, { limit: rowsMax })).count)
    const versions = await batches(async () => {
      return catalog.commit(pruneVersions, { upTo: await readers.oldest(upTo), limit: rowsMax })
    })
    const bodies = await batches(() => catalog.commit(dropUnnamedBodies, { limit: rowsMax }))
    const files = await batches(() => this.#removeFiles(upTo))
    await batches(() => catalog.commit(pruneChanges, { keep: changesKept, limit: rowsMax }))
    const answersUpTo = catalog.number() - changesKept
    await batches(() => catalog.commit(pruneCompletedUploads, { upTo: answersUpTo, limit: rowsMax }))
    const beforeMs = (this.#parts.clock ?? systemClock).now() - presignedKeptMs
    await batches(() => catalog.commit(prunePresigned, { beforeMs, limit: rowsMax }))
    return { versions, bodies, files }
  }

  /** Removes files that were unnamed at change `upTo` and before every read under way; then their rows. */
  async #removeFiles(upTo: number): Promise<number> {
    const { catalog, disk, readers, root, forget } = this.#parts
    const removals = await catalog.read(listRemovals, { upTo, limit: rowsMax })
    // First what is to go, then who is there: see holds.ts. A read opened at the very number a file is written down under may still need it.
    const needed = await readers.oldest(upTo + 1)
    const local = removals.filter(({ tier, number }) => tier === 'local' && number < needed)
    forget(local.map(({ location }) => location))
    for (let i = 0; i < local.length; i += unlinksMax) {
      await Promise.all(local.slice(i, i + unlinksMax).map((removal) => this.#removeFile(removal)))
    }
    if (local.length === 0) return 0
    passPoint('files removed')
    // A file that a power cut brought back would be nobody's, once its row is gone.
    const folders = new Set(local.map(({ location }) => dirname(join(root, location))))
    await Promise.all([...folders].map((folder) => syncDirectory(disk, folder).catch(unlessMissing)))
    passPoint('removals durable')
    await catalog.commit(forgetRemovals, { removals: local })
    return local.length
  }

  async #removeFile({ location }: Removal): Promise<void> {
    await unlink(join(this.#parts.root, location)).catch(unlessMissing)
  }

  async #pause(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => undefined)
  }
}

function unlessMissing(error: unknown): void {
  if (!hasCode(error, ['ENOENT', 'ENOTDIR'])) throw error
}
