// CreateBucket: a name becomes a bucket of the caller's.

import type { BucketLocationConstraint, CreateBucketConfiguration } from '@aws-sdk/client-s3'
import { isOwnersList, isPublicList, listJson, type AccessList } from '../contract/access-list.js'
import { askedList, listOf } from '../contract/acl.js'
import type { ObjectOwnership, PublicAccessBlock } from '../contract/bucket-access.js'
import { S3Error } from '../contract/errors.js'
import { requireBucketName } from '../contract/names.js'
import type { Clock, Input, Operation } from '../contract/operation.js'
import { requireTagSet } from '../contract/tags.js'
import { createBucketRow } from '../store/catalog/create-bucket.js'
import { wantedList } from '../store/catalog/wanted-list.js'
import type { Store } from '../store/store.js'
import { bucketTagsMax } from './bucket-tagging.js'

/** The region in which CreateBucket names no region, and may be repeated. Source: AWS API reference, CreateBucket. */
const defaultRegion = 'us-east-1'

/** What every region's name looks like ("eu-central-1", "us-gov-west-1"); "EU" is eu-west-1 of old. */
const regionName = /^(?:EU|[a-z]{2,3}(?:-[a-z]+)+-\d)$/

/** What a bucket begins with where nothing else is asked for. */
export interface NewBucketAccess {
  readonly ownership: ObjectOwnership
  /** undefined: nothing is blocked. */
  readonly publicAccessBlock: PublicAccessBlock | undefined
}

/** Makes a bucket in `region`, the server's.
 *  @throws InvalidBucketName, BucketAlreadyExists; BucketAlreadyOwnedByYou, but in us-east-1, where S3 answers 200 again
 *  @throws IllegalLocationConstraintException, InvalidLocationConstraint when another region is asked for
 *  @throws as `askedList` and `wantedList` for what is no list; InvalidBucketAclWithObjectOwnership, InvalidBucketAclWithBlockPublicAccessError for one
 *    the bucket could not have
 *  @throws NotImplemented for object lock, directory buckets
 *  Source: AWS API reference, CreateBucket */
export const createBucket =
  (store: Store, clock: Clock, region: string, newBuckets: NewBucketAccess): Operation<'CreateBucket'> =>
  async (input, call) => {
    const name = input.Bucket ?? ''
    requireBucketName(name)
    requireRegion(input.CreateBucketConfiguration?.LocationConstraint, region)
    requirePlain(input)
    const tags = input.CreateBucketConfiguration?.Tags ?? []
    requireTagSet(tags, bucketTagsMax)
    const ownership = input.ObjectOwnership ?? newBuckets.ownership
    const list = await listFor(store, input, call.caller.accountId)
    const block = newBuckets.publicAccessBlock
    requireList(list, call.caller.accountId, ownership, block)
    const acl = listJson(list)
    await store.catalog.commit(createBucketRow, {
      name,
      ownerId: call.caller.accountId,
      region,
      now: clock.now(),
      mayRepeat: region === defaultRegion,
      ownership,
      askedOwnership: input.ObjectOwnership,
      settings: {
        ...(tags.length > 0 && { tagging: JSON.stringify(tags) }),
        ...(acl !== null && { acl }),
        ...(block !== undefined && { 'public-access-block': JSON.stringify(block) }),
      },
    })
    return { Location: `/${name}` }
  }

async function listFor(store: Store, input: Input<'CreateBucket'>, ownerId: string): Promise<AccessList | undefined> {
  const asked = askedList(input, 'bucket')
  if (asked === undefined) return undefined
  return listOf(await store.catalog.read(wantedList, asked), { what: 'bucket', ownerId, bucketOwnerId: ownerId })
}

/** @throws InvalidBucketAclWithObjectOwnership, InvalidBucketAclWithBlockPublicAccessError */
function requireList(
  list: AccessList | undefined,
  ownerId: string,
  ownership: ObjectOwnership,
  block: PublicAccessBlock | undefined,
): void {
  if (ownership === 'BucketOwnerEnforced' && !isOwnersList(list, ownerId)) {
    throw new S3Error('InvalidBucketAclWithObjectOwnership')
  }
  if (block?.BlockPublicAcls === true && isPublicList(list)) {
    throw new S3Error('InvalidBucketAclWithBlockPublicAccessError')
  }
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
    (input.ObjectLockEnabledForBucket === true && 'x-amz-bucket-object-lock-enabled') ||
    (input.BucketNamespace !== undefined && input.BucketNamespace !== 'global' && 'x-amz-bucket-namespace') ||
    (isDirectory(input.CreateBucketConfiguration) && 'CreateBucketConfiguration')
  if (refused !== false) throw new S3Error('NotImplemented', { members: { Header: refused } })
}

const isDirectory = (configuration: CreateBucketConfiguration | undefined): boolean =>
  configuration?.Location !== undefined || configuration?.Bucket !== undefined
