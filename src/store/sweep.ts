// What processes that are dead left behind: files that no row names. Done once for each of them, in the background.

import { opendir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Disk, hasCode, removeFile, syncDirectory } from './blobs/disk.js'
import type { Catalog } from './catalog/catalog.js'
import { markInstanceSwept, unsweptInstances } from './catalog/register-instance.js'
import { unplacedLocations } from './catalog/unplaced-locations.js'
import { passPoint } from './fault-points.js'

/** Files asked about at a time. */
const filesMax = 500

/** Removes the orphans of every instance that is dead. Nothing that a dead instance sent may still be on its way to the catalog.
 *  @param root the `blobs` directory
 *  @param isLiving whether the process of an instance may be alive; one that is dead never lives again
 *  @param isStopping asked between two batches; what is not done then is done at the next start
 *  @returns how many files were removed */
export async function sweepDeadInstances(
  catalog: Catalog,
  disk: Disk,
  root: string,
  isLiving: (instance: string) => boolean,
  isStopping: () => boolean,
): Promise<number> {
  let removed = 0
  for (const { id } of await catalog.read(unsweptInstances, undefined)) {
    if (isLiving(id)) continue
    for await (const folder of entriesOf(join(root, id))) {
      let locations: string[] = []
      const removeOrphans = async (): Promise<void> => {
        const orphans = locations.length === 0 ? [] : await catalog.commit(unplacedLocations, { locations })
        locations = []
        for (const orphan of orphans) await removeFile(join(root, orphan))
        if (orphans.length > 0) passPoint('orphans removed')
        if (orphans.length > 0) await syncDirectory(disk, join(root, id, folder))
        removed += orphans.length
      }
      for await (const file of entriesOf(join(root, id, folder))) {
        locations.push(`${id}/${folder}/${file}`)
        if (locations.length < filesMax) continue
        await removeOrphans()
        if (isStopping()) return removed
      }
      await removeOrphans()
      await removeEmptyDirectory(join(root, id, folder))
    }
    await removeEmptyDirectory(join(root, id))
    passPoint('folder removed')
    await catalog.commit(markInstanceSwept, { id })
    if (isStopping()) break
  }
  return removed
}

/** Names in a directory; none when it does not exist, or is no directory. */
async function* entriesOf(path: string): AsyncGenerator<string> {
  try {
    for await (const entry of await opendir(path, { bufferSize: filesMax })) yield entry.name
  } catch (error) {
    if (!hasCode(error, ['ENOENT', 'ENOTDIR'])) throw error
  }
}

async function removeEmptyDirectory(path: string): Promise<void> {
  try {
    await rmdir(path)
  } catch (error) {
    if (!hasCode(error, ['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'])) throw error
  }
}
