// The disk's calls as the store uses them: whole writes, syncs that are counted and never retried, errors a caller can be told.

import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { S3Error } from '../../contract/errors.js'
import { diskFull } from '../disk-full.js'
import { passPoint } from '../fault-points.js'
import { writingStopped } from '../writing-stopped.js'

const open = promisify(fs.open)
const close = promisify(fs.close)
const write = promisify(fs.write)
const fsync = promisify(fs.fsync)
const unlink = promisify(fs.unlink)
const fdatasync = promisify(fs.fdatasync)

/** Syncs at once. Each holds a thread of libuv's pool (`UV_THREADPOOL_SIZE`, 4 when not set) that reads need too. */
const syncsMax = Math.max(2, Math.floor(Number(process.env['UV_THREADPOOL_SIZE'] ?? 4) / 2))

/** Whether the disk can still be trusted with new data. "A failed sync is never retried": the kernel may have dropped the pages. */
export class Disk {
  #failure: Error | undefined
  readonly #onFailure: (error: Error) => void
  #syncing = 0
  readonly #waiting: (() => void)[] = []

  /** @param onFailure told once, when a sync has failed and writes have stopped */
  constructor(onFailure: (error: Error) => void = () => undefined) {
    this.#onFailure = onFailure
  }

  /** Why writes have stopped, if they have. */
  get failure(): Error | undefined {
    return this.#failure
  }

  /** @throws ServiceUnavailable when a sync has failed since the store was opened */
  requireWritable(): void {
    if (this.#failure !== undefined) throw writingStopped(this.#failure)
  }

  /** Syncs a file's data; what fails is not retried, by anybody. A full disk is the file's own trouble, all else the disk's. */
  async syncFile(fd: number): Promise<void> {
    await this.#sync(fd, fdatasync, (error) => !isFull(error))
  }

  /** Syncs a directory's names. */
  async syncDirectory(fd: number): Promise<void> {
    await this.#sync(fd, fsync, () => true)
  }

  async #sync(fd: number, call: (fd: number) => Promise<void>, isFatal: (error: unknown) => boolean): Promise<void> {
    if (this.#syncing < syncsMax) this.#syncing += 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      this.requireWritable()
      await call(fd)
    } catch (error) {
      if (!(error instanceof S3Error) && isFatal(error)) {
        const reason = error instanceof Error ? error.message : String(error)
        this.fail(new Error(`A sync of blob files failed (${reason})`, { cause: error }))
      }
      throw error
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#syncing -= 1
      else next()
    }
  }

  /** Stops writing for good. */
  fail(failure: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = failure
    this.#onFailure(failure)
  }
}

/** What a caller is told about an error of the disk: a full disk and stopped writes by name, anything else as it is. */
export function tellable(error: unknown): unknown {
  if (!isFull(error)) return error
  return diskFull(error)
}

/** Writes all bytes at a position of a file. */
export async function writeWhole(fd: number, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await write(fd, bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}

/** Makes one directory; fine when it is there already. Not by Node's `recursive`, which goes on for ever below /proc. */
async function makeOne(path: string): Promise<void> {
  try {
    await fs.promises.mkdir(path, { mode: 0o700 })
  } catch (error) {
    const isThere = hasCode(error, ['EEXIST']) && (await fs.promises.stat(path)).isDirectory()
    if (!isThere) throw error
  }
}

/** Makes a directory below one that exists, and its name durable. Fine when it is there already. */
export async function makeDirectory(disk: Disk, path: string): Promise<void> {
  await makeOne(path)
  passPoint('directory made')
  await syncDirectory(disk, dirname(path))
}

/** Makes durable what has been made, renamed or removed in a directory. */
export async function syncDirectory(disk: Disk, path: string): Promise<void> {
  const fd = await open(path, 'r')
  try {
    await disk.syncDirectory(fd)
  } finally {
    await close(fd)
  }
}

/** Removes a file; fine when it is gone already. */
export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (!hasCode(error, ['ENOENT'])) throw error
  })
}

/** Runs a task at most once at a time: whoever asks while it runs waits for the next run, together with all others. */
export class Coalesced {
  readonly #task: () => Promise<void>
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(task: () => Promise<void>) {
    this.#task = task
  }

  /** Settles after a run that began after this call. */
  run(): Promise<void> {
    if (this.#running === undefined) return this.#start()
    const start = (): Promise<void> => this.#start()
    this.#next ??= this.#running.then(start, start)
    return this.#next
  }

  #start(): Promise<void> {
    this.#next = undefined
    const running = this.#task().finally(() => {
      if (this.#running === running) this.#running = undefined
    })
    this.#running = running
    return running
  }
}

const isFull = (error: unknown): boolean => hasCode(error, ['ENOSPC', 'EDQUOT'])

/** Whether something that was thrown is a system error of one of these codes ("ENOENT"). */
export const hasCode = (error: unknown, codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
