// May this caller do this with identities and sessions? As `authorize.ts`, which decides, for IAM and STS: what an operation needs, on what, and which
// conditions can be asked about it. Everything is of the caller's own account.

import type { Principal } from '../contract/access.js'
import { type IamKind } from '../contract/actions/iam-operations.js'
import { iamRightsOf } from '../contract/actions/iam-rights.js'
import { iamKeysOf } from '../contract/context/iam-keys.js'
import { S3Error } from '../contract/errors.js'
import { IamError } from '../contract/iam-errors.js'
import type { IamOperationName } from '../contract/iam-operation.js'
import type { Session } from '../contract/session-token.js'
import type { StsOperationName } from '../contract/sts-operation.js'
import type { Catalog } from '../store/catalog/catalog.js'
import { type IdentityFacts, identityFacts } from '../store/catalog/identity/identity-facts.js'
import type { Asking } from './asking.js'
import type { Authorizer } from './authorize.js'

/** An operation of either service. */
export type QueryOperationName = IamOperationName | StsOperationName

/** Answers when it is allowed, throws AccessDenied otherwise. */
export type IamAuthorizer = (asking: Asking, operation: QueryOperationName, input: object) => void

/** Whether a role may be assumed its own policy decides with the caller's, in the operation. */
const decidedElsewhere: ReadonlySet<string> = new Set<StsOperationName>(['AssumeRole', 'AssumeRoleWithWebIdentity'])

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
    const ownName = principal.kind === 'user' ? principal.name : undefined
    const look = lookedUp(principal.account.id)
    const rights = iamRightsOf(operation, input, {
      accountNumber: principal.account.number,
      ownName,
      isAccount: principal.kind === 'root',
      pathOf: (kind, name) => look(kind, name)?.path,
      nameOf: (kind, name) => look(kind, name)?.name,
    })
    const subject = (): IdentityFacts | undefined => {
      const [kind, name] = subjectOf(input, ownName)
      return look(kind, name)
    }
    const keys = iamKeysOf(operation, input, {
      boundaryArn: () => subject()?.boundaryArn,
      tags: () => subject()?.tags ?? [],
    })
    for (const right of rights) {
      try {
        authorizer.authorizeAction(asking, right, keys)
      } catch (error) {
        if (!(error instanceof S3Error) || error.code !== 'AccessDenied') throw error
        throw denied(principal, right.action, right.resource)
      }
    }
  }

  /** Each is looked up once at most. */
  function lookedUp(accountId: string): (kind: IamKind, name: string) => IdentityFacts | undefined {
    const known = new Map<string, IdentityFacts | undefined>()
    return (kind, name) => {
      if (kind !== 'user' && kind !== 'group' && kind !== 'role') return undefined
      const at = `${kind}/${name}`
      if (!known.has(at)) known.set(at, catalog.readNow(identityFacts, { accountId, kind, name }))
      return known.get(at)
    }
  }
}

/** The user, role or group an input names; the caller where it names nobody. */
function subjectOf(input: object, ownName: string | undefined): [kind: IamKind, name: string] {
  if ('UserName' in input && typeof input.UserName === 'string') return ['user', input.UserName]
  if ('RoleName' in input && typeof input.RoleName === 'string') return ['role', input.RoleName]
  if ('GroupName' in input && typeof input.GroupName === 'string') return ['group', input.GroupName]
  return ['user', ownName ?? '']
}

/** Source: as IAM answers it. */
const denied = (principal: Exclude<Principal, { kind: 'anonymous' }>, action: string, resource: string): IamError =>
  new IamError(
    'AccessDenied',
    `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource}`,
  )
