// `cairn renew-master-key`: the way out for who has lost the master key. Whatever was sealed under it is lost with it; everything else is kept.

import { existsSync } from 'node:fs'
import { Disk } from './blobs/disk.js'
import { openSqliteCatalog } from './catalog/sqlite-catalog.js'
import { catalogIn, masterKeyIn } from './directory.js'
import { lockDirectory } from './lock.js'
import { renewMasterKey } from './master-key.js'

/** Makes a new master key for a data directory that nobody serves.
 *  @param file path of the key's file; `master-key.json` of the directory when left out
 *  @returns how many access keys were removed
 *  @throws DirectoryLocked; Error when there is no store, or when nothing is lost */
export async function renewMasterKeyOf(directory: string, file = masterKeyIn(directory)): Promise<number> {
  const path = catalogIn(directory)
  if (!existsSync(path)) throw new Error(`${directory} holds no store: there is no catalog.db in it`)
  const lock = lockDirectory(directory)
  try {
    const catalog = await openSqliteCatalog({ path })
    try {
      return await renewMasterKey(file, catalog, new Disk())
    } finally {
      await catalog.close()
    }
  } finally {
    lock.release()
  }
}
