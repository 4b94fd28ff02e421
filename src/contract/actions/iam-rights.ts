// What each operation of IAM and STS needs, and which condition keys it gives. Pure.

import { rootArn } from '../arns.js'
import type { IamOperationName } from '../iam-operation.js'
import type { StsOperationName } from '../sts-operation.js'
import { type IamKind, iamSubjects } from './iam-operations.js'

/** What the input does not say. */
export interface IamCallFacts {
  /** Twelve digits: the account that is asked about. */
  readonly accountNumber: string
  /** Name of the user who asks, for operations that mean him where no UserName is given. */
  readonly ownName?: string | undefined
  /** Whether it is the account itself that asks, which is meant where no UserName is given. */
  readonly isAccount?: boolean | undefined
  /** The path of what exists ("/division/"), which its ARN contains; undefined where there is none by that name. */
  readonly pathOf?: ((kind: IamKind, name: string) => string | undefined) | undefined
  /** The name of what exists as it was made, which its ARN contains: it is found in any case of its letters, policies tell them apart. */
  readonly nameOf?: ((kind: IamKind, name: string) => string | undefined) | undefined
}

/** One thing that must be allowed. */
export interface IamRight {
  /** "iam:CreateUser" */
  readonly action: string
  /** "arn:aws:iam::123456789012:user/division/ann", or "*" where an action has no resource. */
  readonly resource: string
}

/** Everything an operation of IAM or STS needs, its own right first; empty for what everybody who signed may do.
 *  @param input of the operation, as its SDK has it
 *  @param facts of its account and those who are in it
 *  Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Identity and Access Management" and
 *  "… AWS Security Token Service" */
export function iamRightsOf(
  operation: IamOperationName | StsOperationName,
  input: object,
  facts: IamCallFacts,
): readonly IamRight[] {
  const members = textsOf(input)
  if (isSts(operation)) return stsRights[operation](members, input, facts)

  const action = `iam:${operation}`
  const subject = iamSubjects.get(operation)
  if (subject === undefined || subject.about === 'account') return [{ action, resource: '*' }]
  const { kind } = subject
  if (subject.about === 'many') {
    return [{ action, resource: arn(facts, `${kind}${members('PathPrefix') ?? '/'}`) }]
  }
  const rights = [{ action, resource: arnOfOne(kind, operation, members, facts) }]
  const renamed = renamedTo(kind, members, facts)
  // "you must have permission on both the source entity and the target entity" (IAM User Guide, "Renaming an IAM user").
  if (renamed !== undefined) rights.push({ action, resource: renamed })
  const tagging = taggingActions.get(operation)
  if (tagging !== undefined && hasTags(input)) rights.push({ action: tagging, resource: rights[0]?.resource ?? '*' })
  return rights
}

type Members = (name: string) => string | undefined

const textsOf =
  (input: object): Members =>
  (name) => {
    const value: unknown = Object.getOwnPropertyDescriptor(input, name)?.value
    return typeof value === 'string' ? value : undefined
  }

const arn = ({ accountNumber }: IamCallFacts, resource: string): string => `arn:aws:iam::${accountNumber}:${resource}`

/** Members that hold the name of a thing, and those that hold its whole ARN. */
const nameMembers: Readonly<Record<IamKind, string>> = {
  user: 'UserName',
  group: 'GroupName',
  role: 'RoleName',
  policy: 'PolicyName',
  'instance-profile': 'InstanceProfileName',
  'oidc-provider': 'Url',
  'saml-provider': 'Name',
  'server-certificate': 'ServerCertificateName',
  mfa: 'VirtualMFADeviceName',
}
const arnMembers: { readonly [Kind in IamKind]?: string } = {
  policy: 'PolicyArn',
  'oidc-provider': 'OpenIDConnectProviderArn',
  'saml-provider': 'SAMLProviderArn',
  mfa: 'SerialNumber',
}

