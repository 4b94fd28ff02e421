// ListObjectsV2: S3's listing, which goes on from a token.

import { encoderFor, pageSize, readToken, requireKnownAttributes, writeToken } from '../contract/listing.js'
import type { Operation } from '../contract/operation.js'
import { objectsPage } from '../store/catalog/list-objects.js'
import type { Store } from '../store/store.js'
import { listedObjects } from './listed-object.js'

/** A page of a bucket's objects by key, with their owners when they are asked for.
 *  @throws NoSuchBucket, InvalidArgument
 *  Source: AWS API reference, ListObjectsV2 */
export const listObjectsV2 =
  (store: Store): Operation<'ListObjectsV2'> =>
  async (input) => {
    const encode = encoderFor(input.EncodingType)
    const count = pageSize('max-keys', input.MaxKeys)
    requireKnownAttributes(input.OptionalObjectAttributes)
    const { Prefix: prefix = '', Delimiter: delimiter = '', StartAfter: startAfter, ContinuationToken: token } = input
    const { page, owners } = await store.catalog.read(objectsPage, {
      bucket: input.Bucket ?? '',
      prefix,
      delimiter,
      // A token goes on where a page ended, which lies behind the start. An empty one asks for the beginning.
      after: token === undefined || token === '' ? startAfter : readToken(token),
      count,
    })
    const last = typeof page.last === 'string' ? page.last : page.last?.[0]
    return {
      Name: input.Bucket,
      Prefix: encode(prefix),
      ...(startAfter !== undefined && { StartAfter: encode(startAfter) }),
      ...(token !== undefined && { ContinuationToken: token }),
      ...(page.isTruncated && last !== undefined && { NextContinuationToken: writeToken(last) }),
      // "KeyCount is the number of keys returned with this request": common prefixes count.
      KeyCount: page.rows.length + page.prefixes.length,
      MaxKeys: count,
      ...(delimiter !== '' && { Delimiter: encode(delimiter) }),
      IsTruncated: page.isTruncated,
      ...(input.EncodingType !== undefined && { EncodingType: input.EncodingType }),
      Contents: listedObjects(page.rows, encode, input.FetchOwner === true ? owners : undefined),
      CommonPrefixes: page.prefixes.map((common) => ({ Prefix: encode(common) })),
    }
  }
