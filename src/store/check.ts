// `cairn check`: is everything there, and is it what was written? Reads all of a store, changes nothing. Beside a running server too.

import { opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode } from './blobs/disk.js'
import type { Connection } from './catalog/connection.js'
import { servedVersions, servedVersionsMax, type ServedVersion } from './catalog/served-versions.js'
import { one, all, statement } from './catalog/steps.js'
import { unplacedLocations } from './catalog/unplaced-locations.js'
import { versionIdOf } from './catalog/version-id.js'
import { ByteCheck, type ByteFault, type ByteProgress } from './check-bytes.js'
import { catalogFaults, type CatalogFault } from './check-catalog.js'
import type { WrongName } from './check-names.js'
import { type Company, openToCheck } from './open-to-check.js'

/** Something is not as it should be. */
export interface Fault {
  /** A sentence. */
  readonly what: string
  /** SHA-256 in hex, when a blob or a small body is meant. */
  readonly blob?: string
  /** Below `blobs/`, when a file is meant. */
  readonly location?: string
  /** Living versions that are spoilt by it, 20 at most. */
  readonly serves: readonly ServedVersion[]
  /** A repair has told of it before, and could not heal it: it is a loss that is known, and counts as no fault. */
  readonly isAccepted: boolean
}

/** How far a check has come, or a file that belongs to nobody (which is no fault: the next start removes it). */
export type Progress =
  | { readonly stage: 'catalog'; readonly done: number; readonly total: number }
  | ByteProgress
  | { readonly stage: 'orphan'; readonly location: string }

/** Who is told what while a check goes on. */
export interface CheckListener {
  /** First of all: who else uses the directory. Beside a server files that belong to nobody are not looked for, since it is writing some,
   *  and the database file is checked table by table, not as a whole. */
  company?(company: Company): void
  progress?(progress: Progress): void
  fault(fault: Fault): void
}

/** Files of a folder looked up at a time. */
const filesMax = 500

/** Checks a data directory; memory does not grow with it, but for a bit a blob.
 *  @throws Error when it is no data directory, or its format is another program's */
export async function checkStore(directory: string, listener: CheckListener): Promise<void> {
  const { connection, root, company, close } = openToCheck(directory, false)
  try {
    listener.company?.(company)
    const progress = (step: Progress): void => listener.progress?.(step)
    const faults = new FaultTexts(connection)
    const questions = catalogFaults(connection.database, company !== 'beside', (done, total) =>
      progress({ stage: 'catalog', done, total }),
    )
    for (const fault of questions) listener.fault(faults.ofCatalog(fault))
    await new ByteCheck(connection, root, progress, (fault) => listener.fault(faults.ofBytes(fault))).run()
    if (company === 'beside') return
    for await (const location of orphans(connection, root)) progress({ stage: 'orphan', location })
  } finally {
    close()
  }
}

const digestOfBlob = statement<{ id: number }, { digest: Uint8Array }>('SELECT digest FROM blob WHERE id = :id')
const acceptedBlob = statement<{ id: number }, { accepted: number | null }>(
  'SELECT accepted FROM damage WHERE blob_id = :id',
)
const acceptedBody = statement<{ id: number }, { accepted: number | null }>(
  'SELECT accepted FROM damage WHERE body_id = :id',
)

type VersionRow = { bucket: string; key: Uint8Array; position: number; isNull: 0 | 1 }
const versionsOfName = statement<
  { bodyId: number; etag: string; algorithm: string | null; checksum: string | null; limit: number },
  VersionRow
>(`
  SELECT b.name AS bucket, v.key, v.position, v.is_null AS "isNull" FROM version v JOIN bucket b ON b.id = v.bucket_id
  WHERE v.gone IS NULL AND v.body_id = :bodyId AND v.etag = :etag AND v.checksum_algorithm IS :algorithm AND v.checksum IS :checksum
  LIMIT :limit`)

