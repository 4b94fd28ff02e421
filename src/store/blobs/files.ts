// Blob files of one server instance: `blobs/<instance>/<folder>/<sha256>-<random>`. A file whose digest is not known yet has a draft
// name meanwhile. It is synced, and so is its folder: only then may a row name it, and to be named by a row is what counts.

import { randomFillSync } from 'node:crypto'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Coalesced, type Disk, makeDirectory, removeFile, writeWhole } from './disk.js'
import { passPoint } from '../fault-points.js'

const open = promisify(fs.open)
const close = promisify(fs.close)
const rename = promisify(fs.rename)

/** Files in one folder. Larger folders are slower to sync and to list. */
const folderFilesMax = 10_000

interface Folder {
  readonly name: string
  readonly fd: number
  readonly names: Coalesced
  files: number
  /** Drafts that may still have to sync it. */
  drafts: number
}

/** A file that is being written. Must be `settled` in the end, whatever happened. */
export class DraftFile {
  readonly #disk: Disk
  readonly #root: string
  readonly #folder: Folder
  readonly #onSettled: () => void
  #fd: number | undefined
  /** Below `blobs/`. */
  #location: string
  /** The location once it is sealed. */
  readonly #home: string
  readonly #isNamed: boolean

  /** Use `BlobFiles.create`. */
  constructor(
    disk: Disk,
    root: string,
    folder: Folder,
    fd: number,
    at: { readonly home: string; readonly location: string; readonly isNamed: boolean },
    onSettled: () => void,
  ) {
    this.#disk = disk
    this.#root = root
    this.#folder = folder
    this.#fd = fd
    this.#home = at.home
    this.#location = at.location
    this.#isNamed = at.isNamed
    this.#onSettled = onSettled
  }

  /** Writes bytes at a position. */
  async write(bytes: Uint8Array, position: number): Promise<void> {
    await writeWhole(this.#openFd(), bytes, position)
  }

  /** Makes the bytes durable and gives the file its name. The name is durable after `syncName`.
   *  @param digest SHA-256 of the bytes
   *  @returns the location below `blobs/` */
  async seal(digest: Uint8Array): Promise<string> {
    passPoint('blob written')
    await this.#disk.syncFile(this.#openFd())
    passPoint('blob synced')
    await this.#close()
    // Created under its name, it saves a rename and the second commit of the file system's journal that a rename costs.
    if (this.#isNamed) return this.#location
    const location = `${this.#home}/${blobName(digest)}`
    await rename(join(this.#root, this.#location), join(this.#root, location))
    passPoint('blob renamed')
    this.#location = location
    return location
  }

  /** Makes the names of all files sealed so far in this folder durable; those who ask at the same time share one sync. */
  async syncName(): Promise<void> {
    await this.#folder.names.run()
    passPoint('blob names durable')
  }

  /** Removes the file, however far it has come. */
  async remove(): Promise<void> {
    await this.#close()
    await removeFile(join(this.#root, this.#location))
    passPoint('draft removed')
  }

  /** Tells that neither `syncName` nor anything else will be asked of it. */
  settled(): void {
    this.#onSettled()
  }

  #openFd(): number {
    if (this.#fd === undefined) throw new Error('The draft file is closed')
    return this.#fd
  }

  async #close(): Promise<void> {
    const fd = this.#fd
    this.#fd = undefined
    if (fd !== undefined) await close(fd)
  }
}

/** Where this process writes its blob files. */
export class BlobFiles {
  readonly #disk: Disk
  readonly #root: string
  readonly #instance: string
  readonly #folderFilesMax: number
  #folder: Folder | undefined
  #opening: Promise<Folder> | undefined
  /** Whether this process's own folder is there, its name synced. */
  #hasHome = false
  #folders = 0
  #drafts = 0

  /** @param root the `blobs` directory, which exists
   *  @param instance this process's folder below it; nobody else's, ever */
  constructor(disk: Disk, root: string, instance: string, filesMax = folderFilesMax) {
    this.#disk = disk
    this.#root = root
    this.#instance = instance
    this.#folderFilesMax = filesMax
  }

  /** Begins a file.
   *  @param digest SHA-256 of what will be in it, when that is known already */
  async create(digest?: Uint8Array): Promise<DraftFile> {
    const folder = await this.#roomInFolder()
    const settled = (): void => {
      folder.drafts -= 1
      this.#closeIfLeft(folder)
    }
    const home = `${this.#instance}/${folder.name}`
    this.#drafts += 1
    const location = `${home}/${digest === undefined ? `draft-${this.#drafts}` : blobName(digest)}`
    try {
      const fd = await open(join(this.#root, location), 'wx', 0o600)
      const at = { home, location, isNamed: digest !== undefined }
      return new DraftFile(this.#disk, this.#root, folder, fd, at, settled)
    } catch (error) {
      settled()
      throw error
    }
  }

  /** Removes a sealed file. */
  async remove(location: string): Promise<void> {
    await removeFile(join(this.#root, location))
    passPoint('draft removed')
  }

  /** Closes the folder. Drafts must have been settled. */
  close(): void {
    const folder = this.#folder
    this.#folder = undefined
    if (folder !== undefined) this.#closeIfLeft(folder)
  }

  /** A folder with room, in which it has been taken. */
  async #roomInFolder(): Promise<Folder> {
    for (;;) {
      const folder = this.#folder
      if (folder !== undefined && folder.files < this.#folderFilesMax) {
        folder.files += 1
        folder.drafts += 1
        return folder
      }
      this.#opening ??= this.#openFolder().finally(() => {
        this.#opening = undefined
      })
      await this.#opening
    }
  }

  async #openFolder(): Promise<Folder> {
    const name = String(this.#folders)
    this.#folders += 1
    const home = join(this.#root, this.#instance)
    if (!this.#hasHome) await makeDirectory(this.#disk, home)
    this.#hasHome = true
    const path = join(home, name)
    await makeDirectory(this.#disk, path)
    const fd = await open(path, 'r')
    const names = new Coalesced(() => this.#disk.syncDirectory(fd))
    const left = this.#folder
    this.#folder = { name, fd, names, files: 0, drafts: 0 }
    if (left !== undefined) this.#closeIfLeft(left)
    return this.#folder
  }

  #closeIfLeft(folder: Folder): void {
    if (folder !== this.#folder && folder.drafts === 0) fs.closeSync(folder.fd)
  }
}

/** Chance, drawn for many names at a time. */
const chance = Buffer.alloc(4096)
let chanceUsed = chance.length

/** `<sha256>-<random>`: the same content may be written several times at once. */
function blobName(digest: Uint8Array): string {
  if (chanceUsed === chance.length) {
    randomFillSync(chance)
    chanceUsed = 0
  }
  chanceUsed += 8
  const hex = Buffer.from(digest.buffer, digest.byteOffset, digest.length).toString('hex')
  return `${hex}-${chance.toString('hex', chanceUsed - 8, chanceUsed)}`
}
