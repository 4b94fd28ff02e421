// CopyObject: a version of one key becomes the latest of another. No bytes move; a row is written.

import { askedList, type WantedList } from '../contract/acl.js'
import { checksumMember } from '../contract/checksum-members.js'
import { algorithmNamed } from '../contract/checksum-choice.js'
import type { Checksum, ChecksumAlgorithm } from '../contract/claims.js'
import { copySourceOf, type CopySource } from '../contract/copy-source.js'
import { requireDecidedOn } from '../contract/decided-on.js'
import { S3Error } from '../contract/errors.js'
import { quotedETag } from '../contract/etag.js'
import { listedTime } from '../contract/listing.js'
import { requireKey } from '../contract/names.js'
import type { Call, Clock, Input, Operation } from '../contract/operation.js'
import { copySourceConditions, requireSource, writeConditionsOf } from '../contract/preconditions.js'
import { headersJson } from '../contract/stored-headers.js'
import { tagsJson, tagsOfHeader } from '../contract/tags.js'
import { copyVersion } from '../store/catalog/copy-version.js'
import { objectVersion, type OpenVersion } from '../store/catalog/open-version.js'
import { wantedList } from '../store/catalog/wanted-list.js'
import { versionChecksum } from '../store/catalog/version.js'
import { digestsOfBody } from '../store/digests-of-body.js'
import type { Store } from '../store/store.js'

/** Bytes of an object that CopyObject takes. Source: AWS API reference, CopyObject */
const copySizeBytesMax = 5 * 1024 * 1024 * 1024

/** How often a source that changes under our hands is looked at anew. */
const attemptsMax = 5

/** Copies an object. Its list is not copied: "When copying an object … the ACL … is set to private", or to what is asked for.
 *  @throws NoSuchBucket, NoSuchKey, NoSuchVersion, PreconditionFailed, InvalidRequest (onto itself without a change, larger than 5 GiB),
 *    InvalidArgument; as `askedList` and `wantedList`, and AccessControlListNotSupported and AccessDenied by the list that is asked for
 *  Source: AWS API reference, CopyObject */
export const copyObject =
  (store: Store, clock: Clock): Operation<'CopyObject'> =>
  async (input, call) => {
    const key = input.Key ?? ''
    requireKey(key)
    const source = copySourceOf(input.CopySource ?? '')
    const asked = askedList(input, 'object')
    const list = asked === undefined ? undefined : await store.catalog.read(wantedList, asked)
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await copyOnce(store, clock, input, call, list, source, key)
      } catch (error) {
        const isMoved = error instanceof S3Error && error.code === 'ConditionalRequestConflict'
        if (!isMoved || attempt === attemptsMax) throw error
      }
    }
  }

async function copyOnce(
  store: Store,
  clock: Clock,
  input: Input<'CopyObject'>,
  { caller, decidedOn }: Call,
  list: WantedList | undefined,
  source: CopySource,
  key: string,
) {
  const onlyIf = writeConditionsOf(input)
  const number = store.catalog.number()
  const version = await store.catalog.read(objectVersion, source).catch(refuseMarker)
  requireDecidedOn(decidedOn.source, version.id)
  const sourceOnlyIf = copySourceConditions(input)
  requireSource(sourceOnlyIf, version, 'x-amz-copy-source-')
  requireCopy(input, source, key, version)
  const checksum = await checksumFor(store, version, algorithmNamed(input.ChecksumAlgorithm), number)
  const now = clock.now()
  const isReplaced = directive('x-amz-metadata-directive', input.MetadataDirective)
  const areTagsReplaced = directive('x-amz-tagging-directive', input.TaggingDirective)
  const copied = await store.catalog.commit(copyVersion, {
    bucket: input.Bucket ?? '',
    key,
    onlyIf,
    source,
    sourceOnlyIf,
    sourceId: version.id,
    headers: isReplaced ? headersJson(input) : version.headers,
    tags: areTagsReplaced ? tagsJson(tagsOfHeader(input.Tagging ?? '')) : version.tags,
    checksum,
    storageClass: input.StorageClass ?? 'STANDARD',
    ownerId: caller.accountId,
    list,
    now,
  })
  return {
    CopyObjectResult: {
      ETag: quotedETag(version.etag),
      LastModified: listedTime(now),
      ...(checksum !== undefined && {
        ChecksumType: checksum.type,
        ...checksumMember(checksum.algorithm, checksum.value),
      }),
    },
    CopySourceVersionId: version.versionId,
    VersionId: copied.versionId,
  }
}

/** S3 has a refusal of its own for a delete marker that is named by its id. */
function refuseMarker(error: unknown): never {
  if (!(error instanceof S3Error) || error.code !== 'MethodNotAllowed') throw error
  throw new S3Error('InvalidRequest', {
    message: 'The source of a copy request may not specifically refer to a delete marker by version id.',
  })
}

function requireCopy(input: Input<'CopyObject'>, source: CopySource, key: string, version: OpenVersion): void {
  if (version.size > copySizeBytesMax) {
    throw new S3Error('InvalidRequest', {
      message: `The specified copy source is larger than the maximum allowable size for a copy source: ${copySizeBytesMax}`,
    })
  }
  const isItself = source.bucket === input.Bucket && source.key === key && source.versionId === undefined
  const isChanged =
    input.MetadataDirective === 'REPLACE' ||
    input.StorageClass !== undefined ||
    input.WebsiteRedirectLocation !== undefined ||
    input.ServerSideEncryption !== undefined
  if (isItself && !isChanged) {
    throw new S3Error('InvalidRequest', {
      message:
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    })
  }
}

/** Whether what the source has is replaced.
 *  @throws InvalidArgument */
function directive(header: string, value: string | undefined): boolean {
  if (value === undefined || value === 'COPY') return false
  if (value === 'REPLACE') return true
  throw new S3Error('InvalidArgument', {
    message: header.includes('tagging') ? 'Unknown tagging directive.' : 'Unknown metadata directive.',
    members: { ArgumentName: header, ArgumentValue: value },
  })
}

/** The source's own, or the one that is asked for: read once where nobody has it yet. */
async function checksumFor(
  store: Store,
  version: OpenVersion,
  asked: ChecksumAlgorithm | undefined,
  number: number,
): Promise<Checksum | undefined> {
  const { bodyId, size } = version
  const checksum = versionChecksum(version)
  if (asked === undefined || (checksum?.algorithm === asked && checksum.type === 'FULL_OBJECT')) return checksum
  const digests = await digestsOfBody(store.readBody({ bodyId, size, number }), [asked])
  const value = Buffer.from(digests.get(asked) ?? []).toString('base64')
  return { algorithm: asked, type: 'FULL_OBJECT', value }
}
