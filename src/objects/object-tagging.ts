// GetObjectTagging, PutObjectTagging and DeleteObjectTagging.

import { requireDecidedOn } from '../contract/decided-on.js'
import { S3Error } from '../contract/errors.js'
import type { Clock, Operation } from '../contract/operation.js'
import { objectTagsMax, requireTagSet, tagsJson, tagsOfJson } from '../contract/tags.js'
import { objectVersion } from '../store/catalog/open-version.js'
import { tagVersion } from '../store/catalog/tag-version.js'
import type { Store } from '../store/store.js'

const nameOf = (input: {
  readonly Bucket: string | undefined
  readonly Key: string | undefined
  readonly VersionId?: string | undefined
}) => ({ bucket: input.Bucket ?? '', key: input.Key ?? '', versionId: input.VersionId })

/** Answers the tags of a version.
 *  @throws NoSuchBucket, NoSuchKey, NoSuchVersion, MethodNotAllowed */
export const getObjectTagging =
  (store: Store): Operation<'GetObjectTagging'> =>
  async (input, call) => {
    const version = await store.catalog.read(objectVersion, nameOf(input))
    requireDecidedOn(call.decidedOn.object, version.id)
    return {
      TagSet: tagsOfJson(version.tags).map(([Key, Value]) => ({ Key, Value })),
      VersionId: version.versionId,
    }
  }

/** Replaces the tags of a version; the version stays the same.
 *  @throws NoSuchBucket, NoSuchKey, NoSuchVersion, MethodNotAllowed, InvalidTag, BadRequest, MalformedXML */
export const putObjectTagging =
  (store: Store, clock: Clock): Operation<'PutObjectTagging'> =>
  async (input, call) => {
    const tags = input.Tagging?.TagSet
    if (tags === undefined) throw new S3Error('MalformedXML')
    requireTagSet(tags, objectTagsMax)
    const pairs = tags.map(({ Key = '', Value = '' }) => [Key, Value] as const)
    const decided = call.decidedOn.object
    const args = { ...nameOf(input), decided, tags: tagsJson(pairs), now: clock.now() }
    return { VersionId: await store.catalog.commit(tagVersion, args) }
  }

/** Removes the tags of a version.
 *  @throws NoSuchBucket, NoSuchKey, NoSuchVersion, MethodNotAllowed */
export const deleteObjectTagging =
  (store: Store, clock: Clock): Operation<'DeleteObjectTagging'> =>
  async (input, call) => {
    const decided = call.decidedOn.object
    const args = { ...nameOf(input), decided, tags: null, now: clock.now() }
    return { VersionId: await store.catalog.commit(tagVersion, args) }
  }
