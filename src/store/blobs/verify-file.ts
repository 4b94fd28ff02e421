// Is a blob's file what was written? Reads all of it, and compares its SHA-256 and the CRC32 of each block.

import { join } from 'node:path'
import type { StoredBlob } from '../catalog/stored-blobs.js'
import { BodyDigests } from './digests.js'
import { hasCode } from './disk.js'
import type { FileReader } from './file-reader.js'

/** What is wrong with a blob. */
export interface BlobFault {
  /** 'bytes': they are lost. 'crcs': the bytes are proven right by their SHA-256, the catalog's checksums of the blocks are wrong.
   *  'wrapping': the bytes cannot be judged by this program. */
  readonly problem: 'bytes' | 'crcs' | 'wrapping'
  /** A sentence. */
  readonly what: string
  /** Set where the bytes are others than were written, but the checksums of their blocks fit: a read would not notice. */
  readonly isServed?: true
}

/** Reads a blob's file to its end.
 *  @param root the `blobs` directory
 *  @param onPiece told the bytes of each piece; what it answers is awaited before the next
 *  @returns what is wrong, or nothing. No error of the disk is thrown: it is what is wrong then */
export async function verifyFile(
  reader: FileReader,
  root: string,
  blob: StoredBlob,
  onPiece: (bytes: number) => Promise<void> | void = () => undefined,
): Promise<BlobFault | undefined> {
  const early = wrappingFault(blob)
  if (early !== undefined) return early
  try {
    const digests = new BodyDigests({ wholes: [], blobs: true })
    let size = 0
    for await (const piece of reader.read(join(root, blob.location), 0, blob.size, (found) => (size = found))) {
      digests.update(piece)
      await onPiece(piece.length)
    }
    if (size !== blob.size) return sizeFault(size, blob)
    return digestFault(digests.endBlob(), blob)
  } catch (error) {
    return readFault(error)
  }
}

/** A blob that is wrapped cannot be judged. */
export function wrappingFault({ wrapping }: StoredBlob): BlobFault | undefined {
  if (wrapping === null) return undefined
  return { problem: 'wrapping', what: `the file is wrapped in a way this program does not know: ${wrapping}` }
}

/** Another size than was written. */
export const sizeFault = (found: number, { size }: StoredBlob): BlobFault => ({
  problem: 'bytes',
  what: `the file has ${found} bytes, not ${size}`,
})

/** Other bytes than were written, or only other checksums of their blocks. */
export function digestFault(
  found: { readonly digest: Uint8Array; readonly blockCrcs: Uint8Array },
  { digest, blockCrcs }: StoredBlob,
): BlobFault | undefined {
  const areBlocksSame = isSame(blockCrcs, found.blockCrcs)
  if (!isSame(digest, found.digest)) {
    if (!areBlocksSame) return { problem: 'bytes', what: 'the file is damaged' }
    return { problem: 'bytes', what: 'the file is damaged, though the checksums of its blocks fit', isServed: true }
  }
  if (areBlocksSame) return undefined
  return { problem: 'crcs', what: 'the checksums of its blocks are wrong in the catalog' }
}

/** A file that cannot be read.
 *  @throws what is no error of the system */
export function readFault(error: unknown): BlobFault {
  if (!(error instanceof Error && 'code' in error)) throw error
  if (hasCode(error, ['ENOENT', 'ENOTDIR'])) return { problem: 'bytes', what: 'the file is missing' }
  return { problem: 'bytes', what: `the file cannot be read: ${error.message}` }
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
