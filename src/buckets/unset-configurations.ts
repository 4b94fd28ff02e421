// Configurations of a bucket that cannot be set here yet: each answers as on S3 when it is not set, and removing it again changes nothing.
// Setting one is NotImplemented, as every operation that is not listed.

import type { ErrorCode } from '../contract/errors.js'
import { S3Error } from '../contract/errors.js'
import type { Operation, OperationName, Operations, Output } from '../contract/operation.js'
import { bucketNamed } from '../store/catalog/find-bucket.js'
import type { BucketRow } from '../store/catalog/find-bucket.js'
import type { Store } from '../store/store.js'

/** Operations on configurations that are never set. */
export const unsetConfigurations = (store: Store) => {
  /** The bucket must be there; its row says the rest. */
  const answers =
    <Name extends OperationName>(output: (bucket: BucketRow) => Output<Name>): Operation<Name> =>
    async (input) =>
      output(await bucketOf(store, input))

  const refuses = <Name extends OperationName>(code: ErrorCode): Operation<Name> =>
    answers<Name>(({ name }) => {
      throw new S3Error(code, { members: { BucketName: name } })
    })

  /** Retention and legal hold need a bucket made for them. Source: User Guide, "Configuring S3 Object Lock". */
  const withoutObjectLock = <Name extends OperationName>(): Operation<Name> =>
    answers<Name>(() => {
      throw new S3Error('InvalidRequest', { message: 'Bucket is missing Object Lock Configuration' })
    })

  return {
    DeleteBucketAnalyticsConfiguration: refuses('NoSuchConfiguration'),
    DeleteBucketEncryption: answers(() => ({})),
    DeleteBucketIntelligentTieringConfiguration: refuses('NoSuchConfiguration'),
    DeleteBucketInventoryConfiguration: refuses('NoSuchConfiguration'),
    DeleteBucketLifecycle: answers(() => ({})),
    DeleteBucketMetricsConfiguration: refuses('NoSuchConfiguration'),
    DeleteBucketReplication: answers(() => ({})),
    DeleteBucketWebsite: answers(() => ({})),
    GetBucketAbac: answers(() => ({ AbacStatus: { Status: 'Disabled' } })),
    GetBucketAccelerateConfiguration: answers(() => ({})),
    GetBucketAnalyticsConfiguration: refuses('NoSuchConfiguration'),
    // S3 of today encrypts every object with keys of its own (SSE-S3) and says so. Nothing is encrypted here, so we answer
    // what S3 did before that: there is no such configuration.
    GetBucketEncryption: refuses('ServerSideEncryptionConfigurationNotFoundError'),
    GetBucketIntelligentTieringConfiguration: refuses('NoSuchConfiguration'),
    GetBucketInventoryConfiguration: refuses('NoSuchConfiguration'),
    GetBucketLifecycleConfiguration: refuses('NoSuchLifecycleConfiguration'),
    // The root of the answer is empty for us-east-1. Source: AWS API reference, GetBucketLocation.
    GetBucketLocation: answers(({ region }) =>
      // A server's region is whatever its settings say; the SDK's type lists AWS's.
      region === 'us-east-1' ? {} : ({ LocationConstraint: region } as Output<'GetBucketLocation'>),
    ),
    GetBucketLogging: answers(() => ({})),
    GetBucketMetricsConfiguration: refuses('NoSuchConfiguration'),
    GetBucketNotificationConfiguration: answers(() => ({})),
    GetBucketReplication: refuses('ReplicationConfigurationNotFoundError'),
    GetBucketWebsite: refuses('NoSuchWebsiteConfiguration'),
    GetObjectLegalHold: withoutObjectLock(),
    GetObjectLockConfiguration: refuses('ObjectLockConfigurationNotFoundError'),
    GetObjectRetention: withoutObjectLock(),
    ListBucketAnalyticsConfigurations: answers(() => ({ IsTruncated: false })),
    ListBucketIntelligentTieringConfigurations: answers(() => ({ IsTruncated: false })),
    ListBucketInventoryConfigurations: answers(() => ({ IsTruncated: false })),
    ListBucketMetricsConfigurations: answers(() => ({ IsTruncated: false })),
    PutObjectLegalHold: withoutObjectLock(),
    PutObjectLockConfiguration: answers(({ versioning }) => {
      if (versioning === 'Enabled') throw new S3Error('NotImplemented', { message: 'Object Lock is not implemented.' })
      throw new S3Error('InvalidBucketState', {
        message: "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
      })
    }),
    PutObjectRetention: withoutObjectLock(),
  } satisfies Operations
}

function bucketOf(store: Store, input: object): Promise<BucketRow> {
  const bucket = 'Bucket' in input && typeof input.Bucket === 'string' ? input.Bucket : ''
  return store.catalog.read(bucketNamed, bucket)
}
