// The master key: random, private, apart from the catalog, and never replaced in silence.

import { deepEqual, doesNotMatch, equal, match, notEqual, ok, rejects, throws } from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, cp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { makeBackup } from '../../src/store/backup/make-backup.js'
import { restoreBackup } from '../../src/store/backup/restore-backup.js'
import { standingOfKey } from '../../src/store/catalog/identity/standing.js'
import { openStore } from '../../src/store/open-store.js'
import { renewMasterKeyOf } from '../../src/store/renew-master-key.js'
import { MasterKey, SealBroken, secretPurpose } from '../../src/store/sealer.js'
import { openWorkerStore } from '../../src/store/worker-store.js'
import { openWriterStore } from '../../src/store/writer-store.js'
import { keepSecret } from './sealing-transactions.js'
import { afterEachTest, filesBelow, temporaryDirectory } from './temporary-directory.js'

const ownerId = 'a'.repeat(64)

describe('The sealer', () => {
  const plain = Buffer.from('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY')

  it('opens what it has sealed, and nothing of it can be read or is the same twice', () => {
    const sealer = MasterKey.random().sealer()
    const sealed = Buffer.from(sealer.seal(plain, 'access key A'))
    ok(plain.equals(sealer.open(sealed, 'access key A')))
    ok(!sealed.includes(plain) && !sealed.includes(plain.subarray(0, 8)))
    notEqual(Buffer.from(sealer.seal(plain, 'access key A')).toString('hex'), sealed.toString('hex'))
    deepEqual(sealer.open(sealer.seal(new Uint8Array(0), 'x'), 'x').length, 0)
  })

  it('opens nothing under another key, as anything else, or with any bit changed', () => {
    const sealer = MasterKey.random().sealer()
    const sealed = sealer.seal(plain, secretPurpose('A'))
    throws(() => MasterKey.random().sealer().open(sealed, secretPurpose('A')), SealBroken)
    throws(() => sealer.open(sealed, secretPurpose('B')), SealBroken)
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Uint8Array.from(sealed)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      throws(() => sealer.open(changed, secretPurpose('A')), SealBroken, `bit ${bit}`)
    }
    for (let length = 0; length < sealed.length; length += 1) {
      throws(() => sealer.open(sealed.subarray(0, length), secretPurpose('A')), SealBroken, `${length} bytes`)
    }
  })

  it('opens random texts of any length with its own key, and never with another', () => {
    for (let i = 0; i < 200; i += 1) {
      const [one, other] = [MasterKey.random(), MasterKey.random()]
      const text = randomBytes(i * 7)
      const sealed = one.sealer().seal(text, `aad ${i}`)
      ok(text.equals(one.sealer().open(sealed, `aad ${i}`)))
      throws(() => other.sealer().open(sealed, `aad ${i}`), SealBroken)
    }
  })

  it('does not print its key', () => {
    const key = MasterKey.random()
    const text = key.reveal()
    for (const shown of [String(key), JSON.stringify({ key }), inspect({ key }, { depth: 9, showHidden: true })]) {
      ok(!shown.includes(text), shown)
      doesNotMatch(shown, /[\da-f]{2}(?:, ?| )[\da-f]{2}/)
    }
    equal(MasterKey.of(text).reveal(), text)
    throws(() => new MasterKey(new Uint8Array(31)))
  })
})

