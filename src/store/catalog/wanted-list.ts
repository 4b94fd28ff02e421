// A list that is asked for becomes one of accounts that are there.

import type { AccessList, ListGrant } from '../../contract/access-list.js'
import type { AskedGrant, AskedList, WantedList } from '../../contract/acl.js'
import { S3Error } from '../../contract/errors.js'
import { findAccount } from './account.js'
import { all, query, statement, type Steps } from './steps.js'

const byEmail = statement<{ email: string }, { id: string }>(
  'SELECT id FROM account WHERE lower(email) = lower(:email) LIMIT 2',
)

/** What a request asks for, e-mail addresses replaced by the accounts they are of.
 *  @throws InvalidArgument for an id nobody has; UnresolvableGrantByEmailAddress, AmbiguousGrantByEmailAddress */
export const wantedList = query('wantedList', function* (asked: AskedList): Steps<WantedList> {
  if ('canned' in asked) return asked
  const grants: ListGrant[] = []
  for (const grant of asked.grants) grants.push(yield* resolved(grant))
  return { grants: grants satisfies AccessList }
})

function* resolved(grant: AskedGrant): Steps<ListGrant> {
  const { permission } = grant
  if ('group' in grant) return { group: grant.group, permission }
  if ('email' in grant) {
    const [account, another] = yield* all(byEmail, { email: grant.email })
    if (account === undefined) throw new S3Error('UnresolvableGrantByEmailAddress')
    if (another !== undefined) throw new S3Error('AmbiguousGrantByEmailAddress')
    return { id: account.id, permission }
  }
  if ((yield* findAccount.steps(grant.id)) !== undefined) return { id: grant.id, permission }
  throw new S3Error('InvalidArgument', {
    message: 'Invalid id',
    members: { ArgumentName: 'CanonicalUser/ID', ArgumentValue: grant.id },
  })
}
