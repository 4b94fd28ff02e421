// What each condition operator holds for, missing keys and several values included.

import { equal } from 'node:assert/strict'
import { decide } from '../../../src/contract/policy/decide.js'
import { parsePolicy } from '../../../src/contract/policy/parse-policy.js'
import { type Context, policy, question, statement, user } from './questions.js'

/** Whether a statement that allows with this condition allows. */
function holds(Condition: object, context: Context, Effect: 'Allow' | 'Deny' = 'Allow'): boolean {
  if (Effect === 'Allow') {
    return decide(question({ context }), {
      identity: [policy('identity', statement({ Condition }))],
      session: [],
      isSameAccount: true,
    }).isAllowed
  }
  const denies = policy('identity', statement(), statement({ Effect, Condition }))
  return !decide(question({ context }), { identity: [denies], session: [], isSameAccount: true }).isAllowed
}

type Case = readonly [operator: string, values: unknown, given: string | readonly string[] | undefined, holds: boolean]

/** For a key that holds texts. Source: IAM User Guide, "Condition operators" */
const key = 's3:x-amz-acl'
const cases: readonly Case[] = [
  ['StringEquals', 'a', 'a', true],
  ['StringEquals', 'a', 'A', false],
  ['StringEquals', ['a', 'b'], 'b', true],
  ['StringEquals', 'a', undefined, false],
  ['StringEquals', '', '', true],
  ['StringEquals', 'a*', 'ab', false],
  ['StringEquals', 'a*', 'a*', true],
  ['StringEquals', '${*}', '*', true],
  ['StringEquals', '${?}', '?', true],
  ['StringEquals', '${$}{x}', '${x}', true],
  ['StringNotEquals', 'a', 'b', true],
  ['StringNotEquals', 'a', 'a', false],
  ['StringNotEquals', ['a', 'b'], 'b', false],
  ['StringNotEquals', 'a', undefined, true],
  ['StringEqualsIgnoreCase', 'aB', 'Ab', true],
  ['StringEqualsIgnoreCase', 'ab', 'ac', false],
  ['StringEqualsIgnoreCase', 'ab', undefined, false],
  ['StringNotEqualsIgnoreCase', 'aB', 'Ab', false],
  ['StringNotEqualsIgnoreCase', 'aB', 'c', true],
  ['StringNotEqualsIgnoreCase', 'aB', undefined, true],
  ['StringLike', 'a*', 'ab', true],
  ['StringLike', 'a?', 'ab', true],
  ['StringLike', 'a?', 'abc', false],
  ['StringLike', 'A*', 'ab', false],
  ['StringLike', 'a${*}', 'ab', false],
  ['StringLike', 'a${*}', 'a*', true],
  ['StringLike', '*', undefined, false],
  ['StringLike', '', '', true],
  ['StringNotLike', 'a*', 'ab', false],
  ['StringNotLike', 'a*', 'b', true],
  ['StringNotLike', 'a*', undefined, true],

  ['NumericEquals', '10', '10', true],
  ['NumericEquals', 10, '10.0', true],
  ['NumericEquals', '10', '11', false],
  ['NumericEquals', '10', undefined, false],
  ['NumericEquals', '10', 'ten', false],
  ['NumericNotEquals', '10', '11', true],
  ['NumericNotEquals', '10', '10', false],
  ['NumericNotEquals', '10', undefined, true],
  ['NumericNotEquals', '10', 'ten', true],
  ['NumericLessThan', '10', '9', true],
  ['NumericLessThan', '10', '10', false],
  ['NumericLessThan', '10', undefined, false],
  ['NumericLessThanEquals', '10', '10', true],
  ['NumericLessThanEquals', '10', '10.5', false],
  ['NumericGreaterThan', '10', '11', true],
  ['NumericGreaterThan', '10', '10', false],
  ['NumericGreaterThanEquals', '10', '10', true],
  ['NumericGreaterThanEquals', '-1.5', '-1', true],
  ['NumericGreaterThanEquals', '10', '1e9', false],

  ['DateEquals', '2026-11-24T10:00:00Z', '2026-11-24T11:00:00+01:00', true],
  ['DateEquals', '2026-11-24', '2026-11-24T00:00:00.000Z', true],
  ['DateEquals', '2026-11', '2026-11-01T00:00:00Z', true],
  ['DateEquals', '2026', '2026-01-01T00:00:00Z', true],
  ['DateEquals', '1795514400', '2026-11-24T10:00:00Z', true],
  ['DateEquals', 1795514400, '1795514400', true],
  ['DateEquals', '2026-11-24T10:00Z', undefined, false],
  ['DateNotEquals', '2026-11-24T10:00:00Z', '2026-11-24T10:00:00.001Z', true],
  ['DateNotEquals', '2026-11-24T10:00:00Z', '2026-11-24T10:00:00Z', false],
  ['DateNotEquals', '2026-11-24T10:00:00Z', undefined, true],
  ['DateLessThan', '2026-11-24T10:00:00Z', '2026-11-24T09:59:59Z', true],
  ['DateLessThan', '2026-11-24T10:00:00Z', '2026-11-24T10:00:00Z', false],
  ['DateLessThanEquals', '2026-11-24T10:00:00Z', '2026-11-24T10:00:00Z', true],
  ['DateGreaterThan', '2020-01-01T00:00:01Z', '2026-11-24T10:00:00Z', true],
  ['DateGreaterThan', '2020-01-01T00:00:01Z', undefined, false],
  ['DateGreaterThanEquals', '2026-11-24T10:00:00Z', '2026-11-24T10:00:00Z', true],
  ['DateGreaterThanEquals', '2026-11-24T10:00:00Z', 'never', false],

  ['Bool', 'true', 'true', true],
  ['Bool', true, 'true', true],
  ['Bool', 'True', 'true', true],
  ['Bool', 'false', 'true', false],
  ['Bool', 'false', undefined, false],
  ['Bool', 'false', 'no', false],

  ['BinaryEquals', 'QmluYXJ5VmFsdWVJbkJhc2U2NA==', 'QmluYXJ5VmFsdWVJbkJhc2U2NA==', true],
  ['BinaryEquals', 'QmluYXJ5VmFsdWVJbkJhc2U2NA==', 'QmluYXJ5VmFsdWVJbkJhc2U2NA', true],
  ['BinaryEquals', 'QmluYXJ5', 'QmluYXJ4', false],
  ['BinaryEquals', 'QmluYXJ5', undefined, false],

  ['IpAddress', '203.0.113.0/24', '203.0.113.255', true],
  ['IpAddress', '203.0.113.0/24', '203.0.114.0', false],
  ['IpAddress', '203.0.113.77/24', '203.0.113.1', true],
  ['IpAddress', '203.0.113.9', '203.0.113.9', true],
  ['IpAddress', '203.0.113.9', '203.0.113.10', false],
  ['IpAddress', '0.0.0.0/0', '8.8.8.8', true],
  ['IpAddress', '0.0.0.0/0', '2001:db8::1', false],
  ['IpAddress', '10.0.0.0/9', '10.127.255.255', true],
  ['IpAddress', '10.0.0.0/9', '10.128.0.0', false],
  ['IpAddress', '203.0.113.0/24', '::ffff:203.0.113.4', true],
  ['IpAddress', '::ffff:203.0.113.0/120', '203.0.113.4', true],
  ['IpAddress', '2001:DB8:1234:5678::/64', '2001:db8:1234:5678::1', true],
  ['IpAddress', '2001:DB8:1234:5678::/64', '2001:db8:1234:5679::1', false],
  ['IpAddress', '2001:db8::/33', '2001:db8:7fff::1', true],
  ['IpAddress', '2001:db8::/33', '2001:db8:8000::1', false],
  ['IpAddress', 'fe80::/10', 'fe80::1%eth0', true],
  ['IpAddress', '::1', '0:0:0:0:0:0:0:1', true],
  ['IpAddress', '64:ff9b::192.0.2.33', '64:ff9b::c000:221', true],
  ['IpAddress', ['203.0.113.0/24', '2001:DB8:1234:5678::/64'], '2001:db8:1234:5678:9::', true],
  ['IpAddress', '0.0.0.0/0', undefined, false],
  ['IpAddress', '0.0.0.0/0', 'localhost', false],
  ['NotIpAddress', '203.0.113.0/24', '203.0.113.4', false],
  ['NotIpAddress', '203.0.113.0/24', '::ffff:203.0.113.4', false],
  ['NotIpAddress', '203.0.113.0/24', '198.51.100.1', true],
  ['NotIpAddress', '203.0.113.0/24', undefined, true],

  ['ArnEquals', 'arn:aws:iam::111122223333:user/ann', 'arn:aws:iam::111122223333:user/ann', true],
  ['ArnEquals', 'arn:aws:iam::111122223333:user/*', 'arn:aws:iam::111122223333:user/ann', true],
  ['ArnLike', 'arn:aws:iam::*:user/a?n', 'arn:aws:iam::111122223333:user/ann', true],
  ['ArnLike', 'arn:aws:iam::*:user/ann', 'arn:aws:iam::111122223333:role/ann', false],
  ['ArnLike', '*', 'arn:aws:iam::111122223333:role/ann', true],
  ['ArnLike', 'arn:aws:iam::*:user/ann', undefined, false],
  ['ArnLike', 'arn:aws:iam::*:user/ann', 'ann', false],
  ['ArnNotEquals', 'arn:aws:iam::111122223333:user/*', 'arn:aws:iam::111122223333:user/ann', false],
  ['ArnNotEquals', 'arn:aws:iam::111122223333:user/*', 'arn:aws:iam::111122223333:role/ann', true],
  ['ArnNotLike', 'arn:aws:iam::*:user/ann', undefined, true],

  ['Null', 'true', undefined, true],
  ['Null', true, [], true],
  ['Null', 'true', 'a', false],
  ['Null', 'false', 'a', true],
  ['Null', 'false', undefined, false],

  // "If the key is not present, evaluate the condition element as true."
  ['StringEqualsIfExists', 'a', undefined, true],
  ['StringEqualsIfExists', 'a', 'a', true],
  ['StringEqualsIfExists', 'a', 'b', false],
  ['StringNotEqualsIfExists', 'a', undefined, true],
  ['StringNotEqualsIfExists', 'a', 'a', false],
  ['NumericLessThanIfExists', '10', undefined, true],
  ['NumericLessThanIfExists', '10', '11', false],
  ['BoolIfExists', 'false', undefined, true],
  ['IpAddressIfExists', '10.0.0.0/8', undefined, true],
  ['IpAddressIfExists', '10.0.0.0/8', '11.0.0.0', false],
  ['DateLessThanIfExists', '2026-11-24', undefined, true],
  ['ArnLikeIfExists', 'arn:aws:iam::*:user/ann', undefined, true],
  ['BinaryEqualsIfExists', 'QQ==', undefined, true],

  // "ForAllValues … returns true if every context key value in the request matches at least one of the policy values."
  ['ForAllValues:StringEquals', ['a', 'b'], ['a'], true],
  ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'b'], true],
  ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'c'], false],
  ['ForAllValues:StringEquals', ['a', 'b'], undefined, true],
  ['ForAllValues:StringEquals', ['a', 'b'], [], true],
  ['ForAllValues:StringEquals', ['a', 'b'], [''], true],
  ['ForAllValues:StringLike', ['a*'], ['ab', 'ac'], true],
  ['ForAllValues:StringNotEquals', ['a', 'b'], ['c', 'd'], true],
  ['ForAllValues:StringNotEquals', ['a', 'b'], ['c', 'a'], false],
  ['ForAllValues:NumericLessThan', '10', ['1', '11'], false],
  ['ForAllValues:StringEqualsIfExists', 'a', undefined, true],
  ['ForAnyValue:StringEquals', ['a', 'b'], ['c', 'a'], true],
  ['ForAnyValue:StringEquals', ['a', 'b'], ['c', 'd'], false],
  ['ForAnyValue:StringEquals', ['a', 'b'], undefined, false],
  ['ForAnyValue:StringEquals', ['', 'b'], [''], false],
  ['ForAnyValue:StringNotEquals', ['a', 'b'], ['a', 'c'], true],
  ['ForAnyValue:StringNotEquals', ['a', 'b'], ['a', 'b'], false],
  ['ForAnyValue:StringNotEquals', ['a', 'b'], undefined, false],
  ['ForAnyValue:StringEqualsIfExists', 'a', undefined, true],
  ['ForAnyValue:IpAddress', '10.0.0.0/8', ['11.0.0.1', '10.0.0.1'], true],

  // Several values where none were expected: one that matches is enough, and none may match what must not.
  ['StringEquals', 'a', ['a', 'b'], true],
  ['StringNotEquals', 'a', ['a', 'b'], false],
  ['NotIpAddress', '10.0.0.0/8', ['10.0.0.1', '11.0.0.1'], false],
]

