// GetBucketCors, PutBucketCors and DeleteBucketCors: which pages of other origins may read and write. Answering by these rules is the application's.

import type { CORSRule } from '@aws-sdk/client-s3'
import { S3Error } from '../contract/errors.js'
import type { Clock, Operation } from '../contract/operation.js'
import { bucketSetting, deleteBucketSetting, putBucketSetting } from '../store/catalog/bucket-setting.js'
import type { Store } from '../store/store.js'

/** Source: AWS user guide, "Elements of a CORS configuration": "up to 100 rules". */
const rulesMax = 100

/** Characters of a rule's ID. Source: AWS API reference, CORSRule. */
const idLengthMax = 255

const methods: readonly string[] = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD']

/** A bucket's rules in order; none when it has no configuration.
 *  @throws NoSuchBucket */
export async function corsRulesOf(store: Store, bucket: string): Promise<readonly CORSRule[]> {
  const json = await store.catalog.read(bucketSetting, { bucket, setting: 'cors' })
  // The row holds what `putBucketCors` has checked and written.
  return json === undefined ? [] : (JSON.parse(json) as CORSRule[])
}

/** Answers a bucket's rules.
 *  @throws NoSuchBucket, NoSuchCORSConfiguration */
export const getBucketCors =
  (store: Store): Operation<'GetBucketCors'> =>
  async (input) => {
    const bucket = input.Bucket ?? ''
    const rules = await corsRulesOf(store, bucket)
    if (rules.length === 0) throw new S3Error('NoSuchCORSConfiguration', { members: { BucketName: bucket } })
    return { CORSRules: [...rules] }
  }

/** Replaces a bucket's rules.
 *  @throws NoSuchBucket; MalformedXML, InvalidRequest for rules S3 does not take */
export const putBucketCors =
  (store: Store, clock: Clock): Operation<'PutBucketCors'> =>
  async (input) => {
    const rules = input.CORSConfiguration?.CORSRules ?? []
    requireRules(rules)
    await store.catalog.commit(putBucketSetting, {
      bucket: input.Bucket ?? '',
      setting: 'cors',
      value: JSON.stringify(rules),
      now: clock.now(),
    })
    return {}
  }

/** Removes a bucket's rules; without any, nothing happens.
 *  @throws NoSuchBucket */
export const deleteBucketCors =
  (store: Store, clock: Clock): Operation<'DeleteBucketCors'> =>
  async (input) => {
    await store.catalog.commit(deleteBucketSetting, {
      bucket: input.Bucket ?? '',
      setting: 'cors',
      now: clock.now(),
    })
    return {}
  }

function requireRules(rules: readonly CORSRule[]): void {
  if (rules.length === 0) throw new S3Error('MalformedXML')
  if (rules.length > rulesMax) {
    throw invalid(`The number of CORS rules should not exceed allowed limit of ${rulesMax} rules.`)
  }
  for (const rule of rules) requireRule(rule)
}

function requireRule(rule: CORSRule): void {
  const { AllowedMethods = [], AllowedOrigins = [], AllowedHeaders = [], ExposeHeaders = [] } = rule
  if (AllowedMethods.length === 0 || AllowedOrigins.length === 0) throw new S3Error('MalformedXML')
  if ((rule.ID ?? '').length > idLengthMax) {
    throw new S3Error('InvalidArgument', { message: `The ID element must not exceed ${idLengthMax} characters` })
  }
  if (rule.MaxAgeSeconds !== undefined && (!Number.isInteger(rule.MaxAgeSeconds) || rule.MaxAgeSeconds < 0)) {
    throw new S3Error('MalformedXML')
  }
  for (const method of AllowedMethods) {
    if (!methods.includes(method)) {
      throw invalid(`Found unsupported HTTP method in CORS config. Unsupported method is ${method}`)
    }
  }
  for (const origin of AllowedOrigins) {
    if (wildcards(origin) > 1) throw invalid(`AllowedOrigin "${origin}" can not have more than one wildcard.`)
  }
  for (const header of AllowedHeaders) {
    if (wildcards(header) > 1) throw invalid(`AllowedHeader "${header}" can not have more than one wildcard.`)
  }
  for (const header of ExposeHeaders) {
    if (wildcards(header) > 0) {
      throw invalid(
        `ExposeHeader "${header}" contains wildcard. We currently do not support wildcard for ExposeHeader.`,
      )
    }
  }
}

const wildcards = (text: string): number => text.split('*').length - 1

const invalid = (message: string): S3Error => new S3Error('InvalidRequest', { message })
