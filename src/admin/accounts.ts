// Accounts: whom buckets, users and keys belong to. Only the operator makes and removes them; who belongs to one may see it.

import { z } from 'zod'
import { adminResource } from '../contract/admin-actions.js'
import { AdminError } from './admin-error.js'
import type { AccountEntry, Identities } from './identities.js'
import { type Asked, isOperator, requireOperator, type Route } from './route.js'

/** S3's display names: what stands in listings. */
const accountName = z
  .string()
  .regex(/^[\w.@+=,-]{1,128}$/, 'allowed are 1 to 128 letters, digits and _ . @ + = , -')
  // Words and numbers that mean an account otherwise.
  .refine(
    (name) => name !== 'self' && !/^(?:\d{12}|[0-9a-f]{64})$/.test(name),
    'this would be taken for another account',
  )

const creation = z.strictObject({
  name: accountName,
  hasKey: z.boolean().default(true),
  email: z.email().optional(),
  id: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'allowed are 64 lower-case hex digits')
    .optional(),
  number: z
    .string()
    .regex(/^\d{12}$/, 'allowed are twelve digits')
    .optional(),
})
const renaming = z.strictObject({ name: accountName })

/** Routes of accounts. */
export function accountRoutes(identities: Identities): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/accounts',
      async answer(asked) {
        const { account } = asked
        await asked.require({ action: 'cairn:ListAccounts', resource: resourceOf(account), accountId: account.id })
        const all = isOperator(asked) ? await identities.accounts() : [await own(asked, identities)]
        return { accounts: all.map(shown) }
      },
    },
    {
      method: 'POST',
      path: '/accounts',
      async answer(asked) {
        await asked.require({ action: 'cairn:CreateAccount', resource: '*', accountId: asked.account.id })
        requireOperator(asked)
        const { name, hasKey, email, id, number } = asked.body(creation)
        const account = await identities.createAccount(name, {
          ...(email !== undefined && { email }),
          ...(id !== undefined && { id }),
          ...(number !== undefined && { number }),
        })
        const nobodyElse = { userName: undefined, expires: undefined, policy: undefined, given: undefined }
        const key = hasKey
          ? await identities.createKey({ accountId: account.id, description: undefined, ...nobodyElse })
          : undefined
        return { account: shown(account), ...(key !== undefined && { key }) }
      },
    },
    {
      method: 'GET',
      path: '/accounts/:account',
      async answer(asked) {
        const account = await requireAccount(asked, identities, asked.parameter('account'))
        await asked.require({ action: 'cairn:ListAccounts', resource: resourceOf(account), accountId: account.id })
        return { account: shown(account) }
      },
    },
    {
      method: 'PATCH',
      path: '/accounts/:account',
      async answer(asked) {
        const account = await requireAccount(asked, identities, asked.parameter('account'))
        await asked.require({ action: 'cairn:RenameAccount', resource: resourceOf(account), accountId: account.id })
        requireTenant(asked, account)
        const { name } = asked.body(renaming)
        await identities.renameAccount(account.id, name)
        return { account: shown({ ...account, name }) }
      },
    },
    {
      method: 'DELETE',
      path: '/accounts/:account',
      async answer(asked) {
        const account = await requireAccount(asked, identities, asked.parameter('account'))
        await asked.require({ action: 'cairn:DeleteAccount', resource: resourceOf(account), accountId: account.id })
        requireTenant(asked, account)
        await identities.deleteAccount(account.id)
        return undefined
      },
    },
  ]
}

/** The operator's own account is the server's: it is there, under its name, as long as the server is.
 *  @throws AdminError AccessDenied, InvalidInput */
function requireTenant(asked: Asked, account: AccountEntry): void {
  requireOperator(asked)
  if (account.id !== asked.account.id) return
  throw new AdminError('InvalidInput', "The operator's account can neither be renamed nor deleted.")
}

/** "arn:aws:cairn::123456789012:account" */
export const resourceOf = ({ number }: { readonly number: string }): string => adminResource(number, 'account')

/** The account a request names by id, number or name; the sender's own for "self" and for undefined.
 *  @throws AdminError NoSuchEntity to the operator; AccessDenied to all others, for whom accounts that are not theirs do not exist */
export async function requireAccount(
  asked: Asked,
  identities: Identities,
  reference: string | undefined,
): Promise<AccountEntry> {
  const isOwn = reference === undefined || reference === 'self'
  const account = isOwn ? await own(asked, identities) : await identities.account(reference)
  if (account !== undefined && (isOperator(asked) || account.id === asked.account.id)) return account
  if (isOperator(asked)) throw new AdminError('NoSuchEntity', `There is no account ${reference}.`)
  throw new AdminError('AccessDenied', 'You may see nothing of other accounts.')
}

async function own({ account }: Asked, identities: Identities): Promise<AccountEntry> {
  const entry = await identities.account(account.id)
  if (entry === undefined) throw new AdminError('NoSuchEntity', 'Your account has just been deleted.')
  return entry
}

const shown = ({ id, number, name, created }: AccountEntry): AccountEntry => ({ id, number, name, created })
