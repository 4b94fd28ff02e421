// AssumeRoleWithWebIdentity: somebody an issuer vouches for takes on the rights of a role that trusts him. He signs nothing; his token is his proof.

import type { FederatedClaims } from '../../contract/session-token.js'
import { oidcProviderArn } from '../../contract/arns.js'
import { IamError } from '../../contract/iam-errors.js'
import type { Clock } from '../../contract/operation.js'
import type { StsOperation } from '../../contract/sts-operation.js'
import { clientIdsOfProvider } from '../../store/catalog/identity/sts-lookups.js'
import type { Store } from '../../store/store.js'
import type { IssuerKeyCache } from '../oidc/issuer-keys.js'
import { hostOf, verifyWebIdentity, type WebIdentityClaims } from '../oidc/verify-web-identity.js'
import { findRole, refusedAction, sessionKeys } from './assumable-role.js'
import { assumedRoleUser, roleDuration } from './assume-role.js'
import { issueSession } from './issue-session.js'
import { requireKnownPolicies } from './known-policies.js'
import { requireName, requirePolicies, requireTags } from './session-rules.js'

/** AWS: "Maximum length of 20000". */
const tokenSizeMax = 20_000

/** Issues credentials of a role to a web identity.
 *  @throws AccessDenied, ExpiredTokenException, IDPCommunicationError, InvalidIdentityToken, MalformedPolicyDocument, NotImplemented,
 *    PackedPolicyTooLarge, ValidationError
 *  Source: AWS STS API reference, AssumeRoleWithWebIdentity */
export const assumeRoleWithWebIdentity =
  (store: Store, clock: Clock, keys: IssuerKeyCache): StsOperation<'AssumeRoleWithWebIdentity'> =>
  async (input, { facts, noteDenial }) => {
    // Of OAuth 2.0 providers without OpenID Connect, AWS knows three by name.
    if (input.ProviderId !== undefined) {
      throw new IamError('NotImplemented', 'ProviderId is not implemented: the token names its issuer.')
    }
    const name = requireName('roleSessionName', input.RoleSessionName)
    const policies = requirePolicies(input.Policy, input.PolicyArns)
    const token = input.WebIdentityToken ?? ''
    if (token.length > tokenSizeMax) throw new IamError('InvalidIdentityToken', 'The ID Token provided is too long.')
    const role = await findRole(store, input.RoleArn)
    if (role === undefined) throw denied()
    const accountId = role.account.id
    const clientIdsOf = (url: string): Promise<string[] | undefined> =>
      store.catalog.read(clientIdsOfProvider, { accountId, url })
    const claims = await verifyWebIdentity(token, clientIdsOf, keys, clock)

    const provider = oidcProviderArn(role.account.number, hostOf(claims.issuer))
    const federated = federatedClaims(claims, provider)
    const tags = requireTags(
      Object.entries(claims.tags).map(([Key, Value]) => ({ Key, Value })),
      claims.transitiveTagKeys,
    )
    const sourceIdentity =
      claims.sourceIdentity === undefined ? undefined : requireName('sourceIdentity', claims.sourceIdentity)
    const more = sessionKeys({ name, ...tags, sourceIdentity })
    for (const [key, values] of Object.entries(federated.claims)) more.set(key.toLowerCase(), values)
    more.set('aws:federatedprovider', [provider])
    const actions = ['sts:AssumeRoleWithWebIdentity']
    if (Object.keys(tags.tags).length > 0) actions.push('sts:TagSession')
    if (sourceIdentity !== undefined) actions.push('sts:SetSourceIdentity')
    const refused = refusedAction(role, actions, {
      principal: { kind: 'web identity', providerArn: provider },
      policies: { identity: [], session: [] },
      isSameAccount: true,
      facts,
      more,
    })
    if (refused !== undefined) {
      noteDenial({ action: refused.action, resource: role.arn }, refused.decision, accountId)
      throw denied()
    }

    const durationSeconds = roleDuration(input.DurationSeconds, role, false)
    await requireKnownPolicies(store, policies.policyArns, role.account.number)
    const { credentials, packedPolicySize } = issueSession(
      {
        accountId,
        kind: 'role',
        subjectId: role.id,
        name,
        ...policies,
        ...tags,
        ...(sourceIdentity !== undefined && { sourceIdentity }),
        federated,
      },
      durationSeconds,
      store.sealer,
      clock.now(),
    )
    return {
      Credentials: credentials,
      SubjectFromWebIdentityToken: claims.subject,
      AssumedRoleUser: assumedRoleUser(role, name),
      PackedPolicySize: packedPolicySize,
      Provider: provider,
      Audience: claims.audiences[0] ?? '',
      ...(sourceIdentity !== undefined && { SourceIdentity: sourceIdentity }),
    }
  }

/** Source: IAM User Guide, "Available keys for AWS OIDC federation": "issuer.example/path:aud", ":sub", ":amr", ":oaud". */
function federatedClaims(claims: WebIdentityClaims, provider: string): FederatedClaims {
  const host = hostOf(claims.issuer)
  return {
    provider,
    claims: {
      [`${host}:sub`]: [claims.subject],
      [`${host}:aud`]: claims.audiences,
      ...(claims.otherAudiences !== undefined && { [`${host}:oaud`]: claims.otherAudiences }),
      ...(claims.methods !== undefined && { [`${host}:amr`]: claims.methods }),
    },
  }
}

/** The same whether there is no such role or it trusts somebody else. Source: as STS answers it. */
const denied = (): IamError => new IamError('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity')
