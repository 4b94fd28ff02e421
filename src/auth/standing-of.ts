// From what the catalog knows of a key, user or role, and from what a session says, to a caller with his policies.

import type { AccountName, Principal } from '../contract/access.js'
import { rootArn } from '../contract/arns.js'
import type { Policies } from '../contract/policy/decide.js'
import { joinedPolicies } from '../contract/policy/joined-policies.js'
import type { Policy } from '../contract/policy/policy.js'
import type { Session } from '../contract/session-token.js'
import type { AccountFacts, IdentityStanding, KeyStanding, PolicyText } from '../store/catalog/identity/standing.js'
import type { CompiledPolicies } from './compiled-policies.js'
import type { Standing } from './standing.js'

/** Whom a long-term key stands for. With a policy of its own it is a service account. Security rule 7: "A child's rights (session, service account) are a
 *  subset of its parent's when made and when used": what the key's policy allows counts only where the owner's allow it too. */
export function standingOfOwner(key: KeyStanding, compiled: CompiledPolicies): Standing {
  const { user } = key
  const account = accountOf(key.account)
  const principal = user === undefined ? rootOf(account) : userOf(user)
  return {
    caller: callerOf(account, principal, key.accessKeyId),
    policies: { ...policiesOf(user, compiled), session: ownGroups(key, compiled) },
  }
}

/** Whom a session stands for.
 *  @param subject the user or role whose rights it has; undefined: the account itself
 *  @param parent the key that asked for it, if one did
 *  @param managed the texts of `session.policyArns`, of those that are still there */
export function standingOfSession(
  session: Session,
  account: AccountName,
  subject: IdentityStanding | undefined,
  parent: KeyStanding | undefined,
  managed: readonly PolicyText[],
  compiled: CompiledPolicies,
): Standing {
  const principal = principalOf(session, account, subject)
  const given = [...session.policies.map(inlineText), ...managed].map((text) => compiled.of(text, 'session'))
  // A federated user has no rights but those that were given along; anybody else has all of his own where none were.
  const isLimited = session.kind === 'federated' || session.policies.length + session.policyArns.length > 0
  // Whom the account itself has federated it limits by those policies alone.
  const ownPolicies =
    session.kind === 'federated' && subject === undefined
      ? { identity: [compiled.of(everything, 'identity')] }
      : policiesOf(subject, compiled)
  // A role has rights of its own, whatever the key may do that assumed it.
  const parents = session.kind === 'role' || parent === undefined ? [] : ownGroups(parent, compiled)
  return {
    caller: callerOf(account, principal, session.accessKeyId),
    policies: { ...ownPolicies, session: isLimited ? [...parents, given] : parents },
    session,
  }
}

/** The principal of an account's own key. */
const rootOf = (account: AccountName): Principal => ({
  kind: 'root',
  account,
  arn: rootArn(account.number),
  isOperator: false,
})

/** An account's name as principals have it. */
export const accountOf = ({ accountId, accountNumber, accountName }: AccountFacts): AccountName => ({
  id: accountId,
  number: accountNumber,
  name: accountName,
})

function principalOf(session: Session, account: AccountName, subject: IdentityStanding | undefined): Principal {
  const { name = '' } = session
  if (session.kind === 'federated') {
    // AWS: "arn:aws:sts::AccountNumber:federated-user/name"; it is nobody's role.
    const arn = `arn:aws:sts::${account.number}:federated-user/${name}`
    const tags = new Map(Object.entries(session.tags))
    return { kind: 'session', account, arn, roleArn: arn, id: `${account.number}:${name}`, tags }
  }
  if (subject === undefined) return rootOf(account)
  if (session.kind === 'user') return userOf(subject)
  return roleOf(subject, account, name, session.tags, session.federated)
}

function roleOf(
  role: IdentityStanding,
  account: AccountName,
  name: string,
  tags: Session['tags'],
  federated: Session['federated'],
): Principal {
  return {
    kind: 'session',
    account,
    arn: `arn:aws:sts::${account.number}:assumed-role/${role.name}/${name}`,
    roleArn: role.arn,
    id: `${role.id}:${name}`,
    tags: withSessionTags(role.tags, tags),
    ...(federated !== undefined && {
      federated: new Map([
        ['aws:federatedprovider', [federated.provider]],
        ...Object.entries(federated.claims).map(([key, values]) => [key.toLowerCase(), values] as const),
      ]),
    }),
  }
}

/** "If you pass a session tag with the same key as a tag that is attached to the role, the session tag overrides the role tag", whatever the case of either. */
function withSessionTags(roleTags: IdentityStanding['tags'], tags: Session['tags']): ReadonlyMap<string, string> {
  const given = new Set(Object.keys(tags).map((key) => key.toLowerCase()))
  return new Map([...roleTags.filter(([key]) => !given.has(key.toLowerCase())), ...Object.entries(tags)])
}

const userOf = (user: IdentityStanding): Principal => ({
  kind: 'user',
  account: accountOf(user),
  arn: user.arn,
  id: user.id,
  name: user.name,
  tags: new Map(user.tags),
})

const callerOf = (account: AccountName, principal: Principal, accessKeyId: string): Standing['caller'] => ({
  accountId: account.id,
  displayName: account.name,
  accessKeyId,
  principal,
})

function policiesOf(
  identity: IdentityStanding | undefined,
  compiled: CompiledPolicies,
): Pick<Policies, 'identity' | 'boundary'> {
  if (identity === undefined) return { identity: [] }
  const { policies, boundary } = identity
  return {
    identity: joinedPolicies(policies.map((text) => compiled.of(text, 'identity'))),
    boundary: boundary && compiled.of(boundary, 'boundary'),
  }
}

const ownGroups = ({ policy }: KeyStanding, compiled: CompiledPolicies): (readonly Policy[])[] =>
  policy === undefined ? [] : [[compiled.of(policy, 'session')]]

/** What an account may do in itself. */
const everything: PolicyText = {
  name: 'rights of the account',
  document: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
}

const inlineText = (document: string): PolicyText => ({ name: 'session policy', document })
