// A directory of a test's own, gone when the test has ended.

import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Calls what was left to be done, last in first out, after each test of the suite it is called in. */
export function afterEachTest(): (end: () => unknown) => void {
  const ends: (() => unknown)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end()
  })
  return (end) => ends.push(end)
}

/** Makes a directory under the system's temporary one; `later` removes it. */
export async function temporaryDirectory(later: (end: () => unknown) => void): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cairn-store-'))
  later(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** Every file below a directory, relative to it, sorted. */
export async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .toSorted()
}
