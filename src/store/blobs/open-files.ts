// Blob files open for reading. The ones used last stay open, for the next read of the same content.

import * as fs from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const open = promisify(fs.open)

/** Files kept open while nobody reads them. */
const idleFilesMax = 256

interface OpenFile {
  readonly fd: Promise<number>
  uses: number
  isForgotten: boolean
}

/** Shares open files among reads. */
export class OpenFiles {
  readonly #root: string
  /** By location, the one used longest ago first. */
  readonly #files = new Map<string, OpenFile>()
  #idle = 0

  /** @param root the `blobs` directory */
  constructor(root: string) {
    this.#root = root
  }

  /** Opens a file, or answers the one that is open; `release` must follow, once.
   *  @throws ENOENT and the like */
  async use(location: string): Promise<{ readonly fd: number; readonly release: () => void }> {
    let file = this.#files.get(location)
    if (file === undefined) {
      file = { fd: open(join(this.#root, location), 'r'), uses: 0, isForgotten: false }
    } else {
      this.#files.delete(location)
      if (file.uses === 0) this.#idle -= 1
    }
    this.#files.set(location, file)
    file.uses += 1
    const used = file
    try {
      return { fd: await used.fd, release: () => this.#release(location, used) }
    } catch (error) {
      used.uses -= 1
      if (this.#files.get(location) === used) this.#files.delete(location)
      throw error
    }
  }

  /** Closes a file that is being removed, as soon as nobody reads it. */
  forget(location: string): void {
    const file = this.#files.get(location)
    if (file === undefined) return
    this.#files.delete(location)
    file.isForgotten = true
    if (file.uses > 0) return
    this.#idle -= 1
    closeFile(file)
  }

  /** Closes every file nobody reads. */
  close(): void {
    for (const location of this.#files.keys()) this.forget(location)
  }

  #release(location: string, file: OpenFile): void {
    file.uses -= 1
    if (file.uses > 0) return
    if (file.isForgotten) return closeFile(file)
    this.#idle += 1
    if (this.#idle <= idleFilesMax) return
    for (const [oldest, other] of this.#files) {
      if (other.uses > 0) continue
      this.forget(oldest)
      return
    }
  }
}

/** Nobody waits for it: the file was only read. */
function closeFile(file: OpenFile): void {
  file.fd.then(
    (fd) => fs.close(fd, () => undefined),
    () => undefined,
  )
}
