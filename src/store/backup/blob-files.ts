// Copies of blob files: verified while they are copied, synced, named when whole.

import { createHash } from 'node:crypto'
import { open, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Disk, hasCode, makeDirectory, removeFile, syncDirectory, writeWhole } from '../blobs/disk.js'

/** Bytes read at once, of each file under way. */
const readSizeBytes = 1024 * 1024

/** A blob's file: what must be in it. */
export interface BlobFile {
  /** SHA-256. */
  readonly digest: Uint8Array
  /** Bytes. */
  readonly size: number
}

/** Spends bytes no faster than it is allowed to. */
export class Pace {
  readonly #bytesPerSecond: number
  #freeMs = 0

  /** @param bytesPerSecond Infinity: as fast as it goes */
  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond
  }

  /** Waits until `bytes` may be read. */
  async spend(bytes: number): Promise<void> {
    if (this.#bytesPerSecond === Infinity) return
    const now = performance.now()
    const begin = Math.max(now, this.#freeMs)
    this.#freeMs = begin + (bytes / this.#bytesPerSecond) * 1000
    if (begin > now) await wait(begin - now)
  }
}

/** Writes into folders that are synced together at the end. */
export class BlobCopies {
  readonly #disk: Disk
  readonly #pace: Pace
  readonly #folders = new Map<string, Promise<void>>()

  constructor(disk: Disk, pace: Pace) {
    this.#disk = disk
    this.#pace = pace
  }

  /** Copies a file, verifying it. Its name is durable after `sync`.
   *  @returns what is wrong with the source, when something is: then nothing is left at `to`
   *  @throws Error when `to` cannot be written */
  async copy(from: string, to: string, blob: BlobFile): Promise<string | undefined> {
    const folder = dirname(to)
    let making = this.#folders.get(folder)
    if (making === undefined) this.#folders.set(folder, (making = makeDirectory(this.#disk, folder)))
    await making
    const draftPath = `${to}.draft`
    const draft = await open(draftPath, 'w', 0o600)
    let fault: string | undefined
    try {
      fault = await readVerified(from, blob, this.#pace, (bytes, position) =>
        writeWhole(draft.fd, bytes, position).catch((cause: unknown) => {
          throw new WriteFailed(`${draftPath} could not be written`, { cause })
        }),
      )
      if (fault === undefined) await this.#disk.syncFile(draft.fd)
    } finally {
      await draft.close()
      if (fault !== undefined) await removeFile(draftPath)
    }
    if (fault === undefined) await rename(draftPath, to)
    return fault
  }

  /** What is wrong with a file, or nothing. */
  async verify(path: string, blob: BlobFile): Promise<string | undefined> {
    return readVerified(path, blob, this.#pace, () => Promise.resolve())
  }

  /** Makes every name given so far durable. */
  async sync(): Promise<void> {
    await Promise.all([...this.#folders.keys()].map((folder) => syncDirectory(this.#disk, folder)))
  }
}

/** An error of the disk that is written to, on its way through a read. */
class WriteFailed extends Error {}

async function readVerified(
  path: string,
  { digest, size }: BlobFile,
  pace: Pace,
  take: (bytes: Uint8Array, position: number) => Promise<void>,
): Promise<string | undefined> {
  try {
    const file = await open(path, 'r')
    try {
      const found = await file.stat()
      if (found.size !== size) return `the file has ${found.size} bytes, not ${size}`
      const hash = createHash('sha256')
      const memory = Buffer.allocUnsafeSlow(Math.min(readSizeBytes, size))
      for (let position = 0; position < size;) {
        await pace.spend(Math.min(memory.length, size - position))
        const { bytesRead } = await file.read(memory, 0, memory.length, position)
        if (bytesRead === 0) return `the file ends after ${position} bytes`
        const bytes = memory.subarray(0, bytesRead)
        hash.update(bytes)
        await take(bytes, position)
        position += bytesRead
      }
      return hash.digest().equals(digest) ? undefined : 'the file is damaged'
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof WriteFailed) throw error
    return `the file cannot be read: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** Bytes of a file; undefined when there is none. */
export async function sizeOfFile(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (hasCode(error, ['ENOENT'])) return undefined
    throw error
  }
}

/** Does `work` for each item, so many at a time. The first error ends it, once those under way have ended. */
export async function eachOf<Item>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]()
  let hasFailed = false
  const lane = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true && !hasFailed; next = iterator.next()) {
      try {
        await work(next.value)
      } catch (error) {
        hasFailed = true
        throw error
      }
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: atOnce }, lane))
  for (const ended of lanes) if (ended.status === 'rejected') throw ended.reason
}
