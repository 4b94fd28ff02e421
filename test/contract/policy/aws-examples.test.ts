// Policies of AWS's documentation, asked what its pages say of them: by whole requests, from the operation to the decision.

import { equal } from 'node:assert/strict'
import type { Principal } from '../../../src/contract/access.js'
import { rightsOf } from '../../../src/contract/actions.js'
import type { Input, OperationName } from '../../../src/contract/operation.js'
import { decide, type Policies } from '../../../src/contract/policy/decide.js'
import { parsePolicy } from '../../../src/contract/policy/parse-policy.js'
import type { Policy, PolicyKind } from '../../../src/contract/policy/policy.js'
import { contextOf, type RequestFacts } from '../../../src/contract/request-context.js'
import { abroad, anonymous, contextOf as contextOfKeys, home, question, root, user } from './questions.js'

interface Request extends Partial<RequestFacts> {
  readonly bucket?: string
  readonly key?: string
  readonly versionId?: string
}

const example = 'DOC-EXAMPLE-BUCKET'.toLowerCase()

/** Whether all that an operation needs is allowed. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- `Name` ties an operation to its input
function may<Name extends OperationName>(
  name: Name,
  request: Request,
  policies: Partial<Policies>,
  input: Partial<Input<Name>> = {},
): boolean {
  const { bucket = example, key, versionId, ...more } = request
  const facts: RequestFacts = {
    principal: user(),
    headers: {},
    parameters: new Map(),
    remoteAddress: '203.0.113.9',
    isSecure: true,
    nowMs: Date.UTC(2026, 10, 24),
    ...more,
  }
  return rightsOf(name, { bucket, key, versionId }, input)
    .filter(({ isForSourceTags }) => isForSourceTags !== true)
    .every(
      (right) =>
        decide(
          { ...right, principal: facts.principal, context: contextOf(facts, right) },
          { identity: [], session: [], isSameAccount: true, ...policies },
        ).isAllowed,
    )
}

const parse = (kind: PolicyKind, statements: object | readonly object[], bucket = example): Policy =>
  parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), kind, { name: kind, bucket })

const inBucket = (statements: object | readonly object[], bucket?: string): Partial<Policies> => ({
  resource: parse('bucket', statements, bucket),
})
const ofUser = (statements: object | readonly object[]): Partial<Policies> => ({
  identity: [parse('identity', statements)],
})

const objects = `arn:aws:s3:::${example}/*`
const everything = [`arn:aws:s3:::${example}`, objects]
const everyone = (more: Partial<RequestFacts> = {}): Request => ({ principal: anonymous, key: 'a.jpg', ...more })

describe("AWS's examples", () => {
  // S3 User Guide, "Bucket policy examples", "Granting permissions to multiple accounts with added conditions"
  it('let other accounts upload what is public', () => {
    const shared = inBucket({
      Sid: 'AddCannedAcl',
      Effect: 'Allow',
      Principal: { AWS: ['arn:aws:iam::123456789012:root', `arn:aws:iam::${abroad.number}:root`] },
      Action: ['s3:PutObject', 's3:PutObjectAcl'],
      Resource: objects,
      Condition: { StringEquals: { 's3:x-amz-acl': ['public-read'] } },
    })
    const request = (acl: string): Request => ({ key: 'a', principal: root(abroad), headers: { 'x-amz-acl': acl } })
    const far = { ...shared, isSameAccount: false }
    equal(may('PutObject', request('public-read'), far, { ACL: 'public-read' }), true)
    equal(may('PutObject', request('private'), far, { ACL: 'private' }), false)
    equal(may('PutObject', { key: 'a', principal: root(abroad) }, far), false)
  })

  // "Granting read-only permission to an anonymous user"
  it('let everybody read', () => {
    const policies = inBucket({
      Sid: 'PublicRead',
      Effect: 'Allow',
      Principal: '*',
      Action: ['s3:GetObject', 's3:GetObjectVersion'],
      Resource: [objects],
    })
    equal(may('GetObject', everyone(), policies), true)
    equal(may('HeadObject', { ...everyone(), versionId: 'v1' }, policies), true)
    equal(may('GetObjectAcl', everyone(), policies), false)
    equal(may('ListObjectsV2', { principal: anonymous }, policies), false)
    equal(may('PutObject', everyone(), policies), false)
  })

  // "Limiting access to specific IP addresses"
  it('close a bucket to all but some addresses', () => {
    const policies = {
      ...ofUser({ Effect: 'Allow', Action: 's3:*', Resource: '*' }),
      ...inBucket({
        Sid: 'IPAllow',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: everything,
        Condition: { NotIpAddress: { 'aws:SourceIp': '54.240.143.0/24' } },
      }),
    }
    equal(may('GetObject', { key: 'a', remoteAddress: '54.240.143.7' }, policies), true)
    equal(may('GetObject', { key: 'a', remoteAddress: '::ffff:54.240.143.7' }, policies), true)
    equal(may('GetObject', { key: 'a', remoteAddress: '54.240.144.7' }, policies), false)
    equal(may('GetObject', { key: 'a', remoteAddress: '54.240.144.7', principal: root() }, policies), false)
  })

  // "Allowing IPv4 and IPv6 addresses"
  it('mix addresses of both kinds', () => {
    const policies = inBucket({
      Sid: 'AllowIPmix',
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:*',
      Resource: everything,
      Condition: {
        IpAddress: { 'aws:SourceIp': ['54.240.143.0/24', '2001:DB8:1234:5678::/64'] },
        NotIpAddress: { 'aws:SourceIp': ['54.240.143.128/30', '2001:DB8:1234:5678:ABCD::/80'] },
      },
    })
    for (const [remoteAddress, expected] of [
      ['54.240.143.1', true],
      ['2001:DB8:1234:5678::1', true],
      ['54.240.143.129', false],
      ['2001:DB8:1234:5678:ABCD::1', false],
    ] as const) {
      equal(may('GetObject', everyone({ remoteAddress }), policies), expected, remoteAddress)
    }
  })

  // "Restricting access to a specific HTTP referer"
  it('show pictures on their own pages', () => {
    const policies = inBucket({
      Sid: 'Allow get requests originating from www.example.com and example.com.',
      Effect: 'Allow',
      Principal: '*',
      Action: ['s3:GetObject', 's3:GetObjectVersion'],
      Resource: objects,
      Condition: { StringLike: { 'aws:Referer': ['http://www.example.com/*', 'http://example.com/*'] } },
    })
    equal(may('GetObject', everyone({ headers: { referer: 'http://www.example.com/page' } }), policies), true)
    equal(may('GetObject', everyone({ headers: { referer: 'http://other.example/page' } }), policies), false)
    equal(may('GetObject', everyone(), policies), false)
  })

  // "Adding a bucket policy to require MFA"
  it('keep what needs a second factor', () => {
    const policies = {
      ...ofUser({ Effect: 'Allow', Action: 's3:*', Resource: '*' }),
      ...inBucket({
        Sid: '',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: `arn:aws:s3:::${example}/taxdocuments/*`,
        Condition: { Null: { 'aws:MultiFactorAuthAge': true } },
      }),
    }
    equal(may('GetObject', { key: 'taxdocuments/2026' }, policies), false)
    equal(may('GetObject', { key: 'other' }, policies), true)
  })

  // S3 User Guide, "Amazon S3 condition key examples", "AWS-wide condition keys"
  it('leave out one address of a range', () => {
    const policies = inBucket({
      Sid: 'statement1',
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: objects,
      Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' }, NotIpAddress: { 'aws:SourceIp': '192.0.2.188/32' } },
    })
    equal(may('GetObject', everyone({ remoteAddress: '192.0.2.1' }), policies), true)
    equal(may('GetObject', everyone({ remoteAddress: '192.0.2.188' }), policies), false)
    equal(may('GetObject', everyone({ remoteAddress: '192.0.3.1' }), policies), false)
  })

  // "Example 1: Granting s3:PutObject permission with a condition requiring the bucket owner to get full control"
  it('want full control for the owner', () => {
    const dave = user('Dave')
    const grant = `id=${home.id}`
    const statement = {
      Principal: { AWS: `arn:aws:iam::${home.number}:user/Dave` },
      Action: ['s3:PutObject', 's3:PutObjectAcl'],
      Resource: objects,
    }
    const policies = inBucket([
      { ...statement, Effect: 'Allow', Condition: { StringEquals: { 's3:x-amz-grant-full-control': grant } } },
      { ...statement, Effect: 'Deny', Condition: { StringNotEquals: { 's3:x-amz-grant-full-control': grant } } },
    ])
    const granting = { key: 'a', principal: dave, headers: { 'x-amz-grant-full-control': grant } }
    equal(may('PutObject', granting, policies, { GrantFullControl: grant }), true)
    equal(may('PutObject', { key: 'a', principal: dave }, policies), false)
    const all = ofUser({ Effect: 'Allow', Action: 's3:*', Resource: '*' })
    equal(may('PutObject', { key: 'a', principal: dave }, { ...all, ...policies }), false)
  })

  // "Example 2: … requiring objects stored using server-side encryption"
  it('want encryption', () => {
    const policies = {
      ...ofUser({ Effect: 'Allow', Action: 's3:*', Resource: '*' }),
      ...inBucket({
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:PutObject',
        Resource: objects,
        Condition: { StringNotEquals: { 's3:x-amz-server-side-encryption': 'AES256' } },
      }),
    }
    equal(may('PutObject', { key: 'a', headers: { 'x-amz-server-side-encryption': 'AES256' } }, policies), true)
    equal(may('PutObject', { key: 'a' }, policies), false)
    equal(may('GetObject', { key: 'a' }, policies), true)
  })

  // "Example 3: … to copy objects with a restriction on the copy source"
  it('copy from one folder only', () => {
    const source = 'awsexamplebucket1'
    const dave = user('Dave')
    const statement = {
      Principal: { AWS: `arn:aws:iam::${home.number}:user/Dave` },
      Action: 's3:PutObject',
      Resource: `arn:aws:s3:::${source}/*`,
    }
    const policies = {
      ...ofUser({ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }),
      ...inBucket(
        [
          { ...statement, Effect: 'Allow' },
          {
            ...statement,
            Effect: 'Deny',
            Condition: { StringNotLike: { 's3:x-amz-copy-source': `${source}/public/*` } },
          },
        ],
        source,
      ),
    }
    const copy = (CopySource: string): boolean =>
      may(
        'CopyObject',
        { bucket: source, key: 'HappyFace.jpg', principal: dave, headers: { 'x-amz-copy-source': CopySource } },
        policies,
        { CopySource },
      )
    equal(copy(`${source}/public/PublicHappyFace1.jpg`), true)
    equal(copy(`/${source}/public/PublicHappyFace1.jpg`), true)
    equal(copy(`${source}%2Fpublic%2FPublicHappyFace1.jpg`), true)
    equal(copy(`${source}/private/HappyFace1.jpg`), false)
    equal(may('PutObject', { bucket: source, key: 'a', principal: dave }, policies), false)
  })

  // "Example 4: Granting access to a specific version of an object"
  it('show one version', () => {
    const versioned = 'examplebucketversionenabled'
    const statement = {
      Principal: { AWS: `arn:aws:iam::${home.number}:user/Dave` },
      Action: 's3:GetObjectVersion',
      Resource: `arn:aws:s3:::${versioned}/HappyFace.jpg`,
    }
    const VersionId = 'AaaHbAQitwiL_h47_44lRO2DDfLlBO5e'
    const policies = inBucket(
      [
        { ...statement, Effect: 'Allow' },
        { ...statement, Effect: 'Deny', Condition: { StringNotEquals: { 's3:VersionId': VersionId } } },
      ],
      versioned,
    )
    const request = { bucket: versioned, key: 'HappyFace.jpg', principal: user('Dave') }
    equal(may('GetObject', { ...request, versionId: VersionId }, policies), true)
    equal(may('GetObject', { ...request, versionId: 'other' }, policies), false)
    equal(may('GetObject', request, policies), false)
  })

  // "Example 5: Restricting object uploads to objects with a specific storage class"
  it('want a storage class', () => {
    const policies = inBucket({
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${home.number}:user/ann` },
      Action: 's3:PutObject',
      Resource: objects,
      Condition: { StringEquals: { 's3:x-amz-storage-class': ['STANDARD_IA'] } },
    })
    equal(may('PutObject', { key: 'a', headers: { 'x-amz-storage-class': 'STANDARD_IA' } }, policies), true)
    equal(may('PutObject', { key: 'a' }, policies), false)
  })

  // "Example 1: Granting a user permission to create a bucket only in a specific Region"
  it('make buckets in one region', () => {
    const statement = { Action: 's3:CreateBucket', Resource: 'arn:aws:s3:::*' }
    const policies = ofUser([
      { ...statement, Effect: 'Allow', Condition: { StringLike: { 's3:LocationConstraint': 'sa-east-1' } } },
      { ...statement, Effect: 'Deny', Condition: { StringNotLike: { 's3:LocationConstraint': 'sa-east-1' } } },
    ])
    const input = (LocationConstraint: string): object => ({ CreateBucketConfiguration: { LocationConstraint } })
    equal(may('CreateBucket', { input: input('sa-east-1') }, policies), true)
    equal(may('CreateBucket', { input: input('eu-west-1') }, policies), false)
    equal(may('CreateBucket', {}, policies), false)
  })

  // "Example 2: Getting a list of objects in a bucket with a specific prefix"
  it('list one prefix', () => {
    const statement = { Action: 's3:ListBucket', Resource: `arn:aws:s3:::${example}` }
    const policies = ofUser([
      { ...statement, Effect: 'Allow', Condition: { StringEquals: { 's3:prefix': 'projects' } } },
      { ...statement, Effect: 'Deny', Condition: { StringNotEquals: { 's3:prefix': 'projects' } } },
    ])
    const listing = (prefix: string): Request => ({ parameters: new Map([['prefix', prefix]]) })
    equal(may('ListObjectsV2', listing('projects'), policies), true)
    equal(may('ListObjects', listing('other'), policies), false)
    equal(may('ListObjectsV2', {}, policies), false)
    equal(may('ListObjectVersions', listing('projects'), policies), false)
  })

  // IAM User Guide, "Numeric condition operators"
  it('list ten keys at a time', () => {
    const policies = ofUser({
      Effect: 'Allow',
      Action: 's3:ListBucket',
      Resource: `arn:aws:s3:::${example}`,
      Condition: { NumericLessThanEquals: { 's3:max-keys': '10' } },
    })
    equal(may('ListObjectsV2', { parameters: new Map([['max-keys', '10']]) }, policies), true)
    equal(may('ListObjectsV2', { parameters: new Map([['max-keys', '11']]) }, policies), false)
    equal(may('ListObjectsV2', {}, policies), false)
  })

  // S3 User Guide, "Tagging and access control policies", example 1
  it('show what has a tag', () => {
    const policies = inBucket({
      Effect: 'Allow',
      Action: 's3:GetObject',
      Resource: objects,
      Principal: '*',
      Condition: { StringEquals: { 's3:ExistingObjectTag/security': 'public' } },
    })
    equal(may('GetObject', everyone({ existingTags: () => [['security', 'public']] }), policies), true)
    equal(may('GetObject', everyone({ existingTags: () => [['security', 'secret']] }), policies), false)
    equal(may('GetObject', everyone(), policies), false)
  })

  // Examples 2 and 3
  it('set some tags only', () => {
    const allow = {
      Effect: 'Allow',
      Action: 's3:PutObjectTagging',
      Resource: objects,
      Principal: { AWS: `arn:aws:iam::${home.number}:user/ann` },
    }
    const keys = ['Owner', 'CreationDate']
    const tagged = (...names: string[]): Request => ({
      key: 'a',
      input: { Tagging: { TagSet: names.map((Key) => ({ Key, Value: 'X' })) } },
    })
    const onlyThese = { 'ForAllValues:StringLike': { 's3:RequestObjectTagKeys': keys } }
    const any = inBucket({ ...allow, Condition: onlyThese })
    equal(may('PutObjectTagging', tagged('Owner'), any), true)
    equal(may('PutObjectTagging', tagged('Owner', 'CreationDate'), any), true)
    equal(may('PutObjectTagging', tagged('Owner', 'Project'), any), false)
    // "A user might send an empty tag set in PutObjectTagging, which is allowed by this policy"
    equal(may('PutObjectTagging', tagged(), any), true)
    const oneAtLeast = inBucket({
      ...allow,
      Condition: { ...onlyThese, 'ForAnyValue:StringLike': { 's3:RequestObjectTagKeys': keys } },
    })
    equal(may('PutObjectTagging', tagged(), oneAtLeast), false)
    equal(may('PutObjectTagging', tagged('Owner'), oneAtLeast), true)
    const project = inBucket({ ...allow, Condition: { StringEquals: { 's3:RequestObjectTag/Project': 'X' } } })
    equal(may('PutObjectTagging', tagged('Project', 'Owner'), project), true)
    equal(may('PutObjectTagging', tagged('Owner'), project), false)
  })

  // S3 API reference, "Amazon S3 Signature Version 4 Authentication Specific Policy Keys"
  it('want signatures that are young, in a header, and of version 4', () => {
    const signature = { version: 'AWS4-HMAC-SHA256', ageMs: 60_000, by: 'header' } as const
    const denying = (Condition: object): Partial<Policies> => ({
      ...ofUser({ Effect: 'Allow', Action: 's3:*', Resource: '*' }),
      ...inBucket({ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: objects, Condition }),
    })
    const young = denying({ NumericGreaterThan: { 's3:signatureAge': '600000' } })
    equal(may('GetObject', { key: 'a', signature }, young), true)
    equal(may('GetObject', { key: 'a', signature: { ...signature, ageMs: 600_001 } }, young), false)
    const inHeader = denying({ StringNotEquals: { 's3:authType': 'REST-HEADER' } })
    equal(may('GetObject', { key: 'a', signature }, inHeader), true)
    equal(may('GetObject', { key: 'a', signature: { ...signature, by: 'query' } }, inHeader), false)
    const version4 = denying({ StringEquals: { 's3:signatureversion': 'AWS' } })
    equal(may('GetObject', { key: 'a', signature }, version4), true)
    equal(may('GetObject', { key: 'a', signature: { ...signature, version: 'AWS' } }, version4), false)
    const unsigned = denying({ StringEquals: { 's3:x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } })
    equal(may('PutObject', { key: 'a', headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }, unsigned), false)
    equal(may('PutObject', { key: 'a', signature: { ...signature, by: 'query' } }, unsigned), false)
  })

  // S3 User Guide, "Enforce conditional writes on Amazon S3 buckets"
  it('overwrite nothing', () => {
    const policies = {
      ...ofUser({ Effect: 'Allow', Action: 's3:*', Resource: '*' }),
      ...inBucket({
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:PutObject',
        Resource: objects,
        Condition: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
      }),
    }
    equal(may('PutObject', { key: 'a', headers: { 'if-none-match': '*' } }, policies), true)
    equal(may('PutObject', { key: 'a' }, policies), false)
    equal(may('UploadPart', { key: 'a', parameters: new Map([['partNumber', '1']]) }, policies), true)
    equal(may('CompleteMultipartUpload', { key: 'a', parameters: new Map([['uploadId', 'x']]) }, policies), false)
  })

  // S3 User Guide, "Object Lock considerations", "Limiting retention periods with a bucket policy"
  it('lock for ten days at most', () => {
    const policies = {
      ...ofUser({ Effect: 'Allow', Action: 's3:*', Resource: '*' }),
      ...inBucket({
        Sid: 'SetRetentionLimits',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:PutObjectRetention',
        Resource: objects,
        Condition: { NumericGreaterThan: { 's3:object-lock-remaining-retention-days': '10' } },
      }),
    }
    const until = (days: number): Request => ({
      key: 'a',
      input: { Retention: { RetainUntilDate: new Date(Date.UTC(2026, 10, 24 + days)) } },
    })
    equal(may('PutObjectRetention', until(10), policies), true)
    equal(may('PutObjectRetention', until(11), policies), false)
  })

  // IAM User Guide, "String condition operators", the home folder of each user
  it('give each user a home', () => {
    const policies = ofUser([
      { Effect: 'Allow', Action: ['s3:ListAllMyBuckets', 's3:GetBucketLocation'], Resource: 'arn:aws:s3:::*' },
      {
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: 'arn:aws:s3:::BUCKET-NAME',
        Condition: { StringLike: { 's3:prefix': ['', 'home/', 'home/${aws:username}/'] } },
      },
      {
        Effect: 'Allow',
        Action: 's3:*',
        Resource: ['arn:aws:s3:::BUCKET-NAME/home/${aws:username}', 'arn:aws:s3:::BUCKET-NAME/home/${aws:username}/*'],
      },
    ])
    const bucket = 'BUCKET-NAME'
    const listing = (prefix: string): Request => ({ bucket, parameters: new Map([['prefix', prefix]]) })
    equal(may('ListBuckets', {}, policies), true)
    equal(may('ListObjectsV2', listing(''), policies), true)
    equal(may('ListObjectsV2', listing('home/ann/'), policies), true)
    equal(may('ListObjectsV2', listing('home/bob/'), policies), false)
    equal(may('PutObject', { bucket, key: 'home/ann/a' }, policies), true)
    equal(may('PutObject', { bucket, key: 'home/bob/a' }, policies), false)
    equal(may('PutObject', { bucket, key: 'home/annie/a' }, policies), false)
  })

  // IAM User Guide, "Policy evaluation for requests within a single account", "Example identity-based and resource-based policy evaluation"
  it('keep Carlos from the logs whatever their bucket says', () => {
    const carlos = user('carlossalazar')
    const own = ofUser([
      {
        Sid: 'AllowS3ListRead',
        Effect: 'Allow',
        Action: [
          's3:GetBucketLocation',
          's3:GetAccountPublicAccessBlock',
          's3:ListAccessPoints',
          's3:ListAllMyBuckets',
        ],
        Resource: 'arn:aws:s3:::*',
      },
      {
        Sid: 'AllowS3Self',
        Effect: 'Allow',
        Action: 's3:*',
        Resource: ['arn:aws:s3:::carlossalazar/*', 'arn:aws:s3:::carlossalazar'],
      },
      { Sid: 'DenyS3Logs', Effect: 'Deny', Action: 's3:*', Resource: 'arn:aws:s3:::*log*' },
    ])
    const allowing = (bucket: string): Partial<Policies> =>
      inBucket(
        {
          Effect: 'Allow',
          Principal: { AWS: carlos.kind === 'user' ? carlos.arn : '' },
          Action: 's3:*',
          Resource: [`arn:aws:s3:::${bucket}/*`, `arn:aws:s3:::${bucket}`],
        },
        bucket,
      )
    const put = (bucket: string, policies: Partial<Policies>): boolean =>
      may('PutObject', { bucket, key: 'a', principal: carlos }, policies)
    equal(put('carlossalazar', own), true)
    equal(put('carlossalazar-logs', { ...own, ...allowing('carlossalazar-logs') }), false)
    equal(put('other', own), false)
    equal(put('other', { ...own, ...allowing('other') }), true)
  })

  // IAM User Guide, "Permissions boundaries for IAM entities"
  it('bound Shirley to three services', () => {
    const boundary = parse('boundary', { Effect: 'Allow', Action: ['s3:*', 'cloudwatch:*', 'ec2:*'], Resource: '*' })
    const asked = (action: string): boolean =>
      decide(question({ action, resource: '*', principal: user('ShirleyRodriguez') }), {
        session: [],
        isSameAccount: true,
        boundary,
        identity: [
          parse('identity', { Effect: 'Allow', Action: ['iam:CreateUser', 's3:ListAllMyBuckets'], Resource: '*' }),
        ],
      }).isAllowed
    equal(asked('iam:CreateUser'), false)
    equal(asked('s3:ListAllMyBuckets'), true)
    equal(asked('ec2:RunInstances'), false)
  })

  // "Delegating responsibility to others using permissions boundaries", task 2
  it('let Zhang make users with a boundary only', () => {
    const XCompanyBoundaries = 'arn:aws:iam::111122223333:policy/XCompanyBoundaries'
    const boundary = parse('boundary', [
      {
        Sid: 'CreateOrChangeOnlyWithBoundary',
        Effect: 'Allow',
        Action: [
          'iam:CreateUser',
          'iam:DeleteUserPolicy',
          'iam:AttachUserPolicy',
          'iam:DetachUserPolicy',
          'iam:PutUserPermissionsBoundary',
        ],
        Resource: '*',
        Condition: { StringEquals: { 'iam:PermissionsBoundary': XCompanyBoundaries } },
      },
      {
        Sid: 'CloudWatchAndOtherIAMTasks',
        Effect: 'Allow',
        Action: ['cloudwatch:*', 'iam:GetUser', 'iam:*Group*'],
        Resource: '*',
      },
      {
        Sid: 'NoBoundaryPolicyEdit',
        Effect: 'Deny',
        Action: [
          'iam:CreatePolicyVersion',
          'iam:DeletePolicy',
          'iam:DeletePolicyVersion',
          'iam:SetDefaultPolicyVersion',
        ],
        Resource: [
          'arn:aws:iam::123456789012:policy/XCompanyBoundaries',
          'arn:aws:iam::123456789012:policy/DelegatedUserBoundary',
        ],
      },
      { Sid: 'NoBoundaryUserDelete', Effect: 'Deny', Action: 'iam:DeleteUserPermissionsBoundary', Resource: '*' },
    ])
    const asked = (action: string, of?: string): boolean =>
      decide(
        {
          ...question({ action, resource: 'arn:aws:iam::111122223333:user/new', principal: user('Zhang') }),
          context: contextOfKeys(of === undefined ? {} : { 'iam:permissionsboundary': of }),
        },
        {
          boundary,
          identity: [parse('identity', { Effect: 'Allow', Action: 'iam:*', Resource: '*' })],
          session: [],
          isSameAccount: true,
        },
      ).isAllowed
    equal(asked('iam:CreateUser', XCompanyBoundaries), true)
    equal(asked('iam:CreateUser', 'arn:aws:iam::111122223333:policy/Wider'), false)
    equal(asked('iam:CreateUser'), false)
    equal(asked('iam:DeleteUserPermissionsBoundary', XCompanyBoundaries), false)
    equal(asked('iam:AddUserToGroup'), true)
    equal(asked('iam:CreatePolicy'), false)
  })

  // IAM User Guide, "AWS: Allows access based on date and time", and "… based on the source IP"
  it('are open for two months, and from one place', () => {
    const policies = ofUser([
      {
        Effect: 'Allow',
        Action: 's3:GetObject',
        Resource: '*',
        Condition: {
          DateGreaterThan: { 'aws:CurrentTime': '2026-10-01T00:00:00Z' },
          DateLessThan: { 'aws:CurrentTime': '2026-11-30T23:59:59Z' },
        },
      },
      {
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: {
          NotIpAddress: { 'aws:SourceIp': ['192.0.2.0/24', '203.0.113.0/24'] },
          Bool: { 'aws:ViaAWSService': 'false' },
        },
      },
    ])
    equal(may('GetObject', { key: 'a' }, policies), true)
    equal(may('GetObject', { key: 'a', nowMs: Date.UTC(2026, 11, 1) }, policies), false)
    equal(may('GetObject', { key: 'a', nowMs: Date.UTC(2026, 8, 1) }, policies), false)
    equal(may('GetObject', { key: 'a', remoteAddress: '198.51.100.1' }, policies), false)
  })

  // IAM User Guide, "Boolean condition operators"
  it('want TLS', () => {
    const policies = {
      ...ofUser({ Effect: 'Allow', Action: 's3:*', Resource: '*' }),
      ...inBucket({
        Sid: 'BooleanExample',
        Action: 's3:*',
        Effect: 'Deny',
        Principal: '*',
        Resource: everything,
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    }
    equal(may('GetObject', { key: 'a' }, policies), true)
    equal(may('GetObject', { key: 'a', isSecure: false }, policies), false)
  })

  // IAM User Guide, "IAM tutorial: Define permissions to access AWS resources based on tags", in S3's terms
  it('give each team its folder', () => {
    const policies = ofUser({
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:PutObject'],
      Resource: `arn:aws:s3:::${example}/\${aws:PrincipalTag/team}/*`,
    })
    const red: Principal = { ...user(), tags: new Map([['team', 'red']]) } as Principal
    equal(may('GetObject', { key: 'red/a', principal: red }, policies), true)
    equal(may('GetObject', { key: 'blue/a', principal: red }, policies), false)
    equal(may('GetObject', { key: 'red/a' }, policies), false)
  })
})