describe('a condition', () => {
  for (const [operator, values, given, expected] of cases) {
    const text = given === undefined ? 'no value' : JSON.stringify(given)
    it(`${operator} ${JSON.stringify(values)} ${expected ? 'holds' : 'does not hold'} for ${text}`, () => {
      const context = given === undefined ? {} : { [key]: given }
      equal(holds({ [operator]: { [key]: values } }, context), expected)
      equal(holds({ [operator]: { [key]: values } }, context, 'Deny'), expected, 'in a Deny')
    })
  }

  it('holds when all of it does', () => {
    const both = { StringEquals: { 's3:prefix': 'a', 's3:delimiter': '/' }, Bool: { 'aws:SecureTransport': 'true' } }
    const context = { 's3:prefix': 'a', 's3:delimiter': '/', 'aws:securetransport': 'true' }
    equal(holds(both, context), true)
    for (const name of Object.keys(context)) equal(holds(both, { ...context, [name]: 'x' }), false, name)
  })

  it('compares ARNs part by part, where a text would run over a colon', () => {
    // IAM User Guide, "Amazon Resource Name (ARN) condition operators", its example
    const value = 'arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt'
    const pattern = 'arn:aws:someservice:*:111122223333:finance/*'
    equal(holds({ StringLike: { 'aws:SourceArn': pattern } }, { 'aws:sourcearn': value }), true)
    equal(holds({ ArnLike: { 'aws:SourceArn': pattern } }, { 'aws:sourcearn': value }), false)
  })
})