/** Faults in words, with what they spoil. */
class FaultTexts {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  ofCatalog({ what, bodyId, blobId }: CatalogFault): Fault {
    if (blobId !== undefined) {
      const digest = this.#connection.run(one(digestOfBlob, { id: blobId }))?.digest
      const isAccepted = this.#isAccepted(acceptedBlob, blobId)
      return { what, ...(digest && { blob: hex(digest) }), serves: this.#served({ blobId }), isAccepted }
    }
    return { what, serves: bodyId === undefined ? [] : this.#served({ bodyId }), isAccepted: false }
  }

  ofBytes(found: ByteFault): Fault {
    switch (found.of) {
      case 'blob': {
        const { id, digest, location } = found.blob
        const isAccepted = found.fault.problem === 'bytes' && this.#isAccepted(acceptedBlob, id)
        return { what: found.fault.what, blob: hex(digest), location, serves: this.#served({ blobId: id }), isAccepted }
      }
      case 'small': {
        const { bodyId, digest, problem } = found
        const what =
          problem === 'crcs'
            ? `the checksum of small body ${bodyId} is wrong`
            : `the content of small body ${bodyId} is damaged`
        const isAccepted = problem === 'bytes' && this.#isAccepted(acceptedBody, bodyId)
        return { what, blob: hex(digest), serves: this.#served({ bodyId }), isAccepted }
      }
      case 'name':
        return { what: nameText(found.bodyId, found.wrong), serves: this.#named(found), isAccepted: false }
    }
  }

  #served(of: { readonly blobId: number } | { readonly bodyId: number }): readonly ServedVersion[] {
    return this.#connection.run(servedVersions.steps(of))
  }

  #named({ bodyId, wrong: { name } }: ByteFault & { readonly of: 'name' }): readonly ServedVersion[] {
    if (name.of === 'part') return this.#served({ bodyId })
    const { etag, algorithm, checksum } = name
    const rows = this.#connection.run(
      all(versionsOfName, { bodyId, etag, algorithm, checksum, limit: servedVersionsMax }),
    )
    return rows.map(({ bucket, key, position, isNull }) => ({
      bucket,
      key: Buffer.from(key).toString('utf8'),
      versionId: isNull === 1 ? 'null' : versionIdOf(position),
    }))
  }

  #isAccepted(accepted: typeof acceptedBlob, id: number): boolean {
    return (this.#connection.run(one(accepted, { id }))?.accepted ?? null) !== null
  }
}

/** "the ETag of a version is abc, but body 7 has def". */
function nameText(bodyId: number, { name, isETagWrong, isChecksumWrong, etag, checksum }: WrongName): string {
  const wrongs = [
    ...(isETagWrong ? [`the ETag of a ${name.of} is ${name.etag}, that of its body ${bodyId} is ${etag}`] : []),
    ...(isChecksumWrong
      ? [`the ${name.algorithm} of a ${name.of} is ${name.checksum}, that of its body ${bodyId} is ${checksum}`]
      : []),
  ]
  return wrongs.join(', and ')
}

/** Files below `blobs/` that no row names. */
export async function* orphans(connection: Connection, root: string): AsyncGenerator<string> {
  for await (const instance of entriesOf(root)) {
    if (!instance.isDirectory) {
      yield instance.name
      continue
    }
    for await (const folder of entriesOf(join(root, instance.name))) {
      if (!folder.isDirectory) {
        yield `${instance.name}/${folder.name}`
        continue
      }
      let locations: string[] = []
      const unplaced = (): readonly string[] => {
        const asked = locations
        locations = []
        return connection.run(unplacedLocations.steps({ locations: asked }))
      }
      for await (const file of entriesOf(join(root, instance.name, folder.name))) {
        locations.push(`${instance.name}/${folder.name}/${file.name}`)
        if (locations.length === filesMax) yield* unplaced()
      }
      yield* unplaced()
    }
  }
}

/** What is in a directory; nothing when there is none. */
async function* entriesOf(path: string): AsyncGenerator<{ readonly name: string; readonly isDirectory: boolean }> {
  try {
    for await (const entry of await opendir(path, { bufferSize: filesMax })) {
      yield { name: entry.name, isDirectory: entry.isDirectory() }
    }
  } catch (error) {
    if (!hasCode(error, ['ENOENT'])) throw error
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
