// What each operation needs.

import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import * as S3 from '@aws-sdk/client-s3'
import { arnOf } from '../../src/contract/actions/right.js'
import { rightsOf, rightsOfDelete } from '../../src/contract/actions.js'
import type { OperationName } from '../../src/contract/operation.js'
import { isKnownAction } from '../../src/contract/policy/known-actions.js'

const bucket = 'photos'
const key = 'cat.jpg'
const versionId = 'v1'

/** "s3:GetObject arn:aws:s3:::photos/cat.jpg", with its version behind "#". */
const lines = (rights: ReturnType<typeof rightsOfDelete>): string[] =>
  rights.map(
    ({ action, resource, target, isForSourceTags }) =>
      `${action} ${resource}${target.versionId === undefined ? '' : `#${target.versionId}`}${isForSourceTags ? ' (tags)' : ''}`,
  )

const ofBucket = 'arn:aws:s3:::photos'
const ofKey = 'arn:aws:s3:::photos/cat.jpg'

/** Every operation the SDK knows. */
const names = Object.keys(S3)
  .filter((name) => name.endsWith('Command') && name !== '$Command')
  // The SDK's own names.
  .map((name) => name.slice(0, -'Command'.length) as OperationName)

describe('the table of actions', () => {
  it('has every operation of the SDK', () => {
    equal(names.length, 112)
    for (const name of names) {
      const rights = rightsOf(name, { bucket, key, versionId }, {})
      // Its entries are asked about one by one.
      if (name === 'DeleteObjects') deepEqual(rights, [])
      else ok(rights.length > 0, name)
    }
  })

  it('names actions that policies can name', () => {
    for (const name of names) {
      for (const target of [
        { bucket, key },
        { bucket, key, versionId },
      ]) {
        for (const { action, resource } of rightsOf(name, target, {})) {
          ok(isKnownAction(action) || /^s3(?:express|-object-lambda):/.test(action), `${name}: ${action}`)
          ok(resource.startsWith('arn:aws:s3:::'), `${name}: ${resource}`)
        }
      }
    }
  })

  it('asks each operation for one thing where nothing else is asked for', () => {
    const several = names.filter((name) => rightsOf(name, { bucket, key }, {}).length !== 1)
    deepEqual(several.toSorted(), ['DeleteObjects', 'GetObjectAttributes'])
  })

  it('puts no key into what buckets are asked for', () => {
    for (const name of names) {
      const [own] = rightsOf(name, { bucket, key }, {})
      const isOfBucket =
        /Bucket|PublicAccessBlock|^ListObjects|^ListObjectV|^ListMultipart|LockConfiguration|^CreateSession/.test(name)
      if (isOfBucket) ok(own?.resource === ofBucket || own?.resource === 'arn:aws:s3:::*', name)
    }
  })
})

type Case = readonly [what: string, rights: ReturnType<typeof rightsOfDelete>, expected: readonly string[]]

const at = { bucket, key }
const atVersion = { bucket, key, versionId }

