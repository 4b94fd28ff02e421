import Database from 'better-sqlite3'
import { deepEqual, equal, match, notEqual, ok, rejects } from 'node:assert/strict'
import { cp, mkdir, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { listBackups } from '../../../src/store/backup/list-backups.js'
import { type BackupProgress, type BackupReport, makeBackup } from '../../../src/store/backup/make-backup.js'
import { type RestoreReport, restoreBackup } from '../../../src/store/backup/restore-backup.js'
import { verifyBackup } from '../../../src/store/backup/verify-backup.js'
import type { LocalStore } from '../../../src/store/open-store.js'
import { allOf, bytesOf, chunks, claims } from '../blobs/bodies.js'
import { deleteTrial, putParts, putTrial } from '../naming-transactions.js'
import { afterEachTest, filesBelow, temporaryDirectory } from '../temporary-directory.js'
import { openBody, trialStore } from '../trial-store.js'
import { faultsOf } from '../faults-of.js'

const nobody = (): void => undefined
const MiB = 1024 * 1024

/** A store with what a backup must bring along, and where its backups go. */
interface Scene {
  readonly store: LocalStore
  readonly directory: string
  readonly target: string
  put(key: string, size: number, seed?: number): Promise<number>
  backUp(settings?: { keep?: number; isVerifying?: boolean }): Promise<BackupReport>
  restore(generation?: number): Promise<RestoreReport & { readonly directory: string }>
}

describe('A backup', () => {
  const later = afterEachTest()

  async function scene(): Promise<Scene> {
    const { store, directory } = await trialStore(later)
    await writeFile(join(directory, 'root-key.json'), '{"format":1}\n', { mode: 0o600 })
    const scratch = await temporaryDirectory(later)
    const target = join(scratch, 'a', 'backup')
    let restored = 0
    return {
      store,
      directory,
      target,
      put: async (key, size, seed = 1) =>
        store.catalog.commit(putTrial, { key, draft: await store.writeBody(chunks(bytesOf(size, seed)), claims()) }),
      backUp: (settings = {}) => makeBackup({ directory, target, ...settings }, nobody),
      async restore(generation) {
        const at = join(scratch, 'restored', String((restored += 1)))
        const which = generation === undefined ? {} : { generation }
        return { ...(await restoreBackup({ from: target, directory: at, ...which }, nobody)), directory: at }
      },
    }
  }

  /** Files of the pool. */
  const poolOf = async ({ target }: Scene): Promise<string[]> =>
    (await filesBelow(join(target, 'blobs'))).map((path) => join(target, 'blobs', path))

  async function flipBit(path: string): Promise<void> {
    const bytes = await readFile(path)
    bytes[100] = (bytes[100] ?? 0) ^ 1
    await writeFile(path, bytes)
  }

  it('is restored into a directory that is whole and holds the state of its change, whatever came later', async () => {
    const made = await scene()
    const { store } = made
    await made.put('small', 100)
    const large = await made.put('large', 17 * MiB, 2)
    await made.put('deleted', 40_000, 3)
    await store.catalog.commit(deleteTrial, { key: 'deleted' })
    const write = (size: number) => store.writeBody(chunks(bytesOf(size, 4)), claims())
    await store.catalog.commit(putParts, {
      key: 'parts',
      drafts: [await write(50_000), await write(5), await write(0)],
    })
    const number = store.catalog.number()
    const progress: BackupProgress[] = []

    const { manifest } = await makeBackup(made, (step) => progress.push(step))
    await made.put('large', 30_000, 5)
    await store.collector.collectNow()
    await store.collector.collectNow()
    const restored = await made.restore()

    deepEqual([manifest.number, manifest.generation, manifest.buckets, manifest.objects], [number, 1, 1, 3])
    deepEqual(manifest.damaged, [])
    for (const stage of ['catalog', 'blobs']) {
      const last = progress.findLast((step) => step.stage === stage)
      ok(last !== undefined && last.done === last.total, stage)
    }
    deepEqual(restored.manifest, manifest)
    deepEqual(await faultsOf(restored.directory), [])
    equal(await readFile(join(restored.directory, 'root-key.json'), 'utf8'), '{"format":1}\n')
    equal((await stat(join(restored.directory, 'root-key.json'))).mode & 0o777, 0o600)
    const { store: again } = await trialStore(later, restored.directory)
    equal(again.catalog.number(), number)
    ok(bytesOf(17 * MiB, 2).equals(await allOf(again.readBody(openBody(again, large, 17 * MiB)))))
    await again.collector.swept()
    await again.collector.collectNow()
    await again.close()
    deepEqual(await faultsOf(restored.directory), [])
  })

  it('copies what the backups before do not have, though its file has moved, and lets each be restored', async () => {
    const made = await scene()
    await made.put('a', 20_000, 1)
    await made.put('b', 20_000, 2)
    const first = await made.backUp()
    // The same bytes under another name, as after an upload of what was there already.
    const [moved = ''] = await filesBelow(join(made.directory, 'blobs'))
    await rename(join(made.directory, 'blobs', moved), join(made.directory, 'blobs', `${moved}0`))
    const source = new Database(join(made.directory, 'catalog.db'))
    equal(source.prepare('UPDATE place SET location = ? WHERE location = ?').run(`${moved}0`, moved).changes, 1)
    source.close()
    await made.put('c', 20_000, 1)
    await made.put('b', 20_000, 3)
    await made.store.collector.collectNow()
    const second = await made.backUp()
    const third = await made.backUp()

    deepEqual(
      [first, second, third].map(({ manifest }) => manifest.blobs.copied),
      [2, 1, 0],
    )
    equal((await poolOf(made)).length, 3)
    deepEqual(
      (await listBackups(made.target)).map(({ generation }) => generation),
      [1, 2, 3],
    )
    deepEqual((await verifyBackup(made.target, nobody)).faults, [])
    for (const [generation, objects] of [
      [1, 2],
      [2, 3],
      [undefined, 3],
    ] as const) {
      const { directory, manifest } = await made.restore(generation)
      deepEqual(await faultsOf(directory), [])
      equal(manifest.objects, objects)
    }
  })

  it('drops the oldest generations and what only they need', async () => {
    const made = await scene()
    await made.put('kept', 20_000, 1)
    for (const seed of [2, 3, 4, 5]) {
      await made.put('changing', 20_000, seed)
      await made.store.collector.collectNow()
      await made.backUp({ keep: 2 })
    }

    deepEqual(
      (await listBackups(made.target)).map(({ generation }) => generation),
      [3, 4],
    )
    equal((await poolOf(made)).length, 3)
    deepEqual((await verifyBackup(made.target, nobody)).faults, [])
    deepEqual(await faultsOf((await made.restore(3)).directory), [])
  })

  it('of a store with damaged files goes on, names them, and drops nothing older', async () => {
    const made = await scene()
    await made.put('intact', 20_000, 1)
    await made.backUp()
    const before = await filesBelow(join(made.directory, 'blobs'))
    await made.put('flipped', 20_000, 2)
    await made.put('short', 20_000, 3)
    await made.put('missing', 20_000, 4)
    const after = (await filesBelow(join(made.directory, 'blobs'))).filter((file) => !before.includes(file))
    const [flipped = '', short = '', missing = ''] = after
    await flipBit(join(made.directory, 'blobs', flipped))
    await truncate(join(made.directory, 'blobs', short), 7)
    await rm(join(made.directory, 'blobs', missing))

    const { manifest, dropped } = await made.backUp({ keep: 1 })

    deepEqual(manifest.damaged.map(({ location }) => location).toSorted(), [flipped, short, missing].toSorted())
    for (const { location, digest } of manifest.damaged) ok(location.includes(digest))
    const whats = manifest.damaged.map(({ what }) => what).join('\n')
    for (const says of [/the file is damaged/, /has 7 bytes, not 20000/, /cannot be read: ENOENT/]) match(whats, says)
    deepEqual(dropped, [])
    deepEqual(
      (await listBackups(made.target)).map(({ damaged }) => damaged.length),
      [0, 3],
    )
    equal((await poolOf(made)).length, 1)
    equal((await verifyBackup(made.target, nobody)).faults.length, 3)
    const restored = await made.restore()
    equal(restored.damaged.length, 3)
    equal((await faultsOf(restored.directory)).length, 3)
    deepEqual((await made.restore(1)).damaged, [])
  })

  it('does not need a source file whose bytes it has, and heals its own when it reads them again', async () => {
    const made = await scene()
    await made.put('k', 20_000, 1)
    await made.backUp()
    const [pooled = ''] = await poolOf(made)
    const [source = ''] = await filesBelow(join(made.directory, 'blobs'))
    await flipBit(pooled)

    const healing = await made.backUp({ isVerifying: true })
    await flipBit(join(made.directory, 'blobs', source))
    const second = await made.backUp({ isVerifying: true })

    deepEqual([healing.verified, healing.healed, healing.manifest.blobs.copied], [1, 1, 1])
    deepEqual([second.verified, second.healed, second.manifest.damaged.length], [1, 0, 0])
    deepEqual((await verifyBackup(made.target, nobody)).faults, [])
  })

  it('reads everything it has again within 32 runs', async () => {
    const made = await scene()
    for (let seed = 1; seed <= 5; seed += 1) await made.put(`k${seed}`, 20_000, seed)
    await made.backUp()
    let verified = 0
    for (let run = 0; run < 32; run += 1) verified += (await made.backUp({ keep: 1 })).verified
    equal(verified, 5)
  })

  it('goes on where a run that was killed has stopped, and leaves none of its traces', async () => {
    const made = await scene()
    await made.put('a', 20_000, 1)
    await made.backUp()
    const [pooled = ''] = await poolOf(made)
    const draft = join(made.target, 'generations', 'draft')
    await mkdir(draft)
    await writeFile(join(draft, 'catalog.db'), 'half')
    await writeFile(join(made.target, 'backup.json.draft'), '')
    await mkdir(join(made.target, 'generations', 'dropping-7'))
    await writeFile(`${pooled}.draft`, 'half')
    await writeFile(pooled.replace(/[0-9a-f]{4}-backup/, '0000-backup'), 'named by nobody')
    await made.put('b', 20_000, 2)
    deepEqual((await made.restore()).manifest.generation, 1)

    const { manifest } = await made.backUp()

    equal(manifest.generation, 8)
    deepEqual((await readdir(join(made.target, 'generations'))).toSorted(), ['000001', '000008'])
    equal((await poolOf(made)).length, 2)
    deepEqual((await verifyBackup(made.target, nobody)).faults, [])
  })

  it('lets go of the data directory, also when it fails', async () => {
    const made = await scene()
    await made.put('a', 20_000, 1)
    await made.backUp()
    deepEqual(await readdir(join(made.directory, 'holds')), [])
    await rejects(makeBackup({ ...made, target: '/dev/null/backup' }, nobody), /ENOTDIR/)
    deepEqual(await readdir(join(made.directory, 'holds')), [])
  })

  const wrongs: Record<string, [damage: (made: Scene, pooled: string) => Promise<unknown>, fault: RegExp]> = {
    'a bit of a blob has flipped': [(_, pooled) => flipBit(pooled), /the file is damaged/],
    'a blob is short': [(_, pooled) => truncate(pooled, 10), /10 bytes, not 20000/],
    'a blob is missing': [(_, pooled) => rm(pooled), /cannot be read/],
    'a bit of a catalog has flipped': [
      ({ target }) => flipBit(join(target, 'generations', '000001', 'catalog.db')),
      /catalog.db is damaged/,
    ],
    'a catalog is missing': [
      ({ target }) => rm(join(target, 'generations', '000001', 'catalog.db')),
      /catalog.db is damaged or missing/,
    ],
    'the root key is another': [
      ({ target }) => writeFile(join(target, 'generations', '000001', 'root-key.json'), '{}'),
      /root-key.json is damaged/,
    ],
  }
  for (const [name, [damage, fault]] of Object.entries(wrongs)) {
    it(`is verified: ${name}`, async () => {
      const made = await scene()
      await made.put('a', 20_000, 1)
      await made.backUp()
      deepEqual((await verifyBackup(made.target, nobody)).faults, [])
      await damage(made, (await poolOf(made))[0] ?? '')

      const { faults } = await verifyBackup(made.target, nobody)

      equal(faults.length, 1)
      match(faults[0]?.what ?? '', fault)
      if (/catalog|root-key/.test(fault.source)) await rejects(made.restore(), /is damaged|ENOENT/)
      else equal((await made.restore()).damaged.length, 1)
    })
  }

  it('is refused: into another store’s backups, into what is none, inside its data, twice at once', async () => {
    const made = await scene()
    await made.backUp()
    const other = await scene()
    await rejects(makeBackup({ directory: other.directory, target: made.target }, nobody), /backups of another store/)
    const full = await temporaryDirectory(later)
    await writeFile(join(full, 'precious'), '')
    await rejects(makeBackup({ directory: made.directory, target: full }, nobody), /not empty and holds no backup/)
    for (const target of [made.directory, join(made.directory, 'x', 'y'), join(made.directory, '..')]) {
      await rejects(makeBackup({ directory: made.directory, target }, nobody), /lie in one another/)
    }
    const [one, two] = await Promise.allSettled([made.backUp(), made.backUp()])
    notEqual(one.status, two.status)
    await rejects(makeBackup({ directory: full, target: made.target }, nobody), /holds no store/)
    const source = new Database(join(made.directory, 'catalog.db'))
    const format = Number(source.pragma('user_version', { simple: true }))
    source.pragma(`user_version = ${format + 1}`)
    source.close()
    await rejects(made.backUp(), new RegExp(`format ${format + 1}`))
  })

  it('is not restored over anything, nor where it is none, of a generation that is not there or is newer', async () => {
    const made = await scene()
    await made.put('a', 20_000, 1)
    await made.backUp()
    const full = await temporaryDirectory(later)
    await writeFile(join(full, 'precious'), '')
    await rejects(restoreBackup({ from: made.target, directory: full }, nobody), /is not empty/)
    deepEqual(await readdir(full), ['precious'])
    await rejects(restoreBackup({ from: full, directory: join(full, '..', 'x') }, nobody), /holds no backup/)
    await rejects(made.restore(2), /has no generation 2; it has 1/)
    const manifestPath = join(made.target, 'generations', '000001', 'manifest.json')
    const manifest = JSON.parse(await readFile(manifestPath, 'utf8')) as { catalogFormat: number }
    await writeFile(manifestPath, JSON.stringify({ ...manifest, catalogFormat: 99 }))
    await rejects(made.restore(), /has format 99, this program knows formats up to/)
    await writeFile(manifestPath, '{"format":')
    await rejects(made.restore(), /manifest .*000001\/manifest.json is damaged/)
    // One that is damaged is in nobody's way.
    const { manifest: second } = await made.backUp({ keep: 5 })
    equal((await made.restore()).manifest.generation, second.generation)
    match((await verifyBackup(made.target, nobody)).faults[0]?.what ?? '', /manifest.json is damaged/)
  })

  it('whose restore was cut short before the catalog came is no store to anybody', async () => {
    const made = await scene()
    await made.put('a', 20_000, 1)
    await made.backUp()
    const { directory } = await made.restore()
    await rm(join(directory, 'catalog.db'))
    await rejects(trialStore(later, directory), /is missing or empty: restore it from a backup/)
    await rejects(faultsOf(directory), /holds no store/)
    await rejects(restoreBackup({ from: made.target, directory }, nobody), /is not empty/)
  })

  it('that is copied elsewhere is a backup too', async () => {
    const made = await scene()
    await made.put('a', 20_000, 1)
    await made.backUp()
    const copy = join(await temporaryDirectory(later), 'copy')
    await cp(made.target, copy, { recursive: true })
    await rm(made.target, { recursive: true })
    deepEqual((await verifyBackup(copy, nobody)).faults, [])
  })
})
