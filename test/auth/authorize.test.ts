// What is said of a denial, to whom, and what would be decided.

import { deepEqual, equal, throws } from 'node:assert/strict'
import { authorizer } from '../../src/auth/authorize.js'
import type { Asking } from '../../src/auth/asking.js'
import { Denials } from '../../src/auth/denials.js'
import { anonymous, type Standing } from '../../src/auth/standing.js'
import { S3Error } from '../../src/contract/errors.js'
import { systemClock } from '../../src/contract/operation.js'
import { parsePolicy } from '../../src/contract/policy/parse-policy.js'
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import { allow, deny, operatorsAccount, policyOf, type Statement } from '../access/people.js'
import { freshServer } from '../fresh-server.js'

async function world(...statements: Statement[]) {
  const fresh = await freshServer()
  const { store, rootKey } = fresh.server
  const account = operatorsAccount(store, rootKey.accountId)
  const arn = `arn:aws:iam::${account.number}:user/ann`
  const principal = { kind: 'user', account, arn, id: 'AIDAANN', name: 'ann', tags: new Map() } as const
  const name = 'identity policy rights of user ann'
  const standing: Standing = {
    caller: { accountId: account.id, displayName: account.name, accessKeyId: 'AKIAANN', principal },
    policies: { identity: [parsePolicy(policyOf(...statements), 'identity', { name })], session: [] },
  }
  const lines: { details: Readonly<Record<string, unknown>>; message: string }[] = []
  const info = (details: Readonly<Record<string, unknown>>, message: string) => void lines.push({ details, message })
  const nothing = (): void => undefined
  const denials = new Denials()
  const log = { debug: nothing, info, warn: nothing, error: nothing }
  const { catalog } = store
  const decider = authorizer({ catalog, region: 'us-east-1', clock: systemClock, log, denials })
  const asking = (of: Standing, requestId = 'ID'): Asking => ({
    requestId,
    authenticated: { caller: of.caller, standing: of, by: 'header', signature: undefined },
    facts: { headers: {}, parameters: new Map(), remoteAddress: '127.0.0.1', isSecure: false },
  })
  return { ...fresh, decider, standing, lines, denials, asking, arn, name, account }
}

