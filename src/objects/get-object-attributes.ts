// GetObjectAttributes: what is known of an object, as asked for by name, its parts too.

import type { GetObjectAttributesParts } from '@aws-sdk/client-s3'
import { checksumMember } from '../contract/checksum-members.js'
import { requireDecidedOn } from '../contract/decided-on.js'
import { invalidArgument, pageSize } from '../contract/listing.js'
import type { Input, Operation } from '../contract/operation.js'
import { objectParts, type ObjectParts } from '../store/catalog/object-parts.js'
import { versionChecksum } from '../store/catalog/version.js'
import type { Store } from '../store/store.js'

const attributeNames: ReadonlySet<string> = new Set(['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'])

/** Answers the attributes that are asked for.
 *  @throws NoSuchBucket, NoSuchKey, NoSuchVersion, MethodNotAllowed, InvalidArgument
 *  Source: AWS API reference, GetObjectAttributes */
export const getObjectAttributes =
  (store: Store): Operation<'GetObjectAttributes'> =>
  async (input, call) => {
    const asked = attributesOf(input)
    const after = input.PartNumberMarker === undefined ? 0 : Number(input.PartNumberMarker)
    if (!Number.isInteger(after) || after < 0) {
      throw invalidArgument(
        'x-amz-part-number-marker',
        String(input.PartNumberMarker),
        'Argument x-amz-part-number-marker must be an integer between 0 and 2147483647',
      )
    }
    const count = pageSize('x-amz-max-parts', input.MaxParts)
    const name = { bucket: input.Bucket ?? '', key: input.Key ?? '', versionId: input.VersionId }
    const found = await store.catalog.read(objectParts, { ...name, after, count: count + 1 })
    const { version } = found
    requireDecidedOn(call.decidedOn.object, version.id)
    const checksum = versionChecksum(version)
    return {
      LastModified: new Date(version.modifiedMs),
      VersionId: version.versionId,
      ...(asked.has('ETag') && { ETag: version.etag }),
      ...(asked.has('Checksum') &&
        checksum !== undefined && {
          Checksum: { ChecksumType: checksum.type, ...checksumMember(checksum.algorithm, checksum.value) },
        }),
      ...(asked.has('ObjectParts') && found.parts !== undefined && { ObjectParts: partsPage(found, after, count) }),
      // `storageClass` was checked against the model's names when it was written.
      ...(asked.has('StorageClass') && { StorageClass: version.storageClass as 'STANDARD' }),
      ...(asked.has('ObjectSize') && { ObjectSize: version.size }),
    }
  }

function attributesOf(input: Input<'GetObjectAttributes'>): ReadonlySet<string> {
  const names: readonly string[] = input.ObjectAttributes ?? []
  const unknown = names.find((name) => !attributeNames.has(name))
  if (names.length === 0 || unknown !== undefined) {
    throw invalidArgument('x-amz-object-attributes', unknown ?? '', 'Invalid attribute name specified.')
  }
  return new Set(names)
}

/** A page of parts, each with its size and, where it is of the object's algorithm, its checksum.
 *  Source: AWS API reference, GetObjectAttributesParts */
function partsPage({ version, parts }: ObjectParts, after: number, max: number): GetObjectAttributesParts {
  const page = parts?.parts.slice(0, max) ?? []
  const isTruncated = (parts?.parts.length ?? 0) > max
  const last = page.at(-1)?.number ?? after
  return {
    TotalPartsCount: parts?.count,
    PartNumberMarker: String(after),
    NextPartNumberMarker: String(isTruncated ? last : 0),
    MaxParts: max,
    IsTruncated: isTruncated,
    Parts: page.map((part) => ({
      PartNumber: part.number,
      Size: part.size,
      ...(part.checksumAlgorithm === version.checksumAlgorithm &&
        checksumMember(part.checksumAlgorithm, part.checksum)),
    })),
  }
}
