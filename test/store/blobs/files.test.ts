// Blob files: which names are durable when a file may be named by a row.

import { ok, rejects } from 'node:assert/strict'
import { readlinkSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Disk } from '../../../src/store/blobs/disk.js'
import { BlobFiles } from '../../../src/store/blobs/files.js'
import { afterEachTest, temporaryDirectory } from '../temporary-directory.js'

/** Writes down which directories are synced. */
class WatchedDisk extends Disk {
  readonly synced = new Set<string>()

  override async syncDirectory(fd: number): Promise<void> {
    await super.syncDirectory(fd)
    this.synced.add(readlinkSync(`/proc/self/fd/${fd}`))
  }
}

describe('BlobFiles', () => {
  const later = afterEachTest()

  it('syncs the name of its own folder, also when its first attempt to make it failed', async () => {
    const root = await temporaryDirectory(later)
    const disk = new WatchedDisk()
    const files = new BlobFiles(disk, root, 'instance')
    later(() => files.close())
    await writeFile(join(root, 'instance'), '')
    await rejects(files.create())
    await rm(join(root, 'instance'))

    const draft = await files.create()
    await draft.write(new Uint8Array(1), 0)
    const location = await draft.seal(new Uint8Array(32))
    await draft.syncName()
    draft.settled()

    ok(disk.synced.has(root), 'the folder of the process has no durable name')
    ok(disk.synced.has(join(root, 'instance')), 'the folder of its files has no durable name')
    ok(disk.synced.has(join(root, location, '..')), 'the file has no durable name')
  })
})
