// Is it allowed? Every policy that has a say, in AWS's order of evaluation. Pure.

import type { Decision, Principal } from '../access.js'
import type { AnyQuestion, Policy, Reach, Statement } from './policy.js'

/** Everything that has a say about one question. */
export interface Policies {
  /** Of the principal: a user's own and its groups' policies, or a role's. */
  readonly identity: readonly Policy[]
  /** The permissions boundary of that user or role. */
  readonly boundary?: Policy | undefined
  /** Groups of policies each of which must allow, in any of its policies: those given when the session was made; a service account's own. */
  readonly session: readonly (readonly Policy[])[]
  /** The bucket's policy, or the trust policy of the role that is to be assumed: without its Allow nobody assumes it. */
  readonly resource?: Policy | undefined
  /** Whether the principal's account owns the resource. */
  readonly isSameAccount: boolean
  /** What an ACL grants that counts (ownership is not BucketOwnerEnforced; IgnorePublicAcls has been heeded): 'account' when it names the principal's
   *  account, 'everybody' when it names AllUsers or, for those who signed, AuthenticatedUsers. */
  readonly list?: 'account' | 'everybody' | undefined
  /** The bucket's `RestrictPublicBuckets`. */
  readonly restrictsPublic?: boolean | undefined
}

/** Whether `question` is allowed, and by what.
 *  Sources: IAM User Guide, "Policy evaluation logic", "Cross-account policy evaluation logic"; S3 User Guide, "How Amazon S3 authorizes a request" */
export function decide(question: AnyQuestion, policies: Policies): Decision {
  // "If the code finds even one explicit deny that applies, the code returns a final decision of Deny."
  const denying = explicitDeny(question, policies)
  if (denying !== undefined) return { isAllowed: false, reason: 'explicit deny', statement: denying.name }

  const grant = grantOf(question, policies)
  if (!grant.isAllowed) return { isAllowed: false, reason: grant.reason }
  const outside = outsideOf(question, policies, grant)
  if (outside !== undefined) return outside
  if (isBlocked(question.principal, policies)) return { isAllowed: false, reason: 'public access is blocked' }
  return {
    isAllowed: true,
    reason: grant.reason,
    ...(grant.statement === undefined ? {} : { statement: grant.statement }),
  }
}

function explicitDeny(question: AnyQuestion, policies: Policies): Statement | undefined {
  const { identity, boundary, session, resource } = policies
  const { action, principal } = question
  for (const policy of identity) {
    const found = matching(policy.about(action).denies, question)
    if (found !== undefined) return found
  }
  const found = boundary === undefined ? undefined : matching(boundary.about(action).denies, question)
  if (found !== undefined) return found
  for (const group of session) {
    for (const policy of group) {
      const denying = matching(policy.about(action).denies, question)
      if (denying !== undefined) return denying
    }
  }
  const denies = resource?.about(action).denies ?? []
  if (denies.length === 0 || mayRescue(question, policies)) return undefined
  return denies.find((statement) => statement.reaches(principal) !== 'none' && statement.matches(question))
}

/** A loop, where `find` would call a function for each. */
function matching(statements: readonly Statement[], question: AnyQuestion): Statement | undefined {
  for (const statement of statements) if (statement.matches(question)) return statement
  return undefined
}

const rescues: ReadonlySet<string> = new Set(['s3:GetBucketPolicy', 's3:PutBucketPolicy', 's3:DeleteBucketPolicy'])

/** "the root principal in a bucket owner's AWS account can perform the GetBucketPolicy, PutBucketPolicy, and DeleteBucketPolicy API actions, even if their
 *  bucket policy explicitly denies the root principal's access" (S3 API reference, PutBucketPolicy): else nobody could mend the policy. */
const mayRescue = ({ action, principal }: AnyQuestion, { isSameAccount }: Policies): boolean =>
  principal.kind === 'root' && (isSameAccount || principal.isOperator) && rescues.has(action)

/** Which implicit denies still hold against a grant. */
interface Limits {
  readonly byBoundary: boolean
  readonly bySession: boolean
}

type Grant = Decision & Limits

const all: Limits = { byBoundary: true, bySession: true }
const none: Limits = { byBoundary: false, bySession: false }

const refusal: Grant = { isAllowed: false, reason: 'no statement allows it', ...none }

/** What allows it, before boundary and session have been asked. */
function grantOf(question: AnyQuestion, policies: Policies): Grant {
  const { principal } = question
  if (principal.kind === 'anonymous' || principal.kind === 'web identity') return grantToStranger(question, policies)
  if (principal.kind === 'root' && principal.isOperator) {
    return { isAllowed: true, reason: 'allowed to the operator', ...all }
  }
  return policies.isSameAccount
    ? grantAtHome(question, principal, policies)
    : grantAbroad(question, principal, policies)
}

