// AssumeRole: somebody known here takes on a role's rights for a while, in place of his own.

import { IamError } from '../../contract/iam-errors.js'
import type { Clock } from '../../contract/operation.js'
import type { StsCall, StsInput, StsOperation } from '../../contract/sts-operation.js'
import type { Store } from '../../store/store.js'
import { type AssumableRole, findRole, refusedAction, sessionKeys } from './assumable-role.js'
import { issueSession } from './issue-session.js'
import { requireKnownPolicies } from './known-policies.js'
import {
  chainedSecondsMax,
  requireDuration,
  requireExternalId,
  requireName,
  requirePolicies,
  requireTags,
} from './session-rules.js'

/** AWS: "By default, the value is set to 3600 seconds." */
const roleSecondsUsual = 3600

/** Issues credentials of a role.
 *  @throws AccessDenied, InvalidParameterValue, MalformedPolicyDocument, NotImplemented, PackedPolicyTooLarge, ValidationError
 *  Source: AWS STS API reference, AssumeRole */
export const assumeRole =
  (store: Store, clock: Clock): StsOperation<'AssumeRole'> =>
  async (input, call) => {
    requireKnownMembers(input)
    const name = requireName('roleSessionName', input.RoleSessionName)
    const policies = requirePolicies(input.Policy, input.PolicyArns)
    const tags = requireTags(input.Tags, input.TransitiveTagKeys, call.session)
    const sourceIdentity = sourceIdentityOf(input, call)
    const externalId = requireExternalId(input.ExternalId)
    const isChained = call.principal.kind === 'session'
    // The role's own maximum follows; a longer one than any role may have is refused before anybody learns whether there is such a role.
    requireDuration(input.DurationSeconds, { usual: roleSecondsUsual, max: roleSecondsMaxMax })
    const role = await findRole(store, input.RoleArn)
    requireAllowed(role, input, call, sessionKeys({ name, ...tags, sourceIdentity, externalId }))

    const durationSeconds = roleDuration(input.DurationSeconds, role, isChained)
    await requireKnownPolicies(store, policies.policyArns, role.account.number)
    const parent = call.session?.parentAccessKeyId ?? (call.session === undefined ? call.accessKeyId : undefined)
    const { credentials, packedPolicySize } = issueSession(
      {
        accountId: role.account.id,
        kind: 'role',
        subjectId: role.id,
        ...(parent !== undefined && { parentAccessKeyId: parent }),
        name,
        ...policies,
        ...tags,
        ...(sourceIdentity !== undefined && { sourceIdentity }),
      },
      durationSeconds,
      store.sealer,
      clock.now(),
    )
    return {
      Credentials: credentials,
      AssumedRoleUser: assumedRoleUser(role, name),
      PackedPolicySize: packedPolicySize,
      ...(sourceIdentity !== undefined && { SourceIdentity: sourceIdentity }),
    }
  }

/** AWS: a role's maximum "can have a value from 1 hour to 12 hours". */
const roleSecondsMaxMax = 43_200

/** How long a role's session lasts.
 *  @throws ValidationError */
export function roleDuration(seconds: number | undefined, role: AssumableRole, isChained: boolean): number {
  const max = isChained ? Math.min(chainedSecondsMax, role.sessionSecondsMax) : role.sessionSecondsMax
  return requireDuration(
    seconds,
    { usual: roleSecondsUsual, max },
    isChained
      ? 'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining'
      : 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
  )
}

/** Who the session is, as answers name it. */
export const assumedRoleUser = (role: AssumableRole, name: string): { AssumedRoleId: string; Arn: string } => ({
  AssumedRoleId: `${role.id}:${name}`,
  Arn: `arn:aws:sts::${role.account.number}:assumed-role/${role.name}/${name}`,
})

/** What cannot be honoured is not ignored. */
function requireKnownMembers(input: StsInput<'AssumeRole'>): void {
  if (input.SerialNumber !== undefined || input.TokenCode !== undefined) {
    throw new IamError('NotImplemented', 'Multi-factor authentication is not implemented.')
  }
  if (input.ProvidedContexts !== undefined && input.ProvidedContexts.length > 0) {
    throw new IamError('NotImplemented', 'ProvidedContexts is not implemented.')
  }
}

/** AWS: once a source identity is set it stays, whatever roles are assumed from there. */
function sourceIdentityOf(input: StsInput<'AssumeRole'>, { session }: StsCall): string | undefined {
  const given = input.SourceIdentity === undefined ? undefined : requireName('sourceIdentity', input.SourceIdentity)
  const inherited = session?.sourceIdentity
  if (given !== undefined && inherited !== undefined && given !== inherited) {
    throw new IamError('AccessDenied', 'The source identity of a session cannot be changed.')
  }
  return given ?? inherited
}

/** Refuses in the same words whether there is no such role or it may not be assumed.
 *  @throws AccessDenied */
function requireAllowed(
  role: AssumableRole | undefined,
  input: StsInput<'AssumeRole'>,
  call: StsCall,
  more: ReadonlyMap<string, readonly string[]>,
): asserts role is AssumableRole {
  const { principal, policies, facts, session } = call
  if (principal.kind === 'anonymous') throw denied('nobody', 'sts:AssumeRole', input.RoleArn)
  // AWS: "You cannot use AWS account root user credentials to call AssumeRole."
  if (principal.kind === 'root') throw new IamError('AccessDenied', 'Roles may not be assumed by root accounts.')
  if (session?.kind === 'federated') throw denied(principal.arn, 'sts:AssumeRole', input.RoleArn)
  if (role === undefined) throw denied(principal.arn, 'sts:AssumeRole', input.RoleArn)
  const actions = ['sts:AssumeRole']
  if (more.has('aws:tagkeys')) actions.push('sts:TagSession')
  if (more.has('sts:sourceidentity')) actions.push('sts:SetSourceIdentity')
  const isSameAccount = principal.account.id === role.account.id
  const refused = refusedAction(role, actions, { principal, policies, isSameAccount, facts, more })
  if (refused === undefined) return
  call.noteDenial({ action: refused.action, resource: role.arn }, refused.decision, role.account.id)
  throw denied(principal.arn, refused.action, input.RoleArn)
}

/** Source: as STS answers it. */
const denied = (arn: string, action: string, roleArn = ''): IamError =>
  new IamError('AccessDenied', `User: ${arn} is not authorized to perform: ${action} on resource: ${roleArn}`)
