// Rows of identities that contradict each other are found by a check, and put right by a repair without anybody gaining a right.

import Database from 'better-sqlite3'
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { join } from 'node:path'
import { identityNamed } from '../../src/store/catalog/identity/identities.js'
import { standingOfKey, standingOfUser } from '../../src/store/catalog/identity/standing.js'
import { openStore } from '../../src/store/open-store.js'
import type { RepairStep } from '../../src/store/repair/repair-step.js'
import { repairStore } from '../../src/store/repair/repair.js'
import { document, openRoom, operatorId } from '../identity/room.js'
import { faultsOf } from './faults-of.js'
import { afterEachTest } from './temporary-directory.js'

describe('A repair of identities', () => {
  const later = afterEachTest()

  /** A closed store in which ann has everything a user may have. */
  async function brokenBy(sql: string): Promise<{ directory: string; keyId: string }> {
    const { ask, store, directory, number } = await openRoom(later)
    const PolicyArn = `arn:aws:iam::${number}:policy/p`
    await ask('CreatePolicy', { PolicyName: 'p', PolicyDocument: document })
    await ask('CreateUser', { UserName: 'ann', PermissionsBoundary: PolicyArn })
    await ask('CreateGroup', { GroupName: 'g' })
    await ask('AddUserToGroup', { GroupName: 'g', UserName: 'ann' })
    await ask('AttachUserPolicy', { UserName: 'ann', PolicyArn })
    await ask('PutUserPolicy', { UserName: 'ann', PolicyName: 'i', PolicyDocument: document })
    const { AccessKey } = await ask('CreateAccessKey', { UserName: 'ann' })
    await store.close()
    deepEqual(await faultsOf(directory), [])
    const database = new Database(join(directory, 'catalog.db'))
    database.pragma('foreign_keys = OFF')
    database.exec(sql)
    database.close()
    return { directory, keyId: AccessKey?.AccessKeyId ?? '' }
  }

  async function repaired(directory: string): Promise<RepairStep[]> {
    ok((await faultsOf(directory)).length > 0, 'a check has found nothing')
    const steps: RepairStep[] = []
    await repairStore(directory, {
      isConfirmed: true,
      now: 1,
      step: (step) => steps.push(step),
      progress: () => undefined,
    })
    return steps
  }

  const reopened = async (directory: string) => {
    const store = await openStore({ directory, ownerId: operatorId, ownerName: 'root' })
    later(() => store.close())
    return store
  }

  it('removes what hung on a user that is gone, and its key first of all', async () => {
    const { directory, keyId } = await brokenBy("DELETE FROM identity WHERE name = 'ann'")
    const steps = await repaired(directory)
    deepEqual(await faultsOf(directory), [])
    ok(steps.some(({ kind, what }) => kind === 'loss' && what.includes(keyId)))
    const { catalog } = await reopened(directory)
    // Without its user it would have become a key of the account itself.
    equal(await catalog.read(standingOfKey, keyId), undefined)
  })

  it('gives users whose account is gone another row of it, and keeps all they have', async () => {
    const { directory, keyId } = await brokenBy('DELETE FROM account')
    await repaired(directory)
    deepEqual(await faultsOf(directory), [])
    const { catalog } = await reopened(directory)
    const standing = await catalog.read(standingOfKey, keyId)
    match(standing?.account.accountNumber ?? '', /^[1-9]\d{11}$/)
    equal(standing?.user?.policies.length, 2)
  })

  it('never takes a policy that is lost for one that denies nothing', async () => {
    const { directory, keyId } = await brokenBy('DELETE FROM policy; DELETE FROM policy_version')
    const faults = await faultsOf(directory)
    ok(
      faults.some((fault) => JSON.stringify(fault).includes('has a policy that is not there')),
      JSON.stringify(faults),
    )
    const { catalog } = await reopened(directory)
    await rejects(catalog.read(standingOfKey, keyId), /is named, but is not in the catalog/)
    const { id } = await catalog.read(identityNamed, { accountId: operatorId, kind: 'user', name: 'ann' })
    await rejects(catalog.read(standingOfUser, id), /is named, but is not in the catalog/)
  })

  it('begins the access number anew where its row is gone', async () => {
    const { directory } = await brokenBy('DELETE FROM access_state')
    await repaired(directory)
    deepEqual(await faultsOf(directory), [])
  })
})
