// Whatever an operation on identities is asked with, it answers or refuses with an error of IAM: nothing surfaces as a bug, and what was kept still holds
// together afterwards. The inputs are random, but the same in every run.

import { deepEqual, ok } from 'node:assert/strict'
import { IamError } from '../../src/contract/iam-errors.js'
import type { IamOperationName } from '../../src/contract/iam-operation.js'
import { iamOperations } from '../../src/iam-operations.js'
import { standingOfKey } from '../../src/store/catalog/identity/standing.js'
import { faultsOf } from '../store/faults-of.js'
import { afterEachTest } from '../store/temporary-directory.js'
import { document, openRoom, trust } from './room.js'

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
function randoms(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const names = [
  'ann',
  'Ann',
  'bob',
  'g',
  'r',
  'p',
  'i',
  '',
  ' ',
  'a b',
  '../x',
  'ä',
  '\u0000',
  '\ud800',
  "x'; --",
  'a'.repeat(64),
  'a'.repeat(200),
]
const paths = ['/', '/a/', '/a/b/', '', 'a', '//', '/\u0000/', `/${'a'.repeat(600)}/`]
const documents = [
  document,
  trust,
  '',
  '{}',
  '[]',
  'null',
  '{"Version":"2012-10-17"}',
  '\ud800',
  '['.repeat(5000),
  ' '.repeat(9000),
]
const markers = ['', 'x', '%', 'YW5u', 'dXNlciBhbm4', '\ud800']
const tagLists = [[], [{ Key: 'a', Value: '1' }], [{ Key: '', Value: '' }], [{ Key: '\ud800', Value: '\u0000' }], [{}]]

describe('Operations on identities', function () {
  this.timeout(120_000)
  const later = afterEachTest()

  for (const seed of [1, 2, 3]) {
    it(`answer or refuse whatever they are asked with: seed ${seed}`, async () => {
      const room = await openRoom(later)
      const { store, clock, number, callOf, root, directory } = room
      const random = randoms(seed)
      const one = <Value>(values: readonly Value[]): Value => {
        const value = values[Math.floor(random() * values.length)]
        // An index below the length of a list that is not empty.
        return value as Value
      }
      const keyIds = ['', 'x', 'AKIA']
      const arns = (): string =>
        one([
          `arn:aws:iam::${number}:policy/p`,
          `arn:aws:iam::${number}:policy${one(paths)}${one(names)}`,
          'arn:aws:iam::aws:policy/AdministratorAccess',
          `arn:aws:iam::${number}:oidc-provider/a.example`,
          one(names),
        ])
      const members: Record<string, () => unknown> = {
        UserName: () => one(names),
        NewUserName: () => one(names),
        GroupName: () => one(names),
        NewGroupName: () => one(names),
        RoleName: () => one(names),
        PolicyName: () => one(names),
        Path: () => one(paths),
        NewPath: () => one(paths),
        PathPrefix: () => one(paths),
        PolicyArn: arns,
        PermissionsBoundary: arns,
        OpenIDConnectProviderArn: arns,
        PolicyDocument: () => one(documents),
        AssumeRolePolicyDocument: () => one(documents),
        Description: () => one(names),
        MaxSessionDuration: () => one([0, 3600, 43_200, 1.5, Number.NaN, -1]),
        Marker: () => one(markers),
        MaxItems: () => one([1, 2, 1000, 0, -1, 1.5, Number.NaN]),
        Tags: () => one(tagLists),
        TagKeys: () => one([[], ['a'], [''], ['\ud800']]),
        AccessKeyId: () => one(keyIds),
        Status: () => one(['Active', 'Inactive', 'Expired', '']),
        VersionId: () => one(['v1', 'v2', 'v0', 'v', '1', 'v99999999999']),
        SetAsDefault: () => one([true, false]),
        Url: () => one(['https://a.example', 'https://a.example/x', 'http://a', '', 'https://\u0000']),
        ClientIDList: () => one([[], ['c'], [''], ['x'.repeat(300)]]),
        ClientID: () => one(['c', '']),
        ThumbprintList: () => one([[], ['a'.repeat(40)], ['x']]),
        AccountAlias: () => one(['acme', '', 'A', 'a--b', '123456789012']),
        Scope: () => one(['All', 'AWS', 'Local']),
        OnlyAttached: () => one([true, false]),
        Filter: () => one([[], ['User'], ['x']]),
        EntityFilter: () => one(['User', 'Role', 'Group', 'x']),
        PolicyUsageFilter: () => one(['PermissionsPolicy', 'PermissionsBoundary']),
      }
      const operations = iamOperations(store, clock)
      // The table's keys are the names of its operations.
      const all = Object.keys(operations) as (IamOperationName & keyof typeof operations)[]
      const counts = { answered: 0, refused: 0 }
      for (let i = 0; i < 2500; i += 1) {
        const name = one(all)
        const input = Object.fromEntries(
          Object.entries(members).flatMap(([member, value]) => (random() < 0.75 ? [[member, value()]] : [])),
        )
        // Any members: an operation takes those it knows.
        const asked = room.ask(name, input, random() < 0.2 ? callOf('ann') : root)
        try {
          const output: { AccessKey?: { AccessKeyId?: string | undefined } } = await asked
          if (output.AccessKey?.AccessKeyId !== undefined) keyIds.push(output.AccessKey.AccessKeyId)
          counts.answered += 1
        } catch (error) {
          ok(error instanceof IamError, `${name} ${JSON.stringify(input)}: ${String(error)}`)
          ok(!/[\0-\u0008\p{Cs}]/u.test(error.message), 'an answer is XML, which cannot say everything')
          counts.refused += 1
        }
      }
      ok(counts.answered > 100 && counts.refused > 100, JSON.stringify(counts))
      for (const id of keyIds) await store.catalog.read(standingOfKey, id)
      await store.close()
      deepEqual(await faultsOf(directory), [])
    })
  }
})