function grantToStranger(question: AnyQuestion, { resource, list }: Policies): Grant {
  const found = resource === undefined ? undefined : nearest(resource, question)
  if (found !== undefined) return byResource(found, none)
  return list === 'everybody' && question.principal.kind === 'anonymous' ? byList : refusal
}

type Known = Exclude<Principal, { kind: 'anonymous' }>

/** "If either the identity-based policy or the resource-based policy within the same account allows the request and the other doesn't, the request is still
 *  allowed", but for trust policies, which "must explicitly allow access". */
function grantAtHome(question: AnyQuestion, principal: Known, policies: Policies): Grant {
  const { identity, resource, list } = policies
  const isTrust = resource?.kind === 'trust'
  if (principal.kind === 'root' && !isTrust) return { isAllowed: true, reason: 'allowed to the owner', ...all }
  const found = resource === undefined ? undefined : nearest(resource, question)
  if (found?.reach === 'direct') return byResource(found, limitsOfDirect(principal, policies))
  // "Resource-based policies that grant permissions to an IAM role ARN are limited by an implicit deny in a permissions boundary or session policy."
  if (found?.reach === 'role') return byResource(found, all)
  if (isTrust && found === undefined) return refusal
  const statement = allowing(identity, question)
  if (statement !== undefined)
    return { isAllowed: true, reason: 'allowed by identity policy', statement: statement.name, ...all }
  return list === 'everybody' ? byList : refusal
}

/** "If a resource-based policy grants permission directly to the IAM user or the session principal that is making the request, then an implicit deny in an
 *  identity-based policy, a permissions boundary, or a session policy does not impact the final decision", but "if a resource-based policy grants permission
 *  to the ARN of the IAM user who federated, then requests made by the federated user during the session are limited by an implicit deny in a permission
 *  boundary or session policy". A service account is such a user with less than all his rights: security rule 7. */
const limitsOfDirect = (principal: Known, { session }: Policies): Limits =>
  principal.kind === 'session' || session.length === 0 ? none : all

/** "the request is allowed only if both evaluations return a decision of Allow": what the principal's own account says, and what the resource's says. */
function grantAbroad(question: AnyQuestion, principal: Known, policies: Policies): Grant {
  const { identity, resource, list } = policies
  const own = principal.kind === 'root' ? 'everything' : allowing(identity, question)
  if (own === undefined) return refusal
  const found = resource === undefined ? undefined : nearest(resource, question)
  if (found !== undefined) return byResource(found, all)
  return list === undefined || resource?.kind === 'trust' ? refusal : byList
}

const byList: Grant = { isAllowed: true, reason: 'allowed by list', ...all }

const byResource = ({ statement }: Found, limits: Limits): Grant => ({
  isAllowed: true,
  reason: 'allowed by resource policy',
  statement: statement.name,
  ...limits,
})

interface Found {
  readonly statement: Statement
  readonly reach: Reach
}

const nearness: Readonly<Record<Reach, number>> = { none: 0, account: 1, role: 2, direct: 3 }

/** The Allow of a resource's policy that reaches its principal by the nearest name. */
function nearest(policy: Policy, question: AnyQuestion): Found | undefined {
  let found: Found | undefined
  for (const statement of policy.about(question.action).allows) {
    const reach = statement.reaches(question.principal)
    if (nearness[reach] <= nearness[found?.reach ?? 'none'] || !statement.matches(question)) continue
    found = { statement, reach }
    if (reach === 'direct') break
  }
  return found
}

function allowing(policies: readonly Policy[], question: AnyQuestion): Statement | undefined {
  for (const policy of policies) {
    const found = matching(policy.about(question.action).allows, question)
    if (found !== undefined) return found
  }
  return undefined
}

function outsideOf(question: AnyQuestion, { boundary, session }: Policies, limits: Limits): Decision | undefined {
  if (
    limits.byBoundary &&
    boundary !== undefined &&
    matching(boundary.about(question.action).allows, question) === undefined
  ) {
    return { isAllowed: false, reason: 'outside of the boundary' }
  }
  if (limits.bySession && session.some((group) => allowing(group, question) === undefined)) {
    return { isAllowed: false, reason: 'outside of the session' }
  }
  return undefined
}

/** RestrictPublicBuckets "restricts access to … [a] bucket with a public policy to only AWS service principals and authorized users within the bucket owner's
 *  account". */
const isBlocked = (
  principal: AnyQuestion['principal'],
  { resource, restrictsPublic, isSameAccount }: Policies,
): boolean =>
  restrictsPublic === true &&
  resource?.isPublic === true &&
  (principal.kind === 'anonymous' || (!isSameAccount && !(principal.kind === 'root' && principal.isOperator)))
