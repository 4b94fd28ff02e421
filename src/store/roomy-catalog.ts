// The catalog as the rooms see it: on a full disk only what makes room is written.

import { abortUpload } from './catalog/abort-upload.js'
import { deleteBucketSetting } from './catalog/bucket-setting.js'
import type { Catalog } from './catalog/catalog.js'
import { deleteBucketRow } from './catalog/delete-bucket.js'
import { deleteVersion } from './catalog/delete-version.js'
import { deleteVersions } from './catalog/delete-versions.js'
import { deleteAccessKey, updateAccessKey } from './catalog/identity/access-keys.js'
import { detachPolicy } from './catalog/identity/attachments.js'
import { removeGroupMember } from './catalog/identity/group-members.js'
import { deleteIdentity, revokeSessions } from './catalog/identity/identities.js'
import { deleteInlinePolicy } from './catalog/identity/inline-policies.js'
import { unplacedLocations } from './catalog/unplaced-locations.js'
import type { Space } from './space.js'

/** Transactions that may use what was kept aside. Where versions are kept a deletion makes no room by itself, but it is a row at most.
 *  Who asks which files no row names, and writes nothing, is about to remove those of an upload that was refused. */
const makingRoom: ReadonlySet<string> = new Set(
  [abortUpload, deleteBucketRow, deleteBucketSetting, deleteVersion, deleteVersions, unplacedLocations].map(
    ({ name }) => name,
  ),
)

/** Transactions that take rights away: a row or two, and nobody may have to wait for room until a stolen key is disabled. */
const takingRights: ReadonlySet<string> = new Set(
  [
    deleteAccessKey,
    deleteIdentity,
    deleteInlinePolicy,
    detachPolicy,
    removeGroupMember,
    revokeSessions,
    updateAccessKey,
  ].map(({ name }) => name),
)

/** A catalog for who only makes room: the collector, and what discards drafts. */
export const roomMakingCatalog = (catalog: Catalog, space: Space): Catalog => ({
  read: (query, args) => catalog.read(query, args),
  readNow: (query, args) => catalog.readNow(query, args),
  accessNumber: () => catalog.accessNumber(),
  commit: (transaction, args) => space.toMakeRoom(() => catalog.commit(transaction, args)),
  number: () => catalog.number(),
  close: () => catalog.close(),
})

/** A catalog that refuses all other transactions while the disk is full, before they are sent. */
export const roomyCatalog = (catalog: Catalog, space: Space): Catalog => ({
  read: (query, args) => catalog.read(query, args),
  readNow: (query, args) => catalog.readNow(query, args),
  accessNumber: () => catalog.accessNumber(),
  commit: (transaction, args) => commitInRoom(space, transaction.name, () => catalog.commit(transaction, args)),
  number: () => catalog.number(),
  close: () => catalog.close(),
})

/** Commits a transaction of a name as `roomyCatalog` does. */
export const commitInRoom = <Result>(space: Space, name: string, work: () => Promise<Result>): Promise<Result> =>
  makingRoom.has(name) || takingRights.has(name) ? space.toMakeRoom(work) : space.within(work)