describe('authorizer', () => {
  it('tells the log and who administers which statement denied, and the caller nothing', async () => {
    const { decider, standing, lines, denials, asking, arn, name, bucket, account } = await world(allow('s3:*'), {
      ...deny('s3:GetObject', 'arn:aws:s3:::*/secret/*'),
      Sid: 'NoSecrets',
    })
    const at = { bucket, key: 'secret/plan' }
    let refusal: unknown
    throws(
      () => decider.authorize(asking(standing, 'REQUEST1'), 'GetObject', at, {}),
      (error) => {
        refusal = error
        return true
      },
    )
    equal(refusal instanceof S3Error && `${refusal.code} ${refusal.message}`, 'AccessDenied Access Denied')
    deepEqual(refusal instanceof S3Error && refusal.members, {})
    const statement = { policy: name, sid: 'NoSecrets', index: 1 }
    const resource = `arn:aws:s3:::${bucket}/secret/plan`
    deepEqual(lines, [
      {
        message: 'access denied',
        details: {
          requestId: 'REQUEST1',
          principal: arn,
          action: 's3:GetObject',
          resource,
          reason: 'explicit deny',
          statement,
        },
      },
    ])
    const [denial, ...others] = denials.of('REQUEST1')
    deepEqual(others, [])
    deepEqual([denial?.principal, denial?.action, denial?.resource], [arn, 's3:GetObject', resource])
    equal(denial?.ownerId, account.id)
    deepEqual(denial?.decision, { isAllowed: false, reason: 'explicit deny', statement })
    deepEqual(denials.of('ANOTHER'), [])
  })

  it('notes what nothing allows, of nobody too, and of each key of a DeleteObjects', async () => {
    const { decider, standing, denials, asking, lines, bucket } = await world(
      allow('s3:DeleteObject', 'arn:aws:s3:::*/a'),
    )
    throws(() => decider.authorize(asking(anonymous, 'NOBODY'), 'GetObject', { bucket, key: 'a' }, {}))
    equal(denials.of('NOBODY')[0]?.principal, 'anonymous')
    equal(denials.of('NOBODY')[0]?.decision.reason, 'no statement allows it')
    const allowed = decider.authorize(asking(standing, 'MANY'), 'DeleteObjects', { bucket }, {})
    equal(allowed.mayDelete('a', undefined), true)
    equal(allowed.mayDelete('b', undefined), false)
    equal(allowed.mayDelete('a', 'v1'), false)
    deepEqual(
      denials.of('MANY').map(({ action, resource }) => `${action} ${resource}`),
      [`s3:DeleteObject arn:aws:s3:::${bucket}/b`, `s3:DeleteObjectVersion arn:aws:s3:::${bucket}/a`],
    )
    equal(lines.length, 3)
  })

  it('remembers so many denials and no more', () => {
    const denials = new Denials()
    const one = {
      timeMs: 0,
      principal: 'anonymous',
      accessKeyId: '',
      ownerId: undefined,
      action: 's3:GetObject',
      resource: 'arn:aws:s3:::b/k',
      decision: { isAllowed: false, reason: 'no statement allows it' },
    } as const
    for (let i = 0; i < 5000; i += 1) denials.add({ ...one, requestId: `${i}` })
    for (let i = 0; i < 5000; i += 1) denials.add({ ...one, requestId: 'MANY' })
    equal(denials.of('0').length, 0)
    equal(denials.of('4999').length, 1)
    equal(denials.of('MANY').length, 10)
  })

  it('explains what it would decide, by the same rules and without a word to the log', async () => {
    const { decider, standing, lines, denials, bucket, name, s3, arn } = await world(
      allow('s3:GetObject', 'arn:aws:s3:::*/a'),
      allow('s3:PutObject'),
    )
    const source = { CopySource: `${bucket}/b` }
    const copy = { standing, operation: 'CopyObject', address: { bucket, key: 'copy' } } as const
    const brief = (input: object) =>
      decider
        .explain({ ...copy, input })
        .map(({ action, resource, decision: { isAllowed, reason, statement } }) => [
          action,
          resource.replace(`arn:aws:s3:::${bucket}/`, ''),
          isAllowed,
          reason,
          statement?.index,
        ])
    deepEqual(brief(source).slice(0, 2), [
      ['s3:PutObject', 'copy', true, 'allowed by identity policy', 1],
      ['s3:GetObject', 'b', false, 'no statement allows it', undefined],
    ])
    deepEqual(brief({ CopySource: `${bucket}/a` })[1], ['s3:GetObject', 'a', true, 'allowed by identity policy', 0])
    const [first] = decider.explain({ ...copy, input: source })
    equal(first?.decision.statement?.policy, name)

    const grant = { ...allow('s3:GetObject', `arn:aws:s3:::${bucket}/b`), Sid: 'LetAnn', Principal: { AWS: arn } }
    const iam = { ...grant, Principal: '*', Condition: { StringEquals: { 'aws:PrincipalArn': arn } } }
    await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: policyOf(iam) }))
    const [, second] = decider.explain({ ...copy, input: source })
    deepEqual(second?.decision, {
      isAllowed: true,
      reason: 'allowed by resource policy',
      statement: { policy: `bucket policy of ${bucket}`, sid: 'LetAnn', index: 0 },
    })
    deepEqual(lines, [])
    deepEqual(denials.of(''), [])
  })

  it('decides on actions of other services by the caller’s policies alone', async () => {
    const { decider, standing, denials, asking } = await world(allow('iam:GetUser'))
    const on = (action: string) => ({ action, resource: '*' })
    decider.authorizeAction(asking(standing), on('iam:GetUser'))
    throws(() => decider.authorizeAction(asking(standing, 'IAM'), on('iam:CreateUser')), { code: 'AccessDenied' })
    throws(() => decider.authorizeAction(asking(anonymous), on('iam:GetUser')), { code: 'AccessDenied' })
    equal(denials.of('IAM')[0]?.action, 'iam:CreateUser')
  })
})
