// A catalog of its own for each test, closed and removed after it.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  openSqliteCatalog,
  type SqliteCatalog,
  type SqliteCatalogSettings,
} from '../../../src/store/catalog/sqlite-catalog.js'

/** A test module beside this one ("trial-transactions"), compiled or not. */
export const testModule = (name: string): URL =>
  new URL(`./${name}.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

const open: SqliteCatalog[] = []
const directories: string[] = []

/** A directory that goes after the test. */
export async function freshDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'catalog-'))
  directories.push(directory)
  return directory
}

/** Opens a catalog that closes after the test: at `path`, or in a directory of its own. */
export async function freshCatalog(settings: Partial<SqliteCatalogSettings> = {}): Promise<SqliteCatalog> {
  const path = settings.path ?? join(await freshDirectory(), 'catalog.db')
  const catalog = await openSqliteCatalog({ ...settings, path })
  open.push(catalog)
  return catalog
}

/** Closes and removes what the test has opened. */
export async function closeCatalogs(): Promise<void> {
  await Promise.all(open.splice(0).map((catalog) => catalog.close()))
  await Promise.all(directories.splice(0).map((directory) => rm(directory, { recursive: true, force: true })))
}