describe('The master key', () => {
  const later = afterEachTest()
  const module = new URL(`./sealing-transactions.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

  const opened = async (directory: string, masterKeyFile?: string) => {
    const store = await openStore({
      directory,
      ownerId,
      ownerName: 'root',
      transactions: module,
      ...(masterKeyFile !== undefined && { masterKeyFile }),
    })
    later(() => store.close())
    return store
  }
  const secret = 'plain-secret-of-an-access-key-0123456789'
  const keep = async (store: Awaited<ReturnType<typeof opened>>): Promise<void> =>
    store.catalog.commit(keepSecret, {
      id: 'AKIA',
      secret: store.sealer.seal(Buffer.from(secret), secretPurpose('AKIA')),
    })
  /** A store that was closed with a secret in it. */
  async function withSecret(): Promise<{ directory: string; file: string }> {
    const directory = await temporaryDirectory(later)
    const store = await opened(directory)
    await keep(store)
    await store.close()
    return { directory, file: join(directory, 'master-key.json') }
  }

  it('is made on the first start, for its owner alone, and is the same afterwards', async () => {
    const directory = await temporaryDirectory(later)
    const first = await opened(directory)
    const sealed = first.sealer.seal(Buffer.from('x'), 'y')
    const file = join(directory, 'master-key.json')
    equal((await stat(file)).mode & 0o777, 0o600)
    await first.close()
    await chmod(file, 0o644)
    const second = await opened(directory)
    equal(Buffer.from(second.sealer.open(sealed, 'y')).toString(), 'x')
    equal((await stat(file)).mode & 0o777, 0o600)
  })

  it('lies elsewhere where a setting says so', async () => {
    const [directory, elsewhere] = [await temporaryDirectory(later), await temporaryDirectory(later)]
    const file = join(elsewhere, 'key.json')
    const store = await opened(directory, file)
    await keep(store)
    await store.close()
    ok(!(await filesBelow(directory)).includes('master-key.json'))
    await (await opened(directory, file)).close()
    await rejects(opened(directory), /master-key.json is missing, and the secrets/)
  })

  it('leaves no plain secret anywhere in the data directory: security rule 12', async () => {
    const directory = await temporaryDirectory(later)
    const store = await opened(directory)
    await keep(store)
    for (const moment of ['served', 'closed']) {
      for (const name of await filesBelow(directory)) {
        const bytes = await readFile(join(directory, name))
        ok(!bytes.includes(secret) && !bytes.includes(Buffer.from(secret).toString('base64')), `${name}, ${moment}`)
      }
      await store.close()
    }
  })

  it('is missed at start when secrets are sealed under it, and no other is made', async () => {
    const { directory, file } = await withSecret()
    const kept = await readFile(file)
    await rm(file)
    await rejects(
      opened(directory),
      /master-key.json is missing, and the secrets of access keys .* Put the right file back/,
    )
    await rejects(stat(file), { code: 'ENOENT' })
    await writeFile(file, kept)
    await (await opened(directory)).close()
  })

  it('is refused at start when it is another one, or damaged', async () => {
    const { directory, file } = await withSecret()
    await writeFile(file, JSON.stringify({ format: 1, masterKey: MasterKey.random().reveal() }))
    await rejects(opened(directory), /master-key.json is not the one that the secrets/)
    for (const damaged of ['', '{}', '{"format":1,"masterKey":"short"}', '{"format":2}']) {
      await writeFile(file, damaged)
      await rejects(opened(directory), /is damaged: put back the copy/)
      equal(await readFile(file, 'utf8'), damaged)
    }
  })

  it('may go while nothing is sealed under it: a restored store without users starts', async () => {
    const directory = await temporaryDirectory(later)
    await (await opened(directory)).close()
    await rm(join(directory, 'master-key.json'))
    const store = await opened(directory)
    await keep(store)
    await store.close()
    await (await opened(directory)).close()
  })

  it('is in no backup, and a restored store with secrets asks for it', async () => {
    const { directory, file } = await withSecret()
    const scratch = await temporaryDirectory(later)
    const [target, restored] = [join(scratch, 'backup'), join(scratch, 'restored')]
    await makeBackup({ directory, target }, () => undefined)
    const key = MasterKey.of((JSON.parse(await readFile(file, 'utf8')) as { masterKey: string }).masterKey)
    for (const name of await filesBelow(target)) {
      ok(!name.includes('master-key'), name)
      const bytes = await readFile(join(target, name))
      ok(!bytes.includes(key.reveal()) && !bytes.includes(Buffer.from(key.reveal(), 'base64')), name)
      ok(!bytes.includes(secret), name)
    }
    const { needsMasterKey } = await restoreBackup({ from: target, directory: restored }, () => undefined)
    equal(needsMasterKey, true)
    await rejects(opened(restored), /master-key.json is missing/)
    await cp(file, join(restored, 'master-key.json'))
    const store = await opened(restored)
    const standing = await store.catalog.read(standingOfKey, 'AKIA')
    equal(
      Buffer.from(store.sealer.open(standing?.sealedSecret ?? Buffer.alloc(0), secretPurpose('AKIA'))).toString(),
      secret,
    )
  })

  it('is handed to workers by the writer, so that each opens what another has sealed', async () => {
    const directory = await temporaryDirectory(later)
    const owner = { ownerId, ownerName: 'root' }
    const writer = await openWriterStore({ directory, ...owner, run: 'run', living: [], transactions: module })
    later(() => writer.close())
    const quiet = {
      log: { info: () => undefined, error: () => undefined },
      onFailure: () => undefined,
      onRefusal: () => undefined,
    }
    const worker = async (instance: string) => {
      // As it goes over the channel.
      const masterKey = MasterKey.of(writer.masterKey.reveal())
      const store = await openWorkerStore({ directory, run: 'run', instance, processes: 2, masterKey, ...quiet })
      later(() => store.close())
      return store
    }
    const [one, other] = [await worker('one'), await worker('other')]
    const sealed = one.sealer.seal(Buffer.from(secret), secretPurpose('AKIA'))
    await one.catalog.commit(keepSecret, { id: 'AKIA', secret: sealed })
    const standing = await other.catalog.read(standingOfKey, 'AKIA')
    equal(
      Buffer.from(other.sealer.open(standing?.sealedSecret ?? Buffer.alloc(0), secretPurpose('AKIA'))).toString(),
      secret,
    )
  })

  it('is renewed when it is lost, which removes the keys that nobody can open, and only then', async () => {
    const { directory, file } = await withSecret()
    await rejects(renewMasterKeyOf(directory), /is the right one: nothing was changed/)
    await rm(file)
    equal(await renewMasterKeyOf(directory), 1)
    equal((await stat(file)).mode & 0o777, 0o600)
    const store = await opened(directory)
    await keep(store)
    await store.close()
    await rejects(renewMasterKeyOf(join(directory, 'none')), /holds no store/)
    match(await readFile(file, 'utf8'), /"masterKey"/)
  })
})
