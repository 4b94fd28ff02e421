import { deepEqual, equal } from 'node:assert/strict'
import { decide } from '../../../src/contract/policy/decide.js'
import { joinedPolicies } from '../../../src/contract/policy/joined-policies.js'
import { parsePolicy } from '../../../src/contract/policy/parse-policy.js'

const account = { id: 'a'.repeat(64), number: '123456789012', name: 'one' }
const arn = 'arn:aws:iam::123456789012:user/ann'
const principal = { kind: 'user', account, arn, id: 'AIDA', name: 'ann', tags: new Map() } as const

const policies = [
  { Effect: 'Allow', Action: 's3:Get*', Resource: 'arn:aws:s3:::a/*' },
  { Effect: 'Allow', Action: 's3:*', Resource: 'arn:aws:s3:::b/*' },
  { Effect: 'Deny', NotAction: 's3:GetObject', Resource: 'arn:aws:s3:::b/x' },
  { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::${aws:username}/*' },
].map((statement, i) =>
  parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statement }), 'identity', { name: `policy ${i}` }),
)

describe('joined policies', () => {
  it('say what they said one by one, in the same order and under the same names', () => {
    const context = (key: string) => (key === 'aws:username' ? ['ann'] : undefined)
    const joined = joinedPolicies(policies)
    equal(joined.length, 1)
    for (const action of ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 'iam:GetUser']) {
      for (const resource of ['a/k', 'b/k', 'b/x', 'ann/k', 'c/k'].map((path) => `arn:aws:s3:::${path}`)) {
        const question = { action, resource, principal, context }
        const others = { session: [], isSameAccount: true }
        const decision = decide(question, { ...others, identity: joined })
        deepEqual(decision, decide(question, { ...others, identity: policies }), `${action} ${resource}`)
        deepEqual(decide(question, { ...others, identity: joined }), decision, 'asked again')
      }
    }
  })

  it('have all their keys', () => {
    deepEqual([...(joinedPolicies(policies)[0]?.keys ?? [])], ['aws:username'])
  })

  it('are themselves where there is nothing to join', () => {
    deepEqual(joinedPolicies([]), [])
    equal(joinedPolicies(policies.slice(0, 1))[0], policies[0])
  })
})