/** Sources: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3"; S3 API reference, "Permissions" of each operation */
const cases: readonly Case[] = [
  ['GetObject', rightsOf('GetObject', at, {}), [`s3:GetObject ${ofKey}`]],
  ['GetObject of a version', rightsOf('GetObject', atVersion, {}), [`s3:GetObjectVersion ${ofKey}#v1`]],
  ['HeadObject', rightsOf('HeadObject', at, {}), [`s3:GetObject ${ofKey}`]],
  ['HeadObject of a version', rightsOf('HeadObject', atVersion, {}), [`s3:GetObjectVersion ${ofKey}#v1`]],
  [
    'GetObjectAttributes',
    rightsOf('GetObjectAttributes', at, {}),
    [`s3:GetObjectAttributes ${ofKey}`, `s3:GetObject ${ofKey}`],
  ],
  [
    'GetObjectAttributes of a version',
    rightsOf('GetObjectAttributes', atVersion, {}),
    [`s3:GetObjectVersionAttributes ${ofKey}#v1`, `s3:GetObjectVersion ${ofKey}#v1`],
  ],
  [
    'GetObjectTagging of a version',
    rightsOf('GetObjectTagging', atVersion, {}),
    [`s3:GetObjectVersionTagging ${ofKey}#v1`],
  ],
  [
    'PutObjectTagging of a version',
    rightsOf('PutObjectTagging', atVersion, {}),
    [`s3:PutObjectVersionTagging ${ofKey}#v1`],
  ],
  [
    'DeleteObjectTagging of a version',
    rightsOf('DeleteObjectTagging', atVersion, {}),
    [`s3:DeleteObjectVersionTagging ${ofKey}#v1`],
  ],
  ['GetObjectAcl of a version', rightsOf('GetObjectAcl', atVersion, {}), [`s3:GetObjectVersionAcl ${ofKey}#v1`]],
  ['PutObjectAcl', rightsOf('PutObjectAcl', at, { ACL: 'private' }), [`s3:PutObjectAcl ${ofKey}`]],
  ['PutObjectAcl of a version', rightsOf('PutObjectAcl', atVersion, {}), [`s3:PutObjectVersionAcl ${ofKey}#v1`]],
  ['DeleteObject', rightsOf('DeleteObject', at, {}), [`s3:DeleteObject ${ofKey}`]],
  ['DeleteObject of a version', rightsOf('DeleteObject', atVersion, {}), [`s3:DeleteObjectVersion ${ofKey}#v1`]],
  [
    'DeleteObject of a version past its retention',
    rightsOf('DeleteObject', atVersion, { BypassGovernanceRetention: true }),
    [`s3:DeleteObjectVersion ${ofKey}#v1`, `s3:BypassGovernanceRetention ${ofKey}#v1`],
  ],
  ['an entry of DeleteObjects', rightsOfDelete(at), [`s3:DeleteObject ${ofKey}`]],
  ['an entry of DeleteObjects with a version', rightsOfDelete(atVersion), [`s3:DeleteObjectVersion ${ofKey}#v1`]],
  [
    'an entry of DeleteObjects past its retention',
    rightsOfDelete(atVersion, true),
    [`s3:DeleteObjectVersion ${ofKey}#v1`, `s3:BypassGovernanceRetention ${ofKey}#v1`],
  ],

  ['PutObject', rightsOf('PutObject', at, {}), [`s3:PutObject ${ofKey}`]],
  ['PutObject, its version a mistake', rightsOf('PutObject', atVersion, {}), [`s3:PutObject ${ofKey}`]],
  [
    'PutObject with tags',
    rightsOf('PutObject', at, { Tagging: 'a=b' }),
    [`s3:PutObject ${ofKey}`, `s3:PutObjectTagging ${ofKey}`],
  ],
  [
    'PutObject with a canned list',
    rightsOf('PutObject', at, { ACL: 'public-read' }),
    [`s3:PutObject ${ofKey}`, `s3:PutObjectAcl ${ofKey}`],
  ],
  [
    'PutObject with a grant',
    rightsOf('PutObject', at, { GrantReadACP: 'id="x"' }),
    [`s3:PutObject ${ofKey}`, `s3:PutObjectAcl ${ofKey}`],
  ],
  [
    'PutObject with retention',
    rightsOf('PutObject', at, { ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: new Date(0) }),
    [`s3:PutObject ${ofKey}`, `s3:PutObjectRetention ${ofKey}`],
  ],
  [
    'PutObject with a legal hold',
    rightsOf('PutObject', at, { ObjectLockLegalHoldStatus: 'OFF' }),
    [`s3:PutObject ${ofKey}`, `s3:PutObjectLegalHold ${ofKey}`],
  ],
  [
    'CreateMultipartUpload with tags and a list',
    rightsOf('CreateMultipartUpload', at, { Tagging: 'a=b', ACL: 'private' }),
    [`s3:PutObject ${ofKey}`, `s3:PutObjectAcl ${ofKey}`, `s3:PutObjectTagging ${ofKey}`],
  ],
  ['UploadPart', rightsOf('UploadPart', at, {}), [`s3:PutObject ${ofKey}`]],
  ['CompleteMultipartUpload', rightsOf('CompleteMultipartUpload', at, {}), [`s3:PutObject ${ofKey}`]],
  ['AbortMultipartUpload', rightsOf('AbortMultipartUpload', at, {}), [`s3:AbortMultipartUpload ${ofKey}`]],
  ['ListParts', rightsOf('ListParts', at, {}), [`s3:ListMultipartUploadParts ${ofKey}`]],

  [
    'CopyObject',
    rightsOf('CopyObject', at, { CopySource: 'secrets/plan%20b' }),
    [
      `s3:PutObject ${ofKey}`,
      's3:GetObject arn:aws:s3:::secrets/plan b',
      's3:GetObjectTagging arn:aws:s3:::secrets/plan b (tags)',
      `s3:PutObjectTagging ${ofKey} (tags)`,
    ],
  ],
  [
    'CopyObject of a version',
    rightsOf('CopyObject', at, { CopySource: '/secrets/plan?versionId=v7', TaggingDirective: 'COPY' }),
    [
      `s3:PutObject ${ofKey}`,
      's3:GetObjectVersion arn:aws:s3:::secrets/plan#v7',
      's3:GetObjectVersionTagging arn:aws:s3:::secrets/plan#v7 (tags)',
      `s3:PutObjectTagging ${ofKey} (tags)`,
    ],
  ],
  [
    'CopyObject with tags of its own',
    rightsOf('CopyObject', at, { CopySource: 'secrets/plan', TaggingDirective: 'REPLACE', Tagging: 'a=b' }),
    [`s3:PutObject ${ofKey}`, `s3:PutObjectTagging ${ofKey}`, 's3:GetObject arn:aws:s3:::secrets/plan'],
  ],
  [
    'UploadPartCopy',
    rightsOf('UploadPartCopy', at, { CopySource: 'secrets/plan?versionId=v7' }),
    [`s3:PutObject ${ofKey}`, 's3:GetObjectVersion arn:aws:s3:::secrets/plan#v7'],
  ],
  [
    'RenameObject',
    rightsOf('RenameObject', at, { RenameSource: '/photos/dog.jpg' }),
    [
      `s3:PutObject ${ofKey}`,
      's3:GetObject arn:aws:s3:::photos/dog.jpg',
      's3:DeleteObject arn:aws:s3:::photos/dog.jpg',
    ],
  ],

  ['PutObjectRetention', rightsOf('PutObjectRetention', at, {}), [`s3:PutObjectRetention ${ofKey}`]],
  [
    'PutObjectRetention past governance',
    rightsOf('PutObjectRetention', atVersion, { BypassGovernanceRetention: true }),
    [`s3:PutObjectRetention ${ofKey}#v1`, `s3:BypassGovernanceRetention ${ofKey}#v1`],
  ],
  [
    'GetObjectLockConfiguration',
    rightsOf('GetObjectLockConfiguration', { bucket }, {}),
    [`s3:GetBucketObjectLockConfiguration ${ofBucket}`],
  ],
  ['SelectObjectContent', rightsOf('SelectObjectContent', at, {}), [`s3:GetObject ${ofKey}`]],
  [
    'GetObjectTorrent of a version',
    rightsOf('GetObjectTorrent', atVersion, {}),
    [`s3:GetObjectVersionTorrent ${ofKey}#v1`],
  ],

  ['ListBuckets', rightsOf('ListBuckets', {}, {}), ['s3:ListAllMyBuckets arn:aws:s3:::*']],
  ['HeadBucket', rightsOf('HeadBucket', { bucket }, {}), [`s3:ListBucket ${ofBucket}`]],
  ['ListObjects', rightsOf('ListObjects', { bucket }, {}), [`s3:ListBucket ${ofBucket}`]],
  ['ListObjectsV2', rightsOf('ListObjectsV2', { bucket }, {}), [`s3:ListBucket ${ofBucket}`]],
  ['ListObjectVersions', rightsOf('ListObjectVersions', { bucket }, {}), [`s3:ListBucketVersions ${ofBucket}`]],
  [
    'ListMultipartUploads',
    rightsOf('ListMultipartUploads', { bucket }, {}),
    [`s3:ListBucketMultipartUploads ${ofBucket}`],
  ],
  ['DeleteBucketCors', rightsOf('DeleteBucketCors', { bucket }, {}), [`s3:PutBucketCORS ${ofBucket}`]],
  [
    'DeletePublicAccessBlock',
    rightsOf('DeletePublicAccessBlock', { bucket }, {}),
    [`s3:PutBucketPublicAccessBlock ${ofBucket}`],
  ],
  ['DeleteBucketPolicy', rightsOf('DeleteBucketPolicy', { bucket }, {}), [`s3:DeleteBucketPolicy ${ofBucket}`]],

  ['CreateBucket', rightsOf('CreateBucket', { bucket }, {}), [`s3:CreateBucket ${ofBucket}`]],
  [
    'CreateBucket with all it can have',
    rightsOf(
      'CreateBucket',
      { bucket },
      {
        GrantWrite: 'id="x"',
        ObjectOwnership: 'ObjectWriter',
        ObjectLockEnabledForBucket: true,
        CreateBucketConfiguration: { Tags: [{ Key: 'a', Value: 'b' }] },
      },
    ),
    [
      `s3:CreateBucket ${ofBucket}`,
      `s3:PutBucketAcl ${ofBucket}`,
      `s3:PutBucketOwnershipControls ${ofBucket}`,
      `s3:PutBucketObjectLockConfiguration ${ofBucket}`,
      `s3:PutBucketVersioning ${ofBucket}`,
      `s3:TagResource ${ofBucket}`,
    ],
  ],
  [
    'CreateBucket without object lock',
    rightsOf('CreateBucket', { bucket }, { ObjectLockEnabledForBucket: false }),
    [`s3:CreateBucket ${ofBucket}`],
  ],
]

