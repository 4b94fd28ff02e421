// A backup directory: generations of catalogs over one pool of blobs, which lies as a data directory's blobs do.
//   <target>/backup.json                                   which store's backups these are
//   <target>/lock.db, lock.pid                             one process at a time
//   <target>/generations/<generation>/catalog.db           names, as of one change; its places are those of the pool
//   <target>/generations/<generation>/root-key.json        root's key, as the data directory had it
//   <target>/generations/<generation>/manifest.json        what the generation is; the generation gets its name when all of it is durable
//   <target>/generations/draft, dropping-<generation>      being made, being removed
//   <target>/blobs/0000000000000000/<xx>/<sha256>-backup   bytes, each blob once; <xx> are the digest's first two digits

import { createReadStream } from 'node:fs'
import { mkdir, readdir, readFile, realpath } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { basename, dirname, join, relative } from 'node:path'
import { Disk, hasCode, makeDirectory } from '../blobs/disk.js'
import { type Lock, lockDirectory } from '../lock.js'
import { writeDurable } from '../write-durable.js'
import { type Manifest, manifestOf, type Marker, markerOf } from './manifest.js'

/** The pool's folder below `blobs/`: the instance of nobody, so that a restored directory has it beside those of its servers. */
export const poolInstance = '0'.repeat(16)

/** Digits of a generation's name: names sort as numbers do. */
const generationDigits = 6

/** Names a killed program may have left in a directory where nothing was made yet. */
const lockNames = ['lock.db', 'lock.db-journal', 'lock.pid']

/** An open backup directory; `close` must follow. */
export class Target {
  readonly path: string
  readonly disk = new Disk()
  readonly #lock: Lock | undefined

  private constructor(path: string, lock: Lock | undefined) {
    this.path = path
    this.#lock = lock
  }

  /** Opens a directory to back up into; it is made, with its parents, when there is none.
   *  @throws DirectoryLocked; Error when it holds something else, or backups of another store */
  static async openToWrite(path: string, store: string): Promise<Target> {
    await mkdir(dirname(path), { recursive: true })
    await makeDirectory(new Disk(), path)
    const found = (await readdir(path)).filter((name) => !lockNames.includes(name))
    if (found.length > 0 && !found.includes(markerName) && !found.every((name) => name === `${markerName}.draft`)) {
      throw new Error(`${path} is not empty and holds no backup: name a new directory`)
    }
    const target = new Target(path, lockDirectory(path))
    try {
      const marker = found.includes(markerName) ? await readMarker(path) : undefined
      if (marker === undefined) {
        await writeDurable(target.disk, join(path, markerName), `${JSON.stringify({ format: 1, store })}\n`)
      } else if (marker.store !== store) {
        throw new Error(`${path} holds backups of another store: name another directory`)
      }
      await makeDirectory(target.disk, join(path, 'generations'))
      await makeDirectory(target.disk, join(path, 'blobs'))
      await makeDirectory(target.disk, join(path, 'blobs', poolInstance))
      return target
    } catch (error) {
      target.close()
      throw error
    }
  }

  /** Opens a directory to read from; it may be on a medium that cannot be written to.
   *  @throws DirectoryLocked while a backup is made into it; Error when it holds no backup */
  static async openToRead(path: string): Promise<Target> {
    await readMarker(path)
    return new Target(path, lockedUnlessReadOnly(path))
  }

  /** The numbers of every generation that is whole, oldest first. */
  async generations(): Promise<number[]> {
    const names = (await this.#names()).filter((name) => /^\d+$/.test(name))
    return names.map(Number).toSorted((a, b) => a - b)
  }

  /** What a generation says of itself.
   *  @throws Error when its manifest cannot be read or understood */
  async manifest(generation: number): Promise<Manifest> {
    const path = join(this.generationPath(generation), 'manifest.json')
    let text: string
    try {
      text = await readFile(path, 'utf8')
    } catch (cause) {
      throw new Error(`The manifest of generation ${generation} cannot be read`, { cause })
    }
    return manifestOf(text, path)
  }

  /** What runs that did not finish have left: names below `generations/`. */
  async leftovers(): Promise<string[]> {
    return (await this.#names()).filter((name) => !/^\d+$/.test(name))
  }

  /** A number no generation has had. */
  async nextGeneration(): Promise<number> {
    const numbers = (await this.#names()).map((name) => Number(/\d+$/.exec(name)?.[0] ?? 0))
    return Math.max(0, ...numbers) + 1
  }

  generationPath(number: number): string {
    return join(this.path, 'generations', String(number).padStart(generationDigits, '0'))
  }

  draftPath(): string {
    return join(this.path, 'generations', 'draft')
  }

  blobsPath(): string {
    return join(this.path, 'blobs')
  }

  close(): void {
    this.#lock?.release()
  }

  async #names(): Promise<string[]> {
    return readdir(join(this.path, 'generations')).catch((error: unknown) => {
      if (hasCode(error, ['ENOENT'])) return []
      throw error
    })
  }
}

const markerName = 'backup.json'

async function readMarker(path: string): Promise<Marker> {
  let text: string
  try {
    text = await readFile(join(path, markerName), 'utf8')
  } catch (cause) {
    throw new Error(`${path} holds no backup: there is no ${markerName} in it`, { cause })
  }
  return markerOf(text, path)
}

function lockedUnlessReadOnly(path: string): Lock | undefined {
  try {
    return lockDirectory(path)
  } catch (error) {
    // Where nobody can write nobody makes a backup.
    if (hasCode(error, ['EROFS', 'SQLITE_CANTOPEN', 'SQLITE_READONLY', 'SQLITE_READONLY_DIRECTORY'])) {
      return undefined
    }
    throw error
  }
}

/** Where the pool has a blob, below `blobs/`.
 *  @param digest SHA-256 in hex */
export const poolLocation = (digest: string): string => `${poolInstance}/${digest.slice(0, 2)}/${digest}-backup`

/** SHA-256 of a file in hex. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** Refuses two directories of which one lies in the other: a backup goes down with what it lies in.
 *  @throws Error */
export async function requireApart(data: string, target: string): Promise<void> {
  const [a, b] = [await resolved(data), await resolved(target)]
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const path = relative(one, other)
    if (path === '' || !(path === '..' || path.startsWith('../'))) {
      throw new Error(`${target} and ${data} lie in one another: a backup needs a directory of its own`)
    }
  }
}

/** The real path of what may not be there yet. */
async function resolved(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (!hasCode(error, ['ENOENT']) || dirname(path) === path) throw error
    return join(await resolved(dirname(path)), basename(path))
  }
}
