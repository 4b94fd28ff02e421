// What holds for any policies and any question: compared with a plain interpreter, and by laws that need none.

import { equal } from 'node:assert/strict'
import { decide, type Policies } from '../../../src/contract/policy/decide.js'
import { parsePolicy } from '../../../src/contract/policy/parse-policy.js'
import type { AnyQuestion, Policy, PolicyKind } from '../../../src/contract/policy/policy.js'
import { type Random, randomFrom } from '../../crash/random.js'
import { abroad, anonymous, contextOf, root, session, user } from './questions.js'
import { isAllowed, type RawPolicies, type RawStatement } from './reference.js'

const turns = 2000

const actions = ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject', 's3:DeleteObject', 's3:ListBucket']
const actionPatterns = [
  's3:*',
  '*',
  's3:Get*',
  's3:GetObject',
  'S3:putobject',
  's3:*Object',
  's3:?etObject',
  's3:List*',
  's3:GetObject?*',
]
const keys = ['a', 'ann/a', 'ann/b/c', 'bob/a', 'a:b', '*/x', 'ann']
const resources = ['arn:aws:s3:::photos', ...keys.map((key) => `arn:aws:s3:::photos/${key}`)]
const resourcePatterns = [
  '*',
  'arn:aws:s3:::photos',
  'arn:aws:s3:::photos/*',
  'arn:aws:s3:::ph*',
  'arn:aws:s3:*:*:photos/ann/*',
  'arn:aws:s3:::photos/${aws:username}/*',
  "arn:aws:s3:::photos/${aws:username, 'bob'}/?",
  'arn:aws:s3:::photos/${*}/?',
  'arn:aws:s3:::*/*a*',
  'arn:aws:s3:::photos/??*/*',
]
const principals = [user('ann'), user('bob'), user('zoe', abroad), session('reader'), root(), root(abroad), anonymous]
const names = [
  '111122223333',
  'arn:aws:iam::111122223333:root',
  'arn:aws:iam::111122223333:user/ann',
  'arn:aws:iam::111122223333:role/reader',
  'arn:aws:sts::111122223333:assumed-role/reader/work',
  '444455556666',
  'arn:aws:iam::444455556666:user/zoe',
]
const texts = ['', 'a', 'A', 'ann', 'a*', '*', 'ann/', 'bob']
const textValues = [...texts, '${aws:username}', "${aws:username, 'ann'}", '${*}', 'a?n', '?', 'a${?}']
const numbers = ['0', '1', '10', '1000']

const some = <Item>(random: Random, items: readonly Item[], max = 3): Item[] =>
  Array.from({ length: 1 + random.integer(max) }, () => random.of(items))

function randomCondition(random: Random): NonNullable<RawStatement['Condition']> {
  const qualifier = random.of(['', '', '', 'ForAllValues:', 'ForAnyValue:'])
  const ifExists = random.of(['', '', 'IfExists'])
  const of = (operator: string, key: string, values: string[]): NonNullable<RawStatement['Condition']> => ({
    [`${qualifier}${operator}${ifExists}`]: { [key]: values },
  })
  switch (random.integer(4)) {
    case 0:
      return { Null: { [random.of(['s3:prefix', 'aws:username'])]: [random.of(['true', 'false'])] } }
    case 1:
      return of(
        random.of(['NumericEquals', 'NumericNotEquals', 'NumericLessThan', 'NumericGreaterThanEquals']),
        's3:max-keys',
        some(random, numbers),
      )
    case 2:
      return of('Bool', 'aws:SecureTransport', [random.of(['true', 'false'])])
    default:
      return of(
        random.of([
          'StringEquals',
          'StringNotEquals',
          'StringLike',
          'StringNotLike',
          'StringEqualsIgnoreCase',
          'StringNotEqualsIgnoreCase',
        ]),
        random.of(['s3:prefix', 'aws:PrincipalTag/team', 'aws:TagKeys']),
        some(random, textValues),
      )
  }
}