describe('an ARN of S3', () => {
  it('names the service, a bucket, or what is in one', () => {
    equal(arnOf({}), 'arn:aws:s3:::*')
    equal(arnOf({ bucket }), ofBucket)
    equal(arnOf(atVersion), ofKey)
    equal(arnOf({ bucket, key: '/a:b' }), 'arn:aws:s3:::photos//a:b')
  })
})

describe('what is needed', () => {
  for (const [what, rights, expected] of cases) it(`for ${what}`, () => deepEqual(lines(rights), expected))

  it('for a copy of nothing is not known', () => {
    throws(() => rightsOf('CopyObject', at, { CopySource: 'nothing' }), { code: 'InvalidArgument' })
  })

  it('security rule 5: for a copy is to read exactly what will be opened', () => {
    for (const CopySource of ['secrets/a?versionId=b', 'secrets%2Fa?versionId=b', '/secrets/a?versionId=b']) {
      for (const rights of [
        rightsOf('CopyObject', at, { CopySource }),
        rightsOf('UploadPartCopy', at, { CopySource }),
      ]) {
        const read = rights.find(({ action }) => action === 's3:GetObjectVersion')
        deepEqual(read?.target, { bucket: 'secrets', key: 'a', versionId: 'b' })
        equal(read?.resource, 'arn:aws:s3:::secrets/a')
      }
    }
  })
})
