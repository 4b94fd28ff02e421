// Every operation Cairn has, tried without its right and with exactly that: generated from the list of operations and the table of rights, so that none can
// be forgotten.

import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import * as Sdk from '@aws-sdk/client-s3'
import { rightsOf } from '../../src/contract/actions.js'
import { systemClock, type OperationName } from '../../src/contract/operation.js'
import { operations } from '../../src/operations.js'
import { operationModels } from '../../src/s3/wire/model.js'
import type { Store } from '../../src/store/store.js'
import { type FreshServer, freshServer } from '../fresh-server.js'
import {
  allow,
  clientOf,
  grant,
  makeKey,
  makeUser,
  operatorsAccount,
  outcomeOf,
  policyOf,
  revoke,
  type User,
} from './people.js'

interface World {
  readonly s3: Sdk.S3Client
  readonly bucket: string
  readonly store: Store
  readonly user: User
  readonly theirs: Sdk.S3Client
  /** Of this test. */
  readonly name: string
  readonly uploadId: string
  readonly partETag: string
}

type Extras = Readonly<Record<string, unknown>>

const part = ({ uploadId }: World): Extras => ({ Key: 'parts.bin', UploadId: uploadId })

/** What an operation needs beside Bucket and Key. */
const extras: { readonly [Name in OperationName]?: (world: World) => Extras } = {
  AbortMultipartUpload: part,
  CompleteMultipartUpload: (world) => ({
    ...part(world),
    MultipartUpload: { Parts: [{ PartNumber: 1, ETag: world.partETag }] },
  }),
  CopyObject: ({ bucket }) => ({ Key: 'copy.jpg', CopySource: `${bucket}/cat.jpg` }),
  CreateBucket: ({ name }) => ({ Bucket: `${name}-new` }),
  CreateMultipartUpload: () => ({ Key: 'new.bin' }),
  DeleteBucketAnalyticsConfiguration: () => ({ Id: 'one' }),
  DeleteBucketIntelligentTieringConfiguration: () => ({ Id: 'one' }),
  DeleteBucketInventoryConfiguration: () => ({ Id: 'one' }),
  DeleteBucketMetricsConfiguration: () => ({ Id: 'one' }),
  DeleteBucket: ({ name }) => ({ Bucket: `${name}-empty` }),
  DeleteObjects: () => ({ Delete: { Objects: [{ Key: 'cat.jpg' }] } }),
  GetObjectAttributes: () => ({ ObjectAttributes: ['ETag'] }),
  ListParts: part,
  PutBucketCors: () => ({
    CORSConfiguration: { CORSRules: [{ AllowedMethods: ['GET'], AllowedOrigins: ['https://a.example'] }] },
  }),
  PutBucketAcl: () => ({ ACL: 'private' }),
  PutBucketOwnershipControls: () => ({ OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] } }),
  PutBucketPolicy: ({ bucket, user }) => ({
    Policy: policyOf({ ...allow('s3:GetObject', `arn:aws:s3:::${bucket}/*`), Principal: { AWS: user.arn } }),
  }),
  PutBucketRequestPayment: () => ({ RequestPaymentConfiguration: { Payer: 'BucketOwner' } }),
  PutBucketTagging: () => ({ Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } }),
  PutBucketVersioning: () => ({ VersioningConfiguration: { Status: 'Enabled' } }),
  PutObject: () => ({ Key: 'new.jpg', Body: 'x' }),
  PutObjectAcl: () => ({ ACL: 'private' }),
  PutObjectLegalHold: () => ({ LegalHold: { Status: 'ON' } }),
  PutObjectRetention: () => ({ Retention: { Mode: 'GOVERNANCE', RetainUntilDate: new Date('2100-01-01') } }),
  PutObjectTagging: () => ({ Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } }),
  PutPublicAccessBlock: () => ({ PublicAccessBlockConfiguration: { BlockPublicAcls: true } }),
  RenameObject: () => ({ Key: 'other.jpg', RenameSource: 'cat.jpg' }),
  UploadPart: (world) => ({ ...part(world), PartNumber: 1, Body: 'x' }),
  UploadPartCopy: (world) => ({ ...part(world), PartNumber: 2, CopySource: `${world.bucket}/cat.jpg` }),
}

const newBuckets = { ownership: 'BucketOwnerEnforced', publicAccessBlock: undefined } as const

/** Every operation there is. Only the names are read of the list. */
const names = Object.keys(operations({} as Store, systemClock, 'us-east-1', newBuckets)) as OperationName[]