function randomStatement(
  random: Random,
  kind: PolicyKind,
  effects: readonly RawStatement['Effect'][] = ['Allow', 'Allow', 'Deny'],
): RawStatement {
  const Effect = random.of(effects)
  const who: Partial<RawStatement> =
    kind !== 'bucket'
      ? {}
      : Effect === 'Deny' && random.integer(4) === 0
        ? { NotPrincipal: { AWS: some(random, names, 4) } }
        : {
            Principal:
              random.integer(4) === 0 ? '*' : { AWS: some(random, random.integer(9) === 0 ? ['*', ...names] : names) },
          }
  // A bucket's policy must be of actions that its resources have: those that name both kinds.
  const patterns =
    kind === 'bucket'
      ? resourcePatterns.filter((pattern) => pattern === '*' || pattern === 'arn:aws:s3:::ph*')
      : resourcePatterns
  return {
    Effect,
    ...who,
    ...(random.integer(5) === 0
      ? { NotAction: some(random, actionPatterns) }
      : { Action: some(random, actionPatterns) }),
    ...(random.integer(5) === 0
      ? { NotResource: some(random, resourcePatterns) }
      : {
          Resource: some(random, random.integer(2) === 0 ? patterns : kind === 'bucket' ? patterns : resourcePatterns),
        }),
    ...(random.integer(3) === 0
      ? { Condition: { ...randomCondition(random), ...(random.integer(3) === 0 ? randomCondition(random) : {}) } }
      : {}),
  }
}

const randomStatements = (random: Random, kind: PolicyKind, max = 3): RawStatement[] =>
  Array.from({ length: random.integer(max + 1) }, () => randomStatement(random, kind))

function randomPolicies(random: Random, principal: AnyQuestion['principal']): RawPolicies {
  const ofAnother =
    principal.kind === 'anonymous' || (principal.kind !== 'web identity' && principal.account === abroad)
  const hasPolicies = principal.kind === 'user' || principal.kind === 'session'
  return {
    identity: hasPolicies ? randomStatements(random, 'identity', 4) : [],
    boundary: hasPolicies && random.integer(3) === 0 ? [randomStatement(random, 'boundary')] : undefined,
    session:
      hasPolicies && random.integer(3) === 0
        ? [
            [randomStatement(random, 'session')],
            ...(random.integer(2) === 0 ? [[randomStatement(random, 'session')]] : []),
          ]
        : [],
    resource: randomStatements(random, 'bucket', 4),
    isSameAccount: !ofAnother,
  }
}

function randomQuestion(random: Random): AnyQuestion {
  const principal = random.of(principals)
  const may = <Item>(value: Item): Item | undefined => (random.integer(4) === 0 ? undefined : value)
  const context = {
    'aws:username': may(principal.kind === 'user' ? principal.name : random.of(['*', 'ann'])),
    's3:prefix': may(random.of(texts)),
    's3:max-keys': may(random.of(numbers)),
    'aws:securetransport': may(random.of(['true', 'false'])),
    'aws:principaltag/team': may(random.of(texts)),
    'aws:tagkeys': may(some(random, texts, 3)),
  }
  const given = Object.entries(context).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]))
  return {
    action: random.of(actions),
    resource: random.of(resources),
    principal,
    context: contextOf(Object.fromEntries(given)),
  }
}

const compiled = (statements: readonly RawStatement[], kind: PolicyKind): Policy =>
  parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), kind, { name: kind, bucket: 'photos' })

/** A policy without statements is none. */
const policyOfSome = (statements: readonly RawStatement[], kind: PolicyKind): Policy[] =>
  statements.length === 0 ? [] : [compiled(statements, kind)]

