// Rows that point at the wrong bytes: every blob is what it was, and still somebody would be given what is not theirs.

import Database from 'better-sqlite3'
import { deepEqual, ok } from 'node:assert/strict'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesOf, chunks, claims } from './blobs/bodies.js'
import { faultsOf } from './faults-of.js'
import { putParts, putTrial } from './naming-transactions.js'
import { afterEachTest, temporaryDirectory } from './temporary-directory.js'
import { trialStore } from './trial-store.js'

const MiB = 1024 * 1024

describe('checkStore: names and their bytes', () => {
  const later = afterEachTest()
  const ends: (() => unknown)[] = []
  let original: string | undefined

  after(async () => {
    for (const end of ends.toReversed()) await end()
  })

  async function storeToCopy(): Promise<string> {
    const { store, directory } = await trialStore((end) => ends.push(end))
    const write = (size: number, seed: number) => store.writeBody(chunks(bytesOf(size, seed)), claims())
    const put = async (key: string, size: number, seed: number) =>
      store.catalog.commit(putTrial, { key, draft: await write(size, seed) })
    await put('small one', 100, 1)
    await put('small two', 100, 2)
    await put('one', 20_000, 1)
    await put('two', 20_000, 2)
    await put('two again', 20_000, 2)
    await put('large', 32 * MiB, 1)
    // So much that threads hash it.
    await put('other', 17 * MiB, 2)
    const drafts = [await write(50_000, 3), await write(50_000, 4), await write(10, 5)]
    await store.catalog.commit(putParts, { key: 'parts', drafts })
    await store.close()
    return directory
  }

  async function storeBrokenBy(sql: string): Promise<string> {
    original ??= await storeToCopy()
    const directory = await temporaryDirectory(later)
    await cp(original, directory, { recursive: true })
    const database = new Database(join(directory, 'catalog.db'))
    database.exec(sql)
    database.close()
    return directory
  }

  const body = (key: string): string => `(SELECT body_id FROM version WHERE key = CAST('${key}' AS BLOB))`
  const blob = (key: string): string => `(SELECT blob_id FROM extent WHERE body_id = ${body(key)})`
  const swapped = (table: string, column: string, a: string, b: string): string => `
    CREATE TEMP TABLE pair AS SELECT ${a} AS a, ${b} AS b;
    UPDATE ${table} SET ${column} = CASE ${column} WHEN (SELECT a FROM pair) THEN (SELECT b FROM pair) ELSE (SELECT a FROM pair) END
    WHERE ${column} IN (SELECT a FROM pair UNION SELECT b FROM pair)`

  it('finds nothing where nothing is wrong, bodies of the same bytes among it', async () => {
    deepEqual(await faultsOf(await storeBrokenBy('')), [])
  })

  const wrongs: Record<string, { readonly sql: string; readonly keys: readonly string[]; readonly what: RegExp }> = {
    'two versions of the same size point at each other’s bodies': {
      sql: swapped('version', 'body_id', body('one'), body('two')),
      keys: ['one', 'two'],
      what: /the ETag of a version is .*, and the CRC64NVME of a version is /,
    },
    'two small ones do': {
      sql: swapped('version', 'body_id', body('small one'), body('small two')),
      keys: ['small one', 'small two'],
      what: /the ETag of a version is /,
    },
    'the extents of two bodies point at each other’s blobs': {
      sql: swapped('extent', 'blob_id', blob('one'), blob('two')),
      keys: ['one', 'two', 'two again'],
      what: /the ETag of a version is /,
    },
    'the extents of a body have changed places': {
      sql: `UPDATE extent SET start = start + 99 WHERE body_id = ${body('large')};
        UPDATE extent SET start = 16777216 + 99 - start WHERE body_id = ${body('large')}`,
      keys: ['large'],
      what: /the ETag of a version is /,
    },
    'two parts point at each other’s bodies': {
      sql: swapped(
        'part',
        'part_body_id',
        '(SELECT min(part_body_id) FROM part)',
        '(SELECT min(part_body_id) + 1 FROM part)',
      ),
      keys: ['parts'],
      what: /the ETag of a part is /,
    },
    'the MD5 of a part is wrong': {
      sql: 'UPDATE part SET md5 = zeroblob(16) WHERE size = 10',
      keys: ['parts'],
      what: /the ETag of a (part|version) is /,
    },
    'an ETag is wrong': {
      sql: `UPDATE version SET etag = 'ffffffffffffffffffffffffffffffff' WHERE key = CAST('two' AS BLOB)`,
      keys: ['two'],
      what: /^the ETag of a version is f{32}, that of its body \d+ is \w{32}$/,
    },
    'the ETag of a composite is wrong': {
      sql: `UPDATE version SET etag = 'ffffffffffffffffffffffffffffffff-3' WHERE key = CAST('parts' AS BLOB)`,
      keys: ['parts'],
      what: /^the ETag of a version is f{32}-3, /,
    },
    'a checksum is wrong': {
      sql: `UPDATE version SET checksum = 'AAAAAAAAAAA=' WHERE key = CAST('large' AS BLOB)`,
      keys: ['large'],
      what: /^the CRC64NVME of a version is AAAAAAAAAAA=, that of its body /,
    },
  }
  for (const [name, { sql, keys, what }] of Object.entries(wrongs)) {
    it(`finds that ${name}`, async () => {
      const faults = await faultsOf(await storeBrokenBy(sql))
      const found = new Set(faults.flatMap(({ serves }) => serves.map(({ key }) => key)))
      deepEqual([...found].toSorted(), keys.toSorted(), JSON.stringify(faults))
      ok(
        faults.every((fault) => what.test(fault.what)),
        JSON.stringify(faults),
      )
    })
  }
})
