// ListBuckets: the caller's buckets.

import { S3Error } from '../contract/errors.js'
import type { Operation } from '../contract/operation.js'
import { bucketPage } from '../store/catalog/list-buckets.js'
import type { Store } from '../store/store.js'

/** Buckets of one answer; also how many S3 answers when it is not asked for pages. Source: AWS API reference, ListBuckets. */
const bucketsMax = 10_000

/** Lists the caller's buckets in the order of their names' bytes.
 *  @throws InvalidArgument for a page size outside 1 to 10,000 and a token that is none of ours */
export const listBuckets =
  (store: Store): Operation<'ListBuckets'> =>
  async (input, call) => {
    const limit = input.MaxBuckets ?? bucketsMax
    if (!Number.isInteger(limit) || limit < 1 || limit > bucketsMax) {
      throw invalid('max-buckets', String(limit), `Argument max-buckets must be an integer between 1 and ${bucketsMax}`)
    }
    const rows = await store.catalog.read(bucketPage, {
      ownerId: call.caller.accountId,
      prefix: input.Prefix ?? '',
      after: input.ContinuationToken === undefined ? '' : nameOf(input.ContinuationToken),
      region: input.BucketRegion ?? null,
      limit: limit + 1,
    })
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    // "BucketRegion … If the request contains at least one valid parameter, it is included in the response."
    const isAsked = [input.MaxBuckets, input.Prefix, input.ContinuationToken, input.BucketRegion].some(
      (value) => value !== undefined,
    )
    return {
      Owner: { ID: call.caller.accountId, DisplayName: call.caller.displayName },
      Buckets: page.map(({ name, createdMs, region }) => {
        const bucket = { Name: name, CreationDate: new Date(createdMs) }
        return isAsked ? Object.assign(bucket, { BucketRegion: region }) : bucket
      }),
      ...(input.Prefix === undefined ? {} : { Prefix: input.Prefix }),
      ...(rows.length > limit && last !== undefined ? { ContinuationToken: tokenOf(last.name) } : {}),
    }
  }

/** A token is the last name that was answered: the page after it does not depend on what happens to that bucket. */
const tokenOf = (name: string): string => Buffer.from(name, 'utf8').toString('base64url')

function nameOf(token: string): string {
  const name = Buffer.from(token, 'base64url').toString('utf8')
  if (name === '' || tokenOf(name) !== token) {
    throw invalid('continuation-token', token, 'The continuation token provided is incorrect')
  }
  return name
}

const invalid = (argument: string, value: string, message: string): S3Error =>
  new S3Error('InvalidArgument', { message, members: { ArgumentName: argument, ArgumentValue: value } })
