// Whom a session stands for, where its role and whoever assumed it say different things.

import { deepEqual } from 'node:assert/strict'
import { CompiledPolicies } from '../../src/auth/compiled-policies.js'
import { standingOfSession } from '../../src/auth/standing-of.js'

const account = { id: 'a'.repeat(64), number: '111122223333', name: 'home' }

describe('A session of a role', () => {
  it('has its own tags in place of the role’s, whatever the case of either', () => {
    const role = {
      kind: 'role',
      id: 'AROAABCDEFGHIJKLMNOP2',
      name: 'reader',
      arn: 'arn:aws:iam::111122223333:role/reader',
      accountId: account.id,
      accountNumber: account.number,
      accountName: account.name,
      tags: [
        ['Team', 'prod'],
        ['site', 'north'],
      ],
      policies: [],
      boundary: undefined,
      sessionsRevokedBeforeMs: undefined,
      trustPolicy: undefined,
      sessionSecondsMax: 3600,
    } as const
    const session = {
      accessKeyId: 'ASIAABCDEFGHIJKLMNOP',
      secretAccessKey: 'secret',
      accountId: account.id,
      kind: 'role',
      subjectId: role.id,
      name: 'work',
      issuedMs: 0,
      expiresMs: 1,
      policies: [],
      policyArns: [],
      tags: { team: 'dev' },
      transitiveTagKeys: [],
    } as const
    const { principal } = standingOfSession(session, account, role, undefined, [], new CompiledPolicies()).caller
    deepEqual(principal.kind === 'session' && [...principal.tags], [
      ['site', 'north'],
      ['team', 'dev'],
    ])
  })
})
