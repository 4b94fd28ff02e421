// What `cairn repair` says to a person, before and after.

import type { Repaired } from './store/repair/repair.js'
import type { RepairStep } from './store/repair/repair-step.js'

/** One line for a step. Keys are quoted: they may hold anything. */
export function stepLine({ kind, what, object }: RepairStep): string {
  if (kind !== 'loss') return `${kind === 'change' ? 'change' : 'move'}: ${what}`
  if (object === undefined) return `LOST: ${what}`
  return `LOST: ${object.bucket}/${JSON.stringify(object.key)} (version ${object.versionId}) ${what}`
}

/** What it came to, or would. */
export function repairedText(
  directory: string,
  { losses, changes, files, kept }: Repaired,
  isConfirmed: boolean,
): string {
  if (losses + changes + files === 0) return `${directory}: there is nothing to repair`
  const counts = `lost: ${losses}, changes: ${changes}, files moved: ${files}`
  if (!isConfirmed) return `${directory}: ${counts}. Nothing has been done yet; cairn repair --yes does it`
  return `${directory}: ${counts}${kept === undefined ? '' : `. The catalog as it was, and this report: ${kept}`}`
}
