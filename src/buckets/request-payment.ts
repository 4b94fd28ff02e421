// GetBucketRequestPayment and PutBucketRequestPayment: who pays. With 'Requester', whoever is not of the owner's account has to say that he pays
// (`x-amz-request-payer`), and nobody gets in unsigned; that is authorization's to ask.

import { S3Error } from '../contract/errors.js'
import type { Clock, Operation } from '../contract/operation.js'
import { bucketSetting, deleteBucketSetting, putBucketSetting } from '../store/catalog/bucket-setting.js'
import type { Store } from '../store/store.js'

const setting = 'request-payment'

/** Answers who pays.
 *  @throws NoSuchBucket */
export const getBucketRequestPayment =
  (store: Store): Operation<'GetBucketRequestPayment'> =>
  async (input) => {
    const json = await store.catalog.read(bucketSetting, { bucket: input.Bucket ?? '', setting })
    return { Payer: json === undefined ? 'BucketOwner' : 'Requester' }
  }

/** Says who pays.
 *  @throws NoSuchBucket, MalformedXML */
export const putBucketRequestPayment =
  (store: Store, clock: Clock): Operation<'PutBucketRequestPayment'> =>
  async (input) => {
    const payer = input.RequestPaymentConfiguration?.Payer
    const place = { bucket: input.Bucket ?? '', setting, now: clock.now() } as const
    // The owner pays where nothing is set.
    if (payer === 'BucketOwner') await store.catalog.commit(deleteBucketSetting, place)
    else if (payer === 'Requester') {
      await store.catalog.commit(putBucketSetting, { ...place, value: JSON.stringify(payer) })
    } else throw new S3Error('MalformedXML')
    return {}
  }
