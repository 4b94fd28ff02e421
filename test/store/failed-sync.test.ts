import { deepEqual, equal, match, rejects } from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { failedSyncOf, faultsSinceFailedSync, forgetFailedSync, markFailedSync } from '../../src/store/failed-sync.js'
import { allOf, bytesOf, chunks, claims } from './blobs/bodies.js'
import { putTrial } from './naming-transactions.js'
import { afterEachTest, filesBelow, temporaryDirectory } from './temporary-directory.js'
import { openBody, trialStore } from './trial-store.js'

describe('A failed sync', () => {
  const later = afterEachTest()

  it('leaves a mark until it is forgotten, and none where the directory is gone', async () => {
    const directory = await temporaryDirectory(later)
    equal(await failedSyncOf(directory), undefined)
    await markFailedSync(directory, new Error('the reason'))
    match((await failedSyncOf(directory)) ?? '', /^\d{4}-.* the reason$/)
    await forgetFailedSync(directory)
    await forgetFailedSync(directory)
    deepEqual(readdirSync(directory), [])
    await markFailedSync(join(directory, 'gone'), new Error('the reason'))
  })

  it('has the next start look at what was written last: writes go on when it is whole', async () => {
    const { store, directory } = await trialStore(later)
    for (const size of [100, 20_000]) {
      const draft = await store.writeBody(chunks(bytesOf(size)), claims())
      await store.catalog.commit(putTrial, { key: `${size}`, draft })
    }
    deepEqual(await faultsSinceFailedSync(directory), [])
    await store.close()
    await writeFile(join(directory, 'failed-sync'), '')
    const { store: again } = await trialStore(later, directory)
    equal(existsSync(join(directory, 'failed-sync')), false)
    equal(again.failure(), undefined)
    await again.catalog.commit(putTrial, {
      key: 'new',
      draft: await again.writeBody(chunks(bytesOf(30_000)), claims()),
    })
  })

  it('has the next start stay with reads when a blob is not whole', async () => {
    const { store, directory } = await trialStore(later)
    const bytes = bytesOf(20_000)
    const whole = await store.writeBody(chunks(bytes), claims())
    const bodyId = await store.catalog.commit(putTrial, { key: 'whole', draft: whole })
    const draft = await store.writeBody(chunks(bytesOf(90_000)), claims())
    await store.catalog.commit(putTrial, { key: 'cut', draft })
    await store.close()
    const location = draft.content.kind === 'blobs' ? (draft.content.blobs[0]?.location ?? '') : ''
    await truncate(join(directory, 'blobs', location), 80_000)
    await markFailedSync(directory, new Error('the reason'))

    const { store: again } = await trialStore(later, directory)
    match(again.failure()?.message ?? '', /the reason.*run `cairn check`/)
    const stopped = { code: 'ServiceUnavailable', message: /Reads go on/ }
    await rejects(again.writeBody(chunks(bytesOf(40_000)), claims()), stopped)
    await rejects(again.catalog.commit(putTrial, { key: 'new', draft: whole }), stopped)
    equal(bytes.equals(await allOf(again.readBody(openBody(again, bodyId, bytes.length)))), true)
    equal((await filesBelow(join(directory, 'blobs'))).length, 2)
    await again.close()
    equal(existsSync(join(directory, 'failed-sync')), true)
  })
})
