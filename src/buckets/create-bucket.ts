// CreateBucket: a name becomes a bucket of the caller's.

import type { BucketLocationConstraint, CreateBucketConfiguration } from '@aws-sdk/client-s3'
import { S3Error } from '../contract/errors.js'
import { requireBucketName } from '../contract/names.js'
import type { Clock, Input, Operation } from '../contract/operation.js'
import { requireTagSet } from '../contract/tags.js'
import { createBucketRow } from '../store/catalog/create-bucket.js'
import type { Store } from '../store/store.js'
import { bucketTagsMax } from './bucket-tagging.js'

/** The region in which CreateBucket names no region, and may be repeated. Source: AWS API reference, CreateBucket. */
const defaultRegion = 'us-east-1'

/** What every region's name looks like ("eu-central-1", "us-gov-west-1"); "EU" is eu-west-1 of old. */
const regionName = /^(?:EU|[a-z]{2,3}(?:-[a-z]+)+-\d)$/

/** Makes a bucket in `region`, the server's.
 *  @throws InvalidBucketName, BucketAlreadyExists; BucketAlreadyOwnedByYou, but in us-east-1, where S3 answers 200 again
 *  @throws IllegalLocationConstraintException, InvalidLocationConstraint when another region is asked for
 *  @throws NotImplemented for object lock, ACLs other than private, directory buckets
 *  Source: AWS API reference, CreateBucket */
export const createBucket =
  (store: Store, clock: Clock, region: string): Operation<'CreateBucket'> =>
  async (input, call) => {
    const name = input.Bucket ?? ''
    requireBucketName(name)
    requireRegion(input.CreateBucketConfiguration?.LocationConstraint, region)
    requirePlain(input)
    const tags = input.CreateBucketConfiguration?.Tags ?? []
    requireTagSet(tags, bucketTagsMax)
    await store.catalog.commit(createBucketRow, {
      name,
      ownerId: call.caller.accountId,
      region,
      now: clock.now(),
      mayRepeat: region === defaultRegion,
      settings: tags.length > 0 ? { tagging: JSON.stringify(tags) } : {},
    })
    return { Location: `/${name}` }
  }

function requireRegion(asked: BucketLocationConstraint | undefined, region: string): void {
  const wanted: string = asked ?? ''
  if (wanted === region || (wanted === '' && region === defaultRegion)) return
  if (wanted !== '' && !regionName.test(wanted)) {
    throw new S3Error('InvalidLocationConstraint', { members: { LocationConstraint: wanted } })
  }
  const said = wanted === '' ? 'unspecified' : wanted
  throw new S3Error('IllegalLocationConstraintException', {
    message: `The ${said} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  })
}

/** Refuses what this server does not have, rather than make another bucket than the one that was asked for. */
function requirePlain(input: Input<'CreateBucket'>): void {
  const refused =
    (input.ACL !== undefined && input.ACL !== 'private' && 'x-amz-acl') ||
    (grants.some((grant) => input[grant] !== undefined) && 'x-amz-grant-*') ||
    (input.ObjectLockEnabledForBucket === true && 'x-amz-bucket-object-lock-enabled') ||
    (input.ObjectOwnership !== undefined &&
      input.ObjectOwnership !== 'BucketOwnerEnforced' &&
      'x-amz-object-ownership') ||
    (input.BucketNamespace !== undefined && input.BucketNamespace !== 'global' && 'x-amz-bucket-namespace') ||
    (isDirectory(input.CreateBucketConfiguration) && 'CreateBucketConfiguration')
  if (refused !== false) throw new S3Error('NotImplemented', { members: { Header: refused } })
}

const grants = ['GrantFullControl', 'GrantRead', 'GrantReadACP', 'GrantWrite', 'GrantWriteACP'] as const

const isDirectory = (configuration: CreateBucketConfiguration | undefined): boolean =>
  configuration?.Location !== undefined || configuration?.Bucket !== undefined
