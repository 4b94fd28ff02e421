// May this caller do this with identities and sessions? As `authorize.ts`, which decides, for IAM and STS: every operation is one right on one resource of
// the caller's own account.

import type { Principal } from '../contract/access.js'
import { type IamCallFacts, iamRightsOf } from '../contract/actions/iam-rights.js'
import { S3Error } from '../contract/errors.js'
import { IamError } from '../contract/iam-errors.js'
import type { IamOperationName } from '../contract/iam-operation.js'
import type { Session } from '../contract/session-token.js'
import type { StsOperationName } from '../contract/sts-operation.js'
import type { Catalog } from '../store/catalog/catalog.js'
import { identityPath } from '../store/catalog/identity/identity-path.js'
import type { Asking } from './asking.js'
import type { Authorizer } from './authorize.js'

/** An operation of either service. */
export type QueryOperationName = Exclude<IamOperationName | StsOperationName, '$'>

/** Answers when it is allowed, throws AccessDenied otherwise. */
export type IamAuthorizer = (asking: Asking, operation: QueryOperationName, input: object) => void

/** AWS: "No permissions are required" for the first two; whether a role may be assumed its own policy decides with the caller's, in the operation. */
const decidedElsewhere: ReadonlySet<string> = new Set<StsOperationName>([
  'GetCallerIdentity',
  'GetSessionToken',
  'AssumeRole',
  'AssumeRoleWithWebIdentity',
])

/** What credentials of GetSessionToken and GetFederationToken may be used for.
 *  Source: IAM User Guide, "Compare AWS STS credentials": those of GetSessionToken "cannot call IAM API operations" without multi-factor authentication
 *  and of STS only AssumeRole and GetCallerIdentity; those of GetFederationToken call neither, but for GetCallerIdentity. */
const ofSessions: Readonly<Record<Session['kind'], ReadonlySet<string> | undefined>> = {
  role: undefined,
  user: new Set<StsOperationName>(['AssumeRole', 'GetCallerIdentity']),
  federated: new Set<StsOperationName>(['GetCallerIdentity']),
}

/** Makes what decides on the requests of IAM and STS. */
export function iamAuthorizer(
  authorizer: Pick<Authorizer, 'authorizeAction'>,
  catalog: Pick<Catalog, 'readNow'>,
): IamAuthorizer {
  return (asking, operation, input) => {
    const { standing, caller } = asking.authenticated
    const { principal } = caller
    if (principal.kind === 'anonymous') {
      throw new IamError('MissingAuthenticationToken', 'Request is missing Authentication Token')
    }
    const { session } = standing
    if (session !== undefined && ofSessions[session.kind]?.has(operation) === false) {
      throw new IamError('AccessDenied', `Cannot call ${operation} with credentials of this kind of session`)
    }
    if (decidedElsewhere.has(operation)) return
    const { account } = principal
    const rights = iamRightsOf(operation, input, {
      accountNumber: account.number,
      ownName: principal.kind === 'user' ? principal.name : undefined,
      pathOf: (kind, name) => pathOf(account.id, kind, name),
    })
    const keys = keysOf(input, session)
    for (const right of rights) {
      try {
        authorizer.authorizeAction(asking, right, (key) => keys.get(key))
      } catch (error) {
        if (!(error instanceof S3Error) || error.code !== 'AccessDenied') throw error
        throw denied(principal, right.action, right.resource)
      }
    }
  }

  function pathOf(
    accountId: string,
    kind: Parameters<NonNullable<IamCallFacts['pathOf']>>[0],
    name: string,
  ): string | undefined {
    if (kind !== 'user' && kind !== 'group' && kind !== 'role') return undefined
    return catalog.readNow(identityPath, { accountId, kind, name })
  }
}

/** Condition keys an input gives, and what goes on through sessions.
 *  Source: Service Authorization Reference, "Condition keys for AWS Identity and Access Management" */
function keysOf(input: object, session: Session | undefined): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, readonly string[]>()
  const text = (key: string, value: unknown): void => {
    if (typeof value === 'string') keys.set(key, [value])
  }
  text('aws:sourceidentity', session?.sourceIdentity)
  if ('PolicyArn' in input) text('iam:policyarn', input.PolicyArn)
  if ('PermissionsBoundary' in input) text('iam:permissionsboundary', input.PermissionsBoundary)
  if ('Tags' in input && Array.isArray(input.Tags)) {
    const names: string[] = []
    // The wire has made a list of `{ Key, Value }` of what the model calls Tags.
    for (const { Key = '', Value = '' } of input.Tags as readonly { Key?: string; Value?: string }[]) {
      names.push(Key)
      keys.set(`aws:requesttag/${Key.toLowerCase()}`, [Value])
    }
    if (names.length > 0) keys.set('aws:tagkeys', names)
  } else if ('TagKeys' in input && Array.isArray(input.TagKeys)) {
    // A list of texts, as the model says.
    keys.set('aws:tagkeys', input.TagKeys as readonly string[])
  }
  return keys
}

/** Source: as IAM answers it. */
const denied = (principal: Exclude<Principal, { kind: 'anonymous' }>, action: string, resource: string): IamError =>
  new IamError(
    'AccessDenied',
    `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource}`,
  )
