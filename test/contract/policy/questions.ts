// Who asks and what for, for the tests of policies.

import type { AccountName, Principal, Question } from '../../../src/contract/access.js'
import { parsePolicy } from '../../../src/contract/policy/parse-policy.js'
import type { AnyQuestion, Policy, PolicyKind } from '../../../src/contract/policy/policy.js'

export const home: AccountName = { id: 'a'.repeat(64), number: '111122223333', name: 'home' }
export const abroad: AccountName = { id: 'b'.repeat(64), number: '444455556666', name: 'abroad' }

const noTags: ReadonlyMap<string, string> = new Map()

/** User `name` of an account. */
export const user = (name = 'ann', account = home): Principal => ({
  kind: 'user',
  account,
  arn: `arn:aws:iam::${account.number}:user/${name}`,
  id: `AIDA${name.toUpperCase()}`,
  name,
  tags: noTags,
})

/** Session "work" of role `role`. */
export const session = (role = 'reader', account = home): Principal => ({
  kind: 'session',
  account,
  arn: `arn:aws:sts::${account.number}:assumed-role/${role}/work`,
  roleArn: `arn:aws:iam::${account.number}:role/${role}`,
  id: `AROA${role.toUpperCase()}:work`,
  tags: noTags,
})

export const root = (account = home): Principal => ({
  kind: 'root',
  account,
  arn: `arn:aws:iam::${account.number}:root`,
  isOperator: false,
})

export const operator: Principal = {
  kind: 'root',
  account: { id: 'c'.repeat(64), number: '999999999999', name: 'server' },
  arn: 'arn:aws:iam::999999999999:root',
  isOperator: true,
}

export const anonymous: Principal = { kind: 'anonymous' }

/** Values of condition keys, one or several. */
export type Context = Readonly<Record<string, string | readonly string[]>>

/** @param context by lower-case name */
export const contextOf =
  (context: Context): Question['context'] =>
  (key) => {
    const value = Object.hasOwn(context, key) ? context[key] : undefined
    return typeof value === 'string' ? [value] : value
  }

export interface Asked {
  readonly action?: string
  readonly resource?: string
  readonly principal?: AnyQuestion['principal']
  readonly context?: Context
}

/** A question: by default whether ann may get an object of photos. */
export const question = ({
  action = 's3:GetObject',
  resource = 'arn:aws:s3:::photos/cat.jpg',
  principal = user(),
  context = {},
}: Asked = {}): AnyQuestion => ({ action, resource, principal, context: contextOf(context) })

/** A statement, filled up: all of S3 on everything. */
export const statement = (members: object = {}): object => ({
  Effect: 'Allow',
  ...('NotAction' in members ? {} : { Action: 's3:*' }),
  ...('NotResource' in members ? {} : { Resource: '*' }),
  ...members,
})

/** A policy of statements, in the version that has variables. */
export function policy(kind: PolicyKind, ...statements: object[]): Policy {
  return parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), kind, {
    name: `${kind} policy`,
    bucket: 'photos',
  })
}
