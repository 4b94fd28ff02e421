// Writes a small file whole and durably.

import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Disk, syncDirectory } from './blobs/disk.js'

/** Writes a file of the owner's alone, durably: whole under its name, or not there.
 *  @throws Error of the disk */
export async function writeDurable(disk: Disk, path: string, content: string | Uint8Array): Promise<void> {
  const draft = await open(`${path}.draft`, 'w', 0o600)
  try {
    await draft.chmod(0o600)
    await draft.writeFile(content)
    await draft.sync()
  } finally {
    await draft.close()
  }
  await rename(`${path}.draft`, path)
  await syncDirectory(disk, dirname(path))
}