/** Whether ann may read `key` when a policy allows `Resource` (or all but it). */
const mayRead = (members: object, context: Context, object = 'home/ann/a', principal = user()): boolean =>
  decide(question({ resource: `arn:aws:s3:::photos/${object}`, context, principal }), {
    identity: [policy('identity', statement(members))],
    session: [],
    isSameAccount: true,
  }).isAllowed

const maySpite = (members: object, context: Context, object = 'home/ann/a'): boolean =>
  decide(question({ resource: `arn:aws:s3:::photos/${object}`, context }), {
    identity: [policy('identity', statement(), statement({ Effect: 'Deny', ...members }))],
    session: [],
    isSameAccount: true,
  }).isAllowed

describe('a variable', () => {
  const own = { Resource: 'arn:aws:s3:::photos/home/${aws:username}/*' }

  it('stands for the value of its key, whoever was asked about before', () => {
    const shared = policy('identity', statement(own))
    const may = (name: string, object: string): boolean =>
      decide(question({ resource: `arn:aws:s3:::photos/home/${object}`, context: { 'aws:username': name } }), {
        identity: [shared],
        session: [],
        isSameAccount: true,
      }).isAllowed
    for (let turn = 0; turn < 2; turn += 1) {
      equal(may('ann', 'ann/a'), true)
      equal(may('bob', 'ann/a'), false)
      equal(may('bob', 'bob/a'), true)
      equal(may('ann', 'bob/a'), false)
    }
  })

  it('has no case in its key', () =>
    equal(mayRead({ Resource: 'arn:aws:s3:::photos/home/${AWS:UserName}/*' }, { 'aws:username': 'ann' }), true))

  it('allows nothing when its key has no value', () => {
    equal(mayRead(own, {}), false)
    equal(mayRead({ NotResource: own.Resource }, {}), false)
    equal(mayRead({ Condition: { StringNotEquals: { 's3:prefix': '${aws:username}' } } }, { 's3:prefix': 'x' }), false)
    equal(mayRead({ Condition: { StringEquals: { 's3:prefix': '${aws:username}' } } }, { 's3:prefix': 'x' }), false)
  })

  it('excepts nothing from a Deny when its key has no value', () => {
    equal(maySpite({ NotResource: own.Resource }, {}), false)
    equal(maySpite({ Condition: { StringNotEquals: { 's3:prefix': '${aws:username}' } } }, { 's3:prefix': 'x' }), false)
    equal(maySpite({ NotResource: own.Resource }, { 'aws:username': 'ann' }), true)
  })

  it('has no value when its key has several', () => {
    equal(mayRead(own, { 'aws:username': ['ann', 'bob'] }), false)
    equal(
      mayRead({ Resource: "arn:aws:s3:::photos/home/${aws:username, 'ann'}/*" }, { 'aws:username': ['ann', 'bob'] }),
      false,
    )
  })

  it('may have a default', () => {
    const template = { Resource: "arn:aws:s3:::photos/home/${aws:PrincipalTag/team, 'ann'}/*" }
    equal(mayRead(template, {}), true)
    equal(mayRead(template, { 'aws:principaltag/team': 'red' }), false)
    equal(mayRead(template, { 'aws:principaltag/team': 'red' }, 'home/red/a'), true)
    equal(mayRead({ Resource: "arn:aws:s3:::photos/${aws:username, 'a}b'}" }, {}, 'a}b'), true)
  })

  it('has a value whose wildcards mean themselves', () => {
    equal(mayRead(own, { 'aws:username': '*' }), false)
    equal(mayRead(own, { 'aws:username': '*' }, 'home/*/a'), true)
    equal(mayRead(own, { 'aws:username': 'an?' }), false)
    equal(
      mayRead(
        { Condition: { StringLike: { 's3:prefix': '${aws:username}/*' } } },
        { 'aws:username': '*', 's3:prefix': 'ann/' },
      ),
      false,
    )
    equal(mayRead(own, { 'aws:username': '${aws:userid}', 'aws:userid': 'ann' }), false)
  })

  it('stands in conditions on texts and ARNs', () => {
    const context = {
      'aws:username': 'Ann',
      's3:prefix': 'ann',
      'aws:principalarn': 'arn:aws:iam::111122223333:user/Ann',
    }
    equal(mayRead({ Condition: { StringEqualsIgnoreCase: { 's3:prefix': '${aws:username}' } } }, context), true)
    equal(mayRead({ Condition: { StringEquals: { 's3:prefix': '${aws:username}' } } }, context), false)
    equal(
      mayRead(
        { Condition: { ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:user/${aws:username}' } } },
        context,
      ),
      true,
    )
  })

  it('is text before Version 2012-10-17', () => {
    const text = '{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::photos/${aws:username}"}}'
    const old = policyOf(text)
    const may = (object: string): boolean =>
      decide(question({ resource: `arn:aws:s3:::photos/${object}`, context: { 'aws:username': 'ann' } }), {
        identity: [old],
        session: [],
        isSameAccount: true,
      }).isAllowed
    equal(may('ann'), false)
    equal(may('${aws:username}'), true)
  })
})

function policyOf(text: string): ReturnType<typeof parsePolicy> {
  return parsePolicy(text, 'identity', { name: 'old' })
}

describe('a tag in several cases of its letters', () => {
  for (const key of ['s3:RequestObjectTag/Access', 's3:ExistingObjectTag/access', 'aws:PrincipalTag/access']) {
    it(`allows nothing by one of its values, and denies by each: ${key}`, () => {
      const given = { [key.toLowerCase()]: ['private', 'public'] }
      equal(holds({ StringEquals: { [key]: 'private' } }, given), false)
      equal(holds({ StringNotEquals: { [key]: 'secret' } }, given), true)
      equal(holds({ StringNotEquals: { [key]: 'public' } }, given), false)
      equal(holds({ StringEquals: { [key]: ['private', 'public'] } }, given), true)
      equal(holds({ StringEquals: { [key]: 'public' } }, given, 'Deny'), true)
      equal(holds({ StringNotEquals: { [key]: 'private' } }, given, 'Deny'), true)
      equal(holds({ StringNotEquals: { [key]: ['private', 'public'] } }, given, 'Deny'), false)
    })
  }
})