function arnOfOne(kind: IamKind, operation: string, members: Members, facts: IamCallFacts): string {
  const whole = arnMembers[kind]
  const stated = whole === undefined ? undefined : members(whole)
  if (stated !== undefined) return stated
  const name = members(nameMembers[kind]) ?? (kind === 'user' ? facts.ownName : undefined)
  // A key of the account with less than its rights: what it may do with users says nothing of the account's own keys.
  if (name === undefined && kind === 'user' && facts.isAccount === true) return rootArn(facts.accountNumber)
  if (name === undefined) return arn(facts, `${kind}/`)
  // A provider's ARN has its URL without the scheme.
  if (kind === 'oidc-provider') return arn(facts, `${kind}/${name.replace(/^https?:\/\//, '')}`)
  if (isMadeBy(kind, operation)) return arn(facts, `${kind}${members('Path') ?? '/'}${name}`)
  return arn(facts, `${kind}${facts.pathOf?.(kind, name) ?? '/'}${facts.nameOf?.(kind, name) ?? name}`)
}

/** Whether an operation makes the thing itself, not something of it: CreateUser, not CreateAccessKey. */
const isMadeBy = (kind: IamKind, operation: string): boolean =>
  operation === 'CreateVirtualMFADevice' ||
  operation.toLowerCase().replace(/^(?:create|upload)/, '') === kind.replace('-', '')

function renamedTo(kind: IamKind, members: Members, facts: IamCallFacts): string | undefined {
  const newName = members(`New${nameMembers[kind]}`)
  const newPath = members('NewPath')
  if (newName === undefined && newPath === undefined) return undefined
  const name = members(nameMembers[kind]) ?? ''
  return arn(
    facts,
    `${kind}${newPath ?? facts.pathOf?.(kind, name) ?? '/'}${newName ?? facts.nameOf?.(kind, name) ?? name}`,
  )
}

/** "To add tags when you create … you must have the iam:Tag… permission." */
const taggingActions: ReadonlyMap<string, string> = new Map([
  ['CreateInstanceProfile', 'iam:TagInstanceProfile'],
  ['CreateOpenIDConnectProvider', 'iam:TagOpenIDConnectProvider'],
  ['CreatePolicy', 'iam:TagPolicy'],
  ['CreateRole', 'iam:TagRole'],
  ['CreateSAMLProvider', 'iam:TagSAMLProvider'],
  ['CreateUser', 'iam:TagUser'],
  ['CreateVirtualMFADevice', 'iam:TagMFADevice'],
  ['UploadServerCertificate', 'iam:TagServerCertificate'],
])

const hasTags = (input: object): boolean => 'Tags' in input && Array.isArray(input.Tags) && input.Tags.length > 0

type StsRights = (members: Members, input: object, facts: IamCallFacts) => readonly IamRight[]

/** On the role; with session tags or a source identity further actions on it.
 *  Source: STS API reference, AssumeRole: "sts:TagSession", "sts:SetSourceIdentity" */
const onRole =
  (action: string): StsRights =>
  (members, input) => {
    const resource = members('RoleArn') ?? '*'
    const rights = [{ action, resource }]
    if (hasTags(input)) rights.push({ action: 'sts:TagSession', resource })
    if (members('SourceIdentity') !== undefined) rights.push({ action: 'sts:SetSourceIdentity', resource })
    return rights
  }

const onEverything =
  (action: string): StsRights =>
  () => [{ action, resource: '*' }]

/** "No permissions are required to perform this operation" (STS API reference, GetCallerIdentity, GetSessionToken). */
const free: StsRights = () => []

const stsRights: Readonly<Record<StsOperationName, StsRights>> = {
  AssumeRole: onRole('sts:AssumeRole'),
  AssumeRoleWithSAML: onRole('sts:AssumeRoleWithSAML'),
  AssumeRoleWithWebIdentity: onRole('sts:AssumeRoleWithWebIdentity'),
  AssumeRoot: (members) => [{ action: 'sts:AssumeRoot', resource: members('TargetPrincipal') ?? '*' }],
  DecodeAuthorizationMessage: onEverything('sts:DecodeAuthorizationMessage'),
  GetAccessKeyInfo: onEverything('sts:GetAccessKeyInfo'),
  GetCallerIdentity: free,
  GetDelegatedAccessToken: onEverything('sts:GetDelegatedAccessToken'),
  GetFederationToken: (members, _input, { accountNumber }) => [
    {
      action: 'sts:GetFederationToken',
      resource: `arn:aws:sts::${accountNumber}:federated-user/${members('Name') ?? ''}`,
    },
  ],
  GetSessionToken: free,
  GetWebIdentityToken: onEverything('sts:GetWebIdentityToken'),
}

const isSts = (operation: IamOperationName | StsOperationName): operation is StsOperationName =>
  Object.hasOwn(stsRights, operation)
