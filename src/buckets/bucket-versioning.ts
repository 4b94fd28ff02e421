// GetBucketVersioning and PutBucketVersioning.

import { S3Error } from '../contract/errors.js'
import type { Clock, Operation } from '../contract/operation.js'
import { setBucketVersioning } from '../store/catalog/bucket-versioning.js'
import { bucketNamed } from '../store/catalog/find-bucket.js'
import type { Store } from '../store/store.js'

/** Answers Enabled or Suspended; nothing for a bucket that was never versioned.
 *  @throws NoSuchBucket */
export const getBucketVersioning =
  (store: Store): Operation<'GetBucketVersioning'> =>
  async (input) => {
    const { versioning } = await store.catalog.read(bucketNamed, input.Bucket ?? '')
    return versioning === 'Off' ? {} : { Status: versioning }
  }

/** Turns versioning on or suspends it. "Once you version-enable a bucket, it can never return to an unversioned state."
 *  @throws NoSuchBucket; IllegalVersioningConfigurationException without a Status; MalformedXML for another than the two;
 *    NotImplemented for MFA delete */
export const putBucketVersioning =
  (store: Store, clock: Clock): Operation<'PutBucketVersioning'> =>
  async (input) => {
    const { Status, MFADelete } = input.VersioningConfiguration ?? {}
    if (Status === undefined) throw new S3Error('IllegalVersioningConfigurationException')
    if (Status !== 'Enabled' && Status !== 'Suspended') throw new S3Error('MalformedXML')
    if (MFADelete !== undefined && MFADelete !== 'Disabled') {
      throw new S3Error('NotImplemented', { message: 'MFA delete is not implemented.' })
    }
    await store.catalog.commit(setBucketVersioning, {
      bucket: input.Bucket ?? '',
      versioning: Status,
      now: clock.now(),
    })
    return {}
  }
