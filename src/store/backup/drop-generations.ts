// Takes generations away that newer ones have replaced, and what nothing in the pool is named by any more.

import Database from 'better-sqlite3'
import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode, removeFile, syncDirectory } from '../blobs/disk.js'
import { poolInstance, type Target } from './target.js'

/** Removes the oldest generations but the newest `keep`; answers which. Their blobs stay until `sweepPool`. */
export async function dropGenerations(target: Target, keep: number): Promise<number[]> {
  const folder = join(target.path, 'generations')
  for (const name of await target.leftovers()) {
    if (name.startsWith('dropping-')) await rm(join(folder, name), { recursive: true, force: true })
  }
  const generations = await target.generations()
  const dropped = generations.slice(0, Math.max(0, generations.length - keep))
  for (const number of dropped) {
    // Out of its name first: what is left of it after a crash must not look whole.
    const dropping = join(folder, `dropping-${number}`)
    await rename(target.generationPath(number), dropping)
    await syncDirectory(target.disk, folder)
    await rm(dropping, { recursive: true, force: true })
  }
  return dropped
}

/** Removes every file of the pool that no generation's catalog names, drafts of killed runs among them; answers how many. */
export async function sweepPool(target: Target): Promise<number> {
  const catalogs = (await target.generations()).map(
    (generation) =>
      new Database(join(target.generationPath(generation), 'catalog.db'), { readonly: true, fileMustExist: true }),
  )
  try {
    // The newest generation names most of what is there.
    const questions = catalogs
      .toReversed()
      .map((catalog) => catalog.prepare<[Buffer], { one: 1 }>('SELECT 1 AS one FROM blob WHERE digest = ?'))
    let removed = 0
    const pool = join(target.blobsPath(), poolInstance)
    for (const folder of await namesIn(pool)) {
      for (const name of await namesIn(join(pool, folder))) {
        const hex = /^([0-9a-f]{64})-backup$/.exec(name)?.[1]
        const digest = hex === undefined ? undefined : Buffer.from(hex, 'hex')
        if (digest !== undefined && questions.some((question) => question.get(digest) !== undefined)) continue
        await removeFile(join(pool, folder, name))
        removed += 1
      }
    }
    return removed
  } finally {
    for (const catalog of catalogs) catalog.close()
  }
}

async function namesIn(path: string): Promise<string[]> {
  return readdir(path).catch((error: unknown) => {
    if (hasCode(error, ['ENOENT', 'ENOTDIR'])) return []
    throw error
  })
}
