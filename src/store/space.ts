// Space kept aside for the day the disk is full. Deleting needs some first: rows of the catalog and its WAL grow before files go.
// A folder of files of no content is removed then, which leaves room for deletions, the collector and a start; whatever would take more
// is refused early. Once there is room again the files are made anew, and writes go on.

import { randomFillSync } from 'node:crypto'
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { diskFull, isDiskFull } from './disk-full.js'

/** The reserve: several files, because inodes may be what there are none of. */
const reserveFiles = 8
const reserveFileSizeBytes = 4 * 1024 * 1024

/** So many of them only a start may have: what the others left free may be full again by then. */
const startFiles = 3

/** A small disk keeps less: this part of it. */
const reserveShareMax = 1 / 8

/** Room for writes to go on, besides the reserve: less would be full again at once. On a small disk, again a part of it. */
const resumeSizeBytes = 32 * 1024 * 1024

/** Inodes for writes to go on. */
const resumeInodes = 64

/** Less than this is no room to start in: the catalog's shared memory, its first commits. */
const startSizeBytes = 4 * 1024 * 1024
const startInodes = 8

/** After the start the reserve waits, so that a first request need not. */
const fillDelayMs = 2_000

/** How often a full disk is looked at. */
const lookMs = 500

/** What an operator is told. */
export interface SpaceLog {
  info(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Room on the disk of a data directory. */
export class Space {
  readonly #directory: string
  readonly #reserve: string
  readonly #log: SpaceLog
  readonly #closing = new AbortController()
  #isShort = false
  #loop: Promise<void> | undefined

  /** Looks at the disk, and gives the reserve up at once when there is no room to start in.
   *  @param directory the data directory, which exists and is locked */
  constructor(directory: string, log: SpaceLog) {
    this.#directory = directory
    this.#reserve = join(directory, 'reserve')
    this.#log = log
    const { bytes, inodes } = roomIn(directory)
    if (bytes < startSizeBytes || inodes < startInodes) this.#giveUp(0)
    else this.#watch(fillDelayMs)
  }

  /** @throws ServiceUnavailable while the disk is full */
  requireRoom(): void {
    if (this.#isShort) throw diskFull()
  }

  /** Runs what needs room.
   *  @throws ServiceUnavailable at once while the disk is full, and what it throws itself */
  async within<Result>(work: () => Promise<Result>): Promise<Result> {
    this.requireRoom()
    try {
      return await work()
    } catch (error) {
      if (isDiskFull(error)) this.ranOut()
      throw error
    }
  }

  /** Runs what makes room: it may use what was kept aside, and is tried again when that has just been given up for it.
   *  @param work does nothing at all when it throws that the disk is full */
  async toMakeRoom<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      if (!isDiskFull(error) || this.#isShort) throw error
      this.ranOut()
      return work()
    }
  }

  /** The disk is full: from here on only what makes room may go on, until there is some. */
  ranOut(): void {
    if (!this.#isShort) this.#giveUp(startFiles)
  }

  #giveUp(kept: number): void {
    this.#isShort = true
    const files = reserveFilesIn(this.#reserve).slice(kept)
    for (const file of files) fs.rmSync(file, { force: true })
    this.#log.error(
      { directory: this.#directory, reserveFiles: files.length },
      'the disk is full: writes are refused until there is room again; the reserve is given up for deletions',
    )
    this.#watch(lookMs)
  }

  /** Stops looking. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#loop
  }

  /** Looks at the disk until the reserve is made: one loop at a time. */
  #watch(firstMs: number): void {
    this.#loop ??= this.#fillWhenRoom(firstMs).finally(() => {
      this.#loop = undefined
      // The disk ran out while the loop was ending.
      if (this.#isShort && !this.#closing.signal.aborted) this.#watch(lookMs)
    })
  }

  async #fillWhenRoom(firstMs: number): Promise<void> {
    const { signal } = this.#closing
    for (let ms = firstMs; ; ms = lookMs) {
      await wait(ms, undefined, { signal, ref: false }).catch(() => undefined)
      if (signal.aborted) return
      const wasShort = this.#isShort
      if (!(await this.#fill())) continue
      if (!wasShort) return
      this.#isShort = false
      this.#log.info({ directory: this.#directory }, 'there is room on the disk again: writes go on')
      return
    }
  }

  /** Makes the files that are missing; answers whether all are there and there is room besides. */
  async #fill(): Promise<boolean> {
    try {
      const { bytes, inodes, sizeBytes, inodesInAll } = roomIn(this.#directory)
      const fileSizeBytes = Math.min(reserveFileSizeBytes, Math.floor((sizeBytes * reserveShareMax) / reserveFiles))
      const missing = Array.from({ length: reserveFiles }, (_, i) => join(this.#reserve, `${i}`)).filter(
        (file) => (fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0) < fileSizeBytes,
      )
      const besides = Math.min(resumeSizeBytes, sizeBytes * reserveShareMax)
      if (bytes < missing.length * fileSizeBytes + besides) return false
      if (inodes < missing.length + Math.min(resumeInodes, inodesInAll / 8)) return false
      await fs.promises.mkdir(this.#reserve, { recursive: true, mode: 0o700 })
      // Chance, for file systems that would store zeros in no space.
      const content = missing.length === 0 ? undefined : randomFillSync(Buffer.allocUnsafe(fileSizeBytes))
      for (const file of missing) {
        if (content !== undefined) await fs.promises.writeFile(file, content, { mode: 0o600 })
      }
      return true
    } catch {
      // Somebody else was faster, or a quota stands against it: what is there of the reserve stays, and the next look tells.
      return false
    }
  }
}

/** What a file system has left for this process, and in all. One without a table of inodes has room for any number. */
function roomIn(directory: string): { bytes: number; inodes: number; sizeBytes: number; inodesInAll: number } {
  const { bavail, bsize, blocks, files, ffree } = fs.statfsSync(directory)
  const inodes = files === 0 ? Infinity : ffree
  return { bytes: bavail * bsize, inodes, sizeBytes: blocks * bsize, inodesInAll: files === 0 ? 0 : files }
}

function reserveFilesIn(reserve: string): string[] {
  try {
    return fs
      .readdirSync(reserve)
      .toSorted()
      .map((name) => join(reserve, name))
  } catch {
    return []
  }
}

/** Whether the disk of a file has so little room that nothing may keep more of it than it must. */
export const isScarceBeside = (path: string): boolean => roomIn(dirname(path)).bytes < 2 * resumeSizeBytes
