// `cairn repair`: puts right what can be proven right, and says what is lost, before anything is changed. The plan is the repair itself,
// done to a copy of the catalog; only when a check of that copy finds nothing any more may it take the catalog's place.

import { mkdir, readdir, rename, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { hasCode } from '../blobs/disk.js'
import { foldUsage } from '../catalog/fold-usage.js'
import { one, statement } from '../catalog/steps.js'
import { ByteCheck, type ByteFault, type ByteProgress } from '../check-bytes.js'
import { catalogFaults } from '../check-catalog.js'
import { orphans } from '../check.js'
import { lockDirectoryOnceFree } from '../lock.js'
import { requireStore } from '../open-to-check.js'
import { recountQuotas } from './recount-quotas.js'
import { recountUsage } from './recount-usage.js'
import { LostVersions } from './lost-versions.js'
import { RepairBytes } from './repair-bytes.js'
import { RepairNames } from './repair-names.js'
import {
  dropLostBodies,
  findLostBodies,
  repairComposites,
  repairConsequences,
  repairReferences,
} from './repair-rows.js'
import type { RepairStep, Tell } from './repair-step.js'
import { WorkingCopy } from './working-copy.js'

/** How a repair goes. */
export interface RepairOptions {
  /** Whether it is done; else it is only told. */
  readonly isConfirmed: boolean
  /** Ms since 1970. */
  readonly now: number
  readonly step: Tell
  readonly progress?: (progress: ByteProgress) => void
}

/** What a repair has come to. */
export interface Repaired {
  /** Objects, and parts of uploads, that are lost. */
  readonly losses: number
  /** What is put right. */
  readonly changes: number
  /** Files that nobody names and that are moved away. */
  readonly files: number
  /** The catalog as it was, where it has been replaced. */
  readonly kept?: string
}

/** A repair that changes what the next look depends on is followed by another look; more looks than this mean that it runs in circles. */
const looksMax = 6

/** Repairs a data directory nobody serves, or tells what that would do.
 *  @throws DirectoryLocked; Error when it is no data directory, its format is another program's, or something cannot be repaired: nothing
 *    has been changed then */
export async function repairStore(directory: string, options: RepairOptions): Promise<Repaired> {
  const path = requireStore(directory)
  const lock = await lockDirectoryOnceFree(directory)
  const root = join(directory, 'blobs')
  const repairs = join(directory, 'repairs')
  const steps: RepairStep[] = []
  const tell: Tell = (step) => {
    steps.push(step)
    options.step(step)
  }
  try {
    const copy = WorkingCopy.open(path, join(repairs, 'work'), tell)
    try {
      await repairCopy(copy, root, options, tell)
      const kept = join(repairs, new Date(options.now).toISOString().replaceAll(/[:.]/g, '-'))
      const strays = await strayFiles(copy, root)
      for (const { location, bytes } of strays) {
        const what = `no row names the file blobs/${location} (${bytes} bytes): it is moved to ${join(kept, 'files')}`
        tell({ kind: 'file', what })
      }
      const losses = steps.filter(({ kind }) => kind === 'loss').length
      const changes = steps.filter(({ kind }) => kind === 'change').length
      const repaired = { losses, changes, files: strays.length }
      if (!options.isConfirmed || steps.length === 0) return repaired
      const old = losses + changes > 0 ? copy.replace(kept, steps) : undefined
      for (const { location } of strays) await moveFile(join(root, location), join(kept, 'files', location))
      return { ...repaired, ...(old !== undefined && { kept: old }) }
    } finally {
      copy.close()
    }
  } finally {
    // A plan leaves nothing behind.
    await rmdir(repairs).catch(unlessUsed)
    lock.release()
  }
}

async function repairCopy(
  { connection }: WorkingCopy,
  root: string,
  { now, progress = () => undefined }: RepairOptions,
  tell: Tell,
): Promise<void> {
  const { database } = connection
  const lost = new LostVersions(connection, now, tell)
  const bytes = new RepairBytes({ connection, root, now, tell, lost, filesOf: (digests) => filesOf(root, digests) })
  const names = new RepairNames(connection, lost, tell)
  foldAll(connection)
  recountUsage(database, tell)
  for (let look = 1; ; look += 1) {
    repairReferences(database, tell)
    repairComposites(database, tell)
    findLostBodies(database)
    lost.endUnreadable()
    dropLostBodies(database, tell)
    repairConsequences(database, tell)
    const faults: ByteFault[] = []
    await new ByteCheck(connection, root, progress, (fault) => faults.push(fault)).run()
    const isHealed = await bytes.repair(faults)
    const isRenamed = names.repair(faults)
    if (!isHealed && !isRenamed) {
      requireKnown(faults)
      break
    }
    if (look === looksMax) throw new Error('The repair does not come to an end; nothing was changed')
  }
  // What was told above has changed it, as it should; only what was wrong before is told.
  recountUsage(database, () => undefined)
  recountQuotas(database, tell)
  requireClean(connection)
}

/** @throws Error when a file is wrapped by a newer program: only that can say whether it is damaged */
function requireKnown(faults: readonly ByteFault[]): void {
  for (const found of faults) {
    if (found.of === 'blob' && found.fault.problem === 'wrapping') {
      throw new Error(`${found.blob.location}: ${found.fault.what}; nothing was changed`)
    }
  }
}

/** Folds what is left of the feed, as far as it can be: what it would have come to is counted anew anyway. */
function foldAll(connection: WorkingCopy['connection']): void {
  try {
    while (connection.runInSnapshot(foldUsage.steps({ limit: 5_000 })).count > 0);
  } catch {
    // Its bodies are not there, or its numbers are not: that is told, and put right, by the rules for rows.
  }
}

const isAccepted = statement<{ id: number }, { one: 1 }>(
  'SELECT 1 AS one FROM damage WHERE blob_id = :id AND accepted IS NOT NULL',
)

/** @throws Error when the copy still breaks a rule */
function requireClean(connection: WorkingCopy['connection']): void {
  const left: string[] = []
  for (const { what, blobId } of catalogFaults(connection.database, true, () => undefined)) {
    if (blobId !== undefined && connection.run(one(isAccepted, { id: blobId })) !== undefined) continue
    left.push(what)
  }
  if (left.length === 0) return
  throw new Error(
    `Not everything can be repaired: ${left.slice(0, 10).join('; ')}. Restore the backup of the catalog, then run cairn repair again; nothing was changed`,
  )
}

function unlessUsed(error: unknown): void {
  if (!hasCode(error, ['ENOTEMPTY', 'EEXIST', 'ENOENT'])) throw error
}

/** Files below `blobs/` whose names begin with one of some digests. */
async function filesOf(root: string, digests: ReadonlySet<string>): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>()
  for (const instance of await readdir(root)) {
    for (const folder of await readdir(join(root, instance)).catch(() => [])) {
      for (const file of await readdir(join(root, instance, folder)).catch(() => [])) {
        const digest = file.slice(0, 64)
        if (digests.has(digest)) found.set(digest, [...(found.get(digest) ?? []), `${instance}/${folder}/${file}`])
      }
    }
  }
  return found
}

async function strayFiles({ connection }: WorkingCopy, root: string): Promise<{ location: string; bytes: number }[]> {
  const strays = []
  for await (const location of orphans(connection, root)) {
    strays.push({ location, bytes: (await stat(join(root, location))).size })
  }
  return strays
}

async function moveFile(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  await rename(from, to)
}
