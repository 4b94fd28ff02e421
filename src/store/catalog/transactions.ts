// Every transaction by its name: what the writer thread can be asked to run. One line each, alphabetical.

import { abortUpload } from './abort-upload.js'
import { registerAccount } from './account.js'
import { setBucketList } from './bucket-list.js'
import { setBucketPolicy } from './bucket-policy.js'
import { setBucketOwnership } from './bucket-ownership.js'
import { deleteBucketSetting, putBucketSetting } from './bucket-setting.js'
import { beginScrub, noteScrub } from './scrub-state.js'
import { setBucketVersioning } from './bucket-versioning.js'
import { completeUpload } from './complete-upload.js'
import { copyPart } from './copy-part.js'
import { createBucketRow } from './create-bucket.js'
import { createUpload } from './create-upload.js'
import { deleteBucketRow } from './delete-bucket.js'
import { markInstanceSwept, registerInstance } from './register-instance.js'
import { identityTransactions } from './identity/transactions.js'
import { dropUnnamedBodies } from './drop-unnamed-bodies.js'
import { foldUsage } from './fold-usage.js'
import { pruneChanges, pruneCompletedUploads } from './prune-changes.js'
import { pruneVersions } from './prune-versions.js'
import { forgetRemovals } from './removals.js'
import { putPart } from './put-part.js'
import { copyVersion } from './copy-version.js'
import { deleteVersion } from './delete-version.js'
import { deleteVersions } from './delete-versions.js'
import { putVersion } from './put-version.js'
import { renameVersion } from './rename-version.js'
import { tagVersion } from './tag-version.js'
import { setVersionList } from './version-list.js'
import type { Transaction } from './steps.js'
import { unplacedLocations } from './unplaced-locations.js'

const all: readonly Transaction<never, unknown>[] = [
  ...identityTransactions,
  abortUpload,
  beginScrub,
  completeUpload,
  copyPart,
  copyVersion,
  createBucketRow,
  createUpload,
  deleteBucketRow,
  deleteBucketSetting,
  deleteVersion,
  deleteVersions,
  dropUnnamedBodies,
  foldUsage,
  forgetRemovals,
  markInstanceSwept,
  noteScrub,
  pruneChanges,
  pruneCompletedUploads,
  pruneVersions,
  putBucketSetting,
  putPart,
  putVersion,
  registerAccount,
  registerInstance,
  renameVersion,
  setBucketList,
  setBucketOwnership,
  setBucketPolicy,
  setBucketVersioning,
  setVersionList,
  tagVersion,
  unplacedLocations,
]

/** The transactions by name. A name that occurs twice is a bug, found when the writer starts. */
export const transactions: ReadonlyMap<string, Transaction<never, unknown>> = byName(all)

function byName(list: readonly Transaction<never, unknown>[]): ReadonlyMap<string, Transaction<never, unknown>> {
  const map = new Map(list.map((transaction) => [transaction.name, transaction]))
  if (map.size !== list.length) throw new Error('Two catalog transactions have the same name')
  return map
}
