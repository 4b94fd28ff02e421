// A worker's catalog: read by a connection of its own, written by the writer process.

import { accessNumber } from '../catalog/access-number.js'
import type { Catalog } from '../catalog/catalog.js'
import { CatalogReader } from '../catalog/catalog-reader.js'
import { registerInstance } from '../catalog/register-instance.js'
import type { Query, Transaction } from '../catalog/steps.js'
import { catalogIn } from '../directory.js'
import { passPoint } from '../fault-points.js'
import { WriterLink, type WriterLinkParts } from './writer-link.js'

/** Reaches the writer, opens the catalog and registers this process's folder for blob files.
 *  @param now ms since 1970 */
export async function openRemoteCatalog(parts: WriterLinkParts, now: number): Promise<RemoteCatalog> {
  const link = new WriterLink(parts)
  await link.open()
  let reader: CatalogReader | undefined
  try {
    reader = new CatalogReader(catalogIn(parts.directory))
    // The writer answers after this connection was opened: so it had the catalog open then, and had synced what a crash left in the WAL.
    // Where writing has stopped there is nothing to register for, but there are reads to be answered.
    if (link.stopped() === undefined) {
      await link.commit(registerInstance, { id: parts.instance, startedMs: now })
      passPoint('instance registered')
    }
    return new RemoteCatalog(link, reader)
  } catch (error) {
    reader?.close()
    await link.close()
    throw error
  }
}

/** An open catalog. */
export class RemoteCatalog implements Catalog {
  readonly #link: WriterLink
  readonly #reader: CatalogReader

  /** Use `openRemoteCatalog`. */
  constructor(link: WriterLink, reader: CatalogReader) {
    this.#link = link
    this.#reader = reader
  }

  read<Arguments, Result>(query: Query<Arguments, Result>, args: Arguments): Promise<Result> {
    return this.#reader.read(query, args)
  }

  readNow<Arguments, Result>(query: Query<Arguments, Result>, args: Arguments): Result {
    return this.#reader.readNow(query, args)
  }

  /** Other processes commit too: the reading connection sees what any of them was told. */
  accessNumber(): number {
    return this.#reader.readNow(accessNumber, undefined)
  }

  commit<Arguments, Result>(transaction: Transaction<Arguments, Result>, args: Arguments): Promise<Result> {
    return this.#link.commit(transaction, args)
  }

  number(): number {
    return this.#link.number()
  }

  /** Why writes have stopped for good, if they have. */
  stopped(): Error | undefined {
    return this.#link.stopped()
  }

  /** Why writes cannot be had, when they cannot: for good, or while the writer is away. */
  failure(): Error | undefined {
    return this.#link.failure()
  }

  async close(): Promise<void> {
    await this.#link.close()
    this.#reader.close()
  }
}
