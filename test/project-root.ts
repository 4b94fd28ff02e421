// Where the project is, whether a test runs from dist or from its source.

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The project's directory: the nearest one above this file that has a package.json. */
export const projectRoot = rootAbove(import.meta.dirname)

function rootAbove(directory: string): string {
  if (existsSync(join(directory, 'package.json'))) return directory
  const parent = dirname(directory)
  if (parent === directory) throw new Error('no package.json above the tests')
  return rootAbove(parent)
}
