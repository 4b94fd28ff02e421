// Access keys with what IAM's have not: an end, rights of their own, a secret that was brought along, a successor. Who may do what with a key is said
// by IAM's actions on its owner, so that a policy about keys holds whichever way one is made.

import { z } from 'zod'
import type { AccountName } from '../contract/access.js'
import { iamArn, rootArn } from '../contract/arns.js'
import { requireAccount } from './accounts.js'
import { AdminError } from './admin-error.js'
import type { KeyEntry } from '../contract/key-entry.js'
import type { Identities } from './identities.js'
import { type Asked, isOperator, type KeyAction, type Route } from './route.js'

/** How long a rotated key may be used beside its successor, at most: 90 days. */
const graceMsMax = 90 * 24 * 60 * 60 * 1000

/** As of keys that clients have elsewhere: what fits in a credential scope and an Authorization header. */
const accessKeyId = z.string().regex(/^[\w.@+-]{3,128}$/, 'allowed are 3 to 128 letters, digits and _ . @ + -')
const secretAccessKey = z.string().min(8, 'allowed are 8 to 256 characters').max(256, 'allowed are 8 to 256 characters')
const moment = z.int().positive()

const creation = z
  .strictObject({
    account: z.string().optional(),
    user: z.string().optional(),
    expires: moment.optional(),
    policy: z.record(z.string(), z.unknown()).optional(),
    description: z.string().max(1000).optional(),
    accessKeyId: accessKeyId.optional(),
    secretAccessKey: secretAccessKey.optional(),
  })
  .refine(
    (key) => (key.accessKeyId === undefined) === (key.secretAccessKey === undefined),
    'accessKeyId and secretAccessKey go together',
  )
const change = z
  .strictObject({ status: z.enum(['Active', 'Inactive']).optional(), expires: moment.nullable().optional() })
  .refine((asked) => asked.status !== undefined || asked.expires !== undefined, 'status or expires is to be given')
const rotation = z.strictObject({ graceMs: z.int().min(0).max(graceMsMax) })

/** Routes of keys. */
export function keyRoutes(identities: Identities): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/keys',
      async answer(asked) {
        const account = await requireAccount(asked, identities, asked.option('account'))
        const userName = asked.option('user')
        const user = await requireOwner(asked, identities, 'iam:ListAccessKeys', account, userName)
        const all = await identities.keys(account.id)
        return { keys: all.filter((key) => user === undefined || key.user?.name === user.name).map(shown) }
      },
    },
    {
      method: 'POST',
      path: '/keys',
      async answer(asked) {
        const wanted = asked.body(creation)
        const account = await requireAccount(asked, identities, wanted.account)
        const user = await requireOwner(asked, identities, 'iam:CreateAccessKey', account, wanted.user)
        const { expires, description, policy } = wanted
        const made = await identities.createKey({
          accountId: account.id,
          userName: user?.name,
          expires,
          description,
          policy: policy === undefined ? undefined : JSON.stringify(policy),
          given:
            wanted.accessKeyId === undefined || wanted.secretAccessKey === undefined
              ? undefined
              : { accessKeyId: wanted.accessKeyId, secretAccessKey: wanted.secretAccessKey },
        })
        return { key: made }
      },
    },
    {
      method: 'GET',
      path: '/keys/:key',
      async answer(asked) {
        return { key: shown(await requireKey(asked, identities, 'iam:ListAccessKeys')) }
      },
    },
    {
      method: 'PATCH',
      path: '/keys/:key',
      async answer(asked) {
        const key = await requireKey(asked, identities, 'iam:UpdateAccessKey')
        const { status, expires } = asked.body(change)
        await identities.updateKey(key.accessKeyId, {
          ...(status !== undefined && { status }),
          ...(expires !== undefined && { expires }),
        })
        return { key: shown(await requireKey(asked, identities, 'iam:UpdateAccessKey')) }
      },
    },
    {
      method: 'POST',
      path: '/keys/:key/rotation',
      async answer(asked) {
        const key = await requireKey(asked, identities, 'iam:UpdateAccessKey')
        // Whoever rotates a key is given a new one.
        await requireRight(asked, 'iam:CreateAccessKey', key)
        const { graceMs } = asked.body(rotation)
        const { oldExpires, ...made } = await identities.rotateKey(key.accessKeyId, graceMs)
        return { key: made, old: { accessKeyId: key.accessKeyId, expires: oldExpires } }
      },
    },
    {
      method: 'DELETE',
      path: '/keys/:key',
      async answer(asked) {
        const key = await requireKey(asked, identities, 'iam:DeleteAccessKey')
        await identities.deleteKey(key.accessKeyId)
        return undefined
      },
    },
  ]
}

/** Asks for a right on whose a key is. Keys of the account itself are for the account itself: to a user they would give what no policy of his may. A
 *  key with less than its owner's rights makes none that could have more. Security rule 7: "A child's rights (session, service account) are a subset of
 *  its parent's when made and when used."
 *  @throws AdminError AccessDenied */
async function requireRight(asked: Asked, action: KeyAction, { account, user }: Owned): Promise<void> {
  await asked.require({ action, resource: user?.arn ?? rootArn(account.number), accountId: account.id })
  if (action === 'iam:ListAccessKeys') return
  if (user === undefined && asked.principal.kind !== 'root') {
    throw new AdminError('AccessDenied', 'Keys of the account itself are for the account itself alone.')
  }
  if (asked.isLimited && action !== 'iam:DeleteAccessKey') {
    throw new AdminError('AccessDenied', 'A key with less than the rights of its owner makes and changes no keys.')
  }
}

type Owned = Pick<KeyEntry, 'account' | 'user'>

/** The key of the path, once the sender has been found to have a right on its owner.
 *  @throws AdminError AccessDenied, for keys of others and those that do not exist; NoSuchEntity to the operator */
async function requireKey(asked: Asked, identities: Identities, action: KeyAction): Promise<KeyEntry> {
  const key = await identities.key(asked.parameter('key'))
  if (key === undefined) throw unknownKey(asked)
  await requireRight(asked, action, key)
  return key
}

/** What is said of a key nobody knows: to the operator the truth, to all others what is said of the keys of other accounts. */
export function unknownKey(asked: Asked): AdminError {
  const id = asked.parameter('key')
  return isOperator(asked)
    ? new AdminError(
        'NoSuchEntity',
        `There is no access key ${id}. The root key of the server is none of those kept here.`,
      )
    : new AdminError('AccessDenied', `You may do nothing with the access key ${id}.`)
}

/** The user a request names, undefined for the account itself, once the sender has been found to have a right on it.
 *  @throws AdminError AccessDenied, NoSuchEntity */
async function requireOwner(
  asked: Asked,
  identities: Identities,
  action: KeyAction,
  account: AccountName,
  name: string | undefined,
): Promise<KeyEntry['user']> {
  if (name === undefined) {
    await requireRight(asked, action, { account, user: undefined })
    return undefined
  }
  const user = await identities.user(account.id, name)
  await requireRight(asked, action, { account, user: user ?? { name, arn: iamArn(account.number, 'user', '/', name) } })
  if (user === undefined) throw new AdminError('NoSuchEntity', `There is no user ${name} in this account.`)
  return user
}

const shown = ({ account, user, policy, ...key }: KeyEntry) => ({
  ...key,
  account: account.number,
  user: user?.name,
  policy: policy === undefined ? undefined : (JSON.parse(policy) as unknown),
})