const compiledAll = ({ identity, boundary, session: groups, resource, isSameAccount }: RawPolicies): Policies => ({
  // One policy each, and all in one: it must make no difference.
  identity:
    identity.length % 2 === 0
      ? identity.map((statement) => compiled([statement], 'identity'))
      : policyOfSome(identity, 'identity'),
  boundary: boundary && compiled(boundary, 'boundary'),
  session: groups.map((group) => policyOfSome(group, 'session')),
  resource: policyOfSome(resource, 'bucket')[0],
  isSameAccount,
})

/** Runs `law` over many questions, and says the seed of one that breaks it. */
function always(law: (random: Random, question: AnyQuestion, policies: RawPolicies) => void): void {
  for (let seed = 1; seed <= turns; seed += 1) {
    const random = randomFrom(seed)
    const question = randomQuestion(random)
    const policies = randomPolicies(random, question.principal)
    try {
      law(random, question, policies)
    } catch (cause) {
      const { action, resource, principal } = question
      throw new Error(
        `seed ${seed}: ${JSON.stringify({ action, resource, principal: principal.kind, policies }, undefined, 1)}`,
        { cause },
      )
    }
  }
}

const may = (question: AnyQuestion, policies: RawPolicies): boolean => decide(question, compiledAll(policies)).isAllowed

describe('decisions', () => {
  it('are those of the plain interpreter', function () {
    this.timeout(60_000)
    let allowed = 0
    always((_random, question, policies) => {
      const expected = isAllowed(question, policies)
      if (expected) allowed += 1
      equal(may(question, policies), expected)
    })
    // Else nothing would have been tried.
    equal(allowed > turns / 10 && allowed < (turns * 9) / 10, true, `${allowed} of ${turns} were allowed`)
  })

  it('are never made an Allow by one more Deny', function () {
    this.timeout(60_000)
    always((random, question, policies) => {
      if (may(question, policies)) return
      const denies = (kind: PolicyKind): RawStatement => randomStatement(random, kind, ['Deny'])
      equal(may(question, { ...policies, identity: [...policies.identity, denies('identity')] }), false)
      equal(may(question, { ...policies, resource: [...policies.resource, denies('bucket')] }), false)
    })
  })

  it('are a refusal wherever a Deny applies, whatever else allows', function () {
    this.timeout(60_000)
    always((_random, question, policies) => {
      const all: RawStatement = { Effect: 'Deny', Action: ['*'], Resource: ['*'] }
      equal(may(question, { ...policies, identity: [...policies.identity, all] }), false)
      equal(may(question, { ...policies, boundary: [...(policies.boundary ?? []), all] }), false)
      equal(may(question, { ...policies, session: [...policies.session, [all]] }), false)
      equal(may(question, { ...policies, resource: [...policies.resource, { ...all, Principal: '*' }] }), false)
    })
  })

  it('are widened neither by a boundary nor by a session', function () {
    this.timeout(60_000)
    always((random, question, policies) => {
      if (may(question, { ...policies, boundary: undefined, session: [] })) return
      equal(may(question, { ...policies, boundary: [randomStatement(random, 'boundary')], session: [] }), false)
      equal(may(question, { ...policies, boundary: undefined, session: [[randomStatement(random, 'session')]] }), false)
    })
  })

  it('do not depend on the order of statements', function () {
    this.timeout(60_000)
    always((_random, question, policies) => {
      const turned = { ...policies, identity: policies.identity.toReversed(), resource: policies.resource.toReversed() }
      equal(may(question, turned), may(question, policies))
    })
  })

  it('are the same when they are asked again', function () {
    this.timeout(60_000)
    const random = randomFrom(7)
    for (let turn = 0; turn < 200; turn += 1) {
      const first = randomQuestion(random)
      const policies = compiledAll(randomPolicies(random, first.principal))
      const questions = [
        first,
        ...Array.from({ length: 5 }, () => ({ ...randomQuestion(random), principal: first.principal })),
      ]
      const answers = questions.map((question) => decide(question, policies).isAllowed)
      for (const [index, question] of questions.entries()) equal(decide(question, policies).isAllowed, answers[index])
    }
  })
})
