// ListObjects: the first version of S3's listing, which goes on after a key.

import { encoderFor, pageSize, requireKnownAttributes } from '../contract/listing.js'
import type { Operation } from '../contract/operation.js'
import { objectsPage } from '../store/catalog/list-objects.js'
import type { Store } from '../store/store.js'
import { listedObjects } from './listed-object.js'

/** A page of a bucket's objects by key, with their owners.
 *  @throws NoSuchBucket, InvalidArgument
 *  Source: AWS API reference, ListObjects */
export const listObjects =
  (store: Store): Operation<'ListObjects'> =>
  async (input) => {
    const encode = encoderFor(input.EncodingType)
    const count = pageSize('max-keys', input.MaxKeys)
    requireKnownAttributes(input.OptionalObjectAttributes)
    const { Prefix: prefix = '', Delimiter: delimiter = '', Marker: marker = '' } = input
    const { page, owners } = await store.catalog.read(objectsPage, {
      bucket: input.Bucket ?? '',
      prefix,
      delimiter,
      after: marker,
      count,
    })
    const last = typeof page.last === 'string' ? page.last : page.last?.[0]
    return {
      Name: input.Bucket,
      Prefix: encode(prefix),
      Marker: encode(marker),
      // "This element is returned only if you have the delimiter request parameter specified."
      ...(page.isTruncated && delimiter !== '' && last !== undefined && { NextMarker: encode(last) }),
      MaxKeys: count,
      ...(delimiter !== '' && { Delimiter: encode(delimiter) }),
      IsTruncated: page.isTruncated,
      ...(input.EncodingType !== undefined && { EncodingType: input.EncodingType }),
      Contents: listedObjects(page.rows, encode, owners),
      CommonPrefixes: page.prefixes.map((common) => ({ Prefix: encode(common) })),
    }
  }