describe('every operation needs its right', () => {
  let shared: FreshServer
  before(async () => {
    shared = await freshServer({ isShared: true, hasBucket: false })
  })
  after(() => shared.close())

  for (const name of names) {
    it(`${name} is refused without it, and allowed with exactly that`, async () => {
      const world = await worldOf(name, shared)
      const { store, user, bucket } = world
      const input = inputOf(name, world)
      const rights = rightsOf(name, { bucket: textOf(input['Bucket']), key: textOf(input['Key']) }, input)
      const needed = rights.filter(({ isForSourceTags }) => isForSourceTags !== true)

      if (name === 'DeleteObjects') {
        await refusesEachKey(world, input)
        return
      }
      ok(needed.length > 0, 'the table asks for nothing')
      equal((await send(world, name, input)).slice(0, 3), '403', 'without any right')

      // Everything but one of its rights is not enough.
      for (const { action } of needed) {
        const all = { Effect: 'Allow', NotAction: action, Resource: '*' }
        await grant(store, user, all)
        equal((await send(world, name, input)).slice(0, 3), '403', `with all rights but ${action}`)
      }
      // The same on another bucket is none.
      await grant(store, user, ...needed.map(({ action }) => allow(action, 'arn:aws:s3:::other/*')))
      equal((await send(world, name, input)).slice(0, 3), '403', 'on another bucket')

      await grant(store, user, ...needed.map(({ action, resource }) => allow(action, resource)))
      const outcome = await send(world, name, input)
      notEqual(outcome.slice(0, 3), '403', `${outcome} with ${JSON.stringify(needed)} on ${bucket}`)
      notEqual(outcome.slice(0, 3), '500', outcome)

      await revoke(store, user)
      const after = await send(world, name, input)
      ok(after.startsWith('403') || after.startsWith('404'), `${after} once the right was taken away again`)
    })
  }

  it('is tried for every operation that can be asked for by a name', () => {
    deepEqual(
      names.filter((name) => !operationModels.has(name)),
      [],
    )
    ok(names.length >= 45)
  })
})

async function refusesEachKey({ theirs, store, user, bucket, s3 }: World, input: Extras): Promise<void> {
  const command = () => theirs.send(new Sdk.DeleteObjectsCommand(input as unknown as Sdk.DeleteObjectsCommandInput))
  const refused = await command()
  deepEqual(refused.Errors, [{ Key: 'cat.jpg', Code: 'AccessDenied', Message: 'Access Denied' }])
  equal(refused.Deleted, undefined)
  await s3.send(new Sdk.HeadObjectCommand({ Bucket: bucket, Key: 'cat.jpg' }))
  await grant(store, user, allow('s3:DeleteObject', `arn:aws:s3:::${bucket}/cat.jpg`))
  deepEqual((await command()).Deleted, [{ Key: 'cat.jpg' }])
}

/** Buckets and a user that no other operation is tried with. */
async function worldOf(operation: OperationName, { server, s3, endpoint }: FreshServer): Promise<World> {
  const name = operation.toLowerCase()
  const bucket = name
  const { store, rootKey } = server
  const user = await makeUser(store, operatorsAccount(store, rootKey.accountId), name)
  const theirs = clientOf(endpoint, await makeKey(store, user))
  await s3.send(new Sdk.CreateBucketCommand({ Bucket: bucket }))
  await s3.send(new Sdk.PutObjectCommand({ Bucket: bucket, Key: 'cat.jpg', Body: 'meow' }))
  const upload = { Bucket: bucket, Key: 'parts.bin' }
  const { UploadId = '' } = await s3.send(new Sdk.CreateMultipartUploadCommand(upload))
  const { ETag = '' } = await s3.send(
    new Sdk.UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: 'first part' }),
  )
  await s3.send(new Sdk.CreateBucketCommand({ Bucket: `${name}-empty` }))
  return { s3, bucket, store, user, theirs, name, uploadId: UploadId, partETag: ETag }
}

function inputOf(name: OperationName, world: World): Extras {
  const model = operationModels.get(name)
  const { bucket } = world
  return {
    ...(model?.resource !== 'service' && { Bucket: bucket }),
    ...(model?.resource === 'object' && { Key: 'cat.jpg' }),
    ...extras[name]?.(world),
  }
}

/** The outcome for the user: 'allowed', or status and code. */
function send({ theirs }: World, name: OperationName, input: Extras): Promise<string> {
  // Each operation has its command under this name in the SDK; the wire's own tests compare what they take.
  const commands: object = Sdk
  const Command = Reflect.get(commands, `${name}Command`) as new (input: Extras) => never
  return outcomeOf(theirs.send(new Command(input)))
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
