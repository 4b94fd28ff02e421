// Reads blob files from the disk itself, in order, in large pieces, one piece ahead of who uses them: for who looks at every byte that is stored.

import * as fs from 'node:fs'
import { promisify } from 'node:util'
import { hasCode } from './disk.js'

const open = promisify(fs.open)
const close = promisify(fs.close)
const fstat = promisify(fs.fstat)

/** Bytes read at once. Past the page cache nobody reads ahead but us. */
const pieceSizeBytes = 2 * 1024 * 1024

/** A file system may ask that reads past its cache begin at such a boundary, in the file and in memory. */
const alignmentBytes = 4096

/** Node has it, TypeScript's library for servers does not say so. */
declare const WebAssembly: {
  readonly Memory: new (pages: { readonly initial: number; readonly maximum: number; readonly shared: true }) => {
    readonly buffer: SharedArrayBuffer
  }
}

/** Memory that begins at a page, which no other memory of Node is sure to do: the kernel writes into it without its cache. */
function alignedMemory(sizeBytes: number): Uint8Array {
  const pages = sizeBytes / 65_536
  return new Uint8Array(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }).buffer)
}

/** A file that is being read. */
interface Source {
  readonly path: string
  fd: number
  /** Whether reads go past the page cache, so that they tell what the disk holds and push nothing out that others read again. */
  isDirect: boolean
}

/** Reads one file after the other with the same memory. Not for two reads at once. */
export class FileReader {
  readonly #memory = [alignedMemory(pieceSizeBytes), alignedMemory(pieceSizeBytes)] as const

  /** The bytes [from, from + length) of a file, or fewer where it ends before, in pieces of shared memory; a piece's memory is used again
   *  once the next is asked for.
   *  @param onSize told the file's size in bytes before its first piece
   *  @throws system errors: ENOENT, EIO and the like */
  async *read(path: string, from: number, length: number, onSize?: (size: number) => void): AsyncGenerator<Uint8Array> {
    const source = await openSource(path)
    let ahead: Promise<Uint8Array> | undefined
    try {
      onSize?.((await fstat(source.fd)).size)
      const end = from + length
      // A read past the cache begins at a boundary: the bytes before `from` are read and left out.
      let at = from - (from % alignmentBytes)
      for (let turn = 0; at < end || ahead !== undefined; turn += 1) {
        const piece: Uint8Array = await (ahead ?? fill(source, this.#memory[turn % 2 === 0 ? 0 : 1], at))
        ahead = undefined
        const begin = at
        at += piece.length
        if (piece.length === pieceSizeBytes && at < end) {
          ahead = fill(source, this.#memory[turn % 2 === 0 ? 1 : 0], at)
          ahead.catch(() => undefined) // awaited in the next turn, or nobody wants it any more
        }
        const wanted = piece.subarray(Math.max(0, from - begin), Math.max(0, Math.min(piece.length, end - begin)))
        if (wanted.length > 0) yield wanted
        if (piece.length < pieceSizeBytes) return
      }
    } finally {
      await ahead?.catch(() => undefined)
      await close(source.fd)
    }
  }
}

async function openSource(path: string): Promise<Source> {
  try {
    return { path, fd: await open(path, fs.constants.O_RDONLY | fs.constants.O_DIRECT), isDirect: true }
  } catch (error) {
    // Not every file system has it: tmpfs, some network and overlay ones.
    if (!hasCode(error, ['EINVAL', 'EOPNOTSUPP'])) throw error
    return { path, fd: await open(path, 'r'), isDirect: false }
  }
}

/** Reads until the piece is full or the file ends. */
async function fill(source: Source, piece: Uint8Array, position: number): Promise<Uint8Array> {
  let filled = 0
  while (filled < piece.length) {
    try {
      const count = await readAt(source.fd, piece, filled, position + filled)
      filled += count
      // Past the cache only the end of a file is at no boundary.
      if (count === 0 || (source.isDirect && count % alignmentBytes !== 0)) break
    } catch (error) {
      if (!source.isDirect || !hasCode(error, ['EINVAL'])) throw error
      // The file system wants other boundaries: the rest comes through the cache.
      const direct = source.fd
      source.fd = await open(source.path, 'r')
      source.isDirect = false
      await close(direct)
    }
  }
  return piece.subarray(0, filled)
}

const readAt = (fd: number, bytes: Uint8Array, offset: number, position: number): Promise<number> =>
  new Promise((resolve, reject) => {
    fs.read(fd, bytes, offset, bytes.length - offset, position, (error, count) =>
      error === null ? resolve(count) : reject(error),
    )
  })
