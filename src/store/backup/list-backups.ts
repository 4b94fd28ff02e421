// `cairn backup list`: what generations a backup directory has.

import type { Manifest } from './manifest.js'
import { Target } from './target.js'

/** The manifests of every whole generation, oldest first.
 *  @throws DirectoryLocked while a backup is made there; Error when it holds no backup, or a manifest cannot be understood */
export async function listBackups(path: string): Promise<Manifest[]> {
  const target = await Target.openToRead(path)
  try {
    return await Promise.all((await target.generations()).map((generation) => target.manifest(generation)))
  } finally {
    target.close()
  }
}
