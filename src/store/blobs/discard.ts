// Removes the files of a draft that was not named.

import type { Catalog } from '../catalog/catalog.js'
import { unplacedLocations } from '../catalog/unplaced-locations.js'
import { passPoint } from '../fault-points.js'
import type { Draft } from './draft.js'
import type { BlobFiles } from './files.js'

/** Makes the function that discards drafts, see `Store.discard`. Whether the draft was named is not taken on trust: the transaction
 *  that failed may have been committed all the same. Where that cannot be told now, the files stay until the store is opened again
 *  and its dead instances are swept. It never throws. */
export const discarder =
  (catalog: Catalog, files: BlobFiles) =>
  async (draft: Draft): Promise<void> => {
    if (draft.content.kind === 'small') return
    passPoint('discard begins')
    const locations = draft.content.blobs.map((blob) => blob.location)
    try {
      const unplaced = await catalog.commit(unplacedLocations, { locations })
      await Promise.all(unplaced.map((location) => files.remove(location)))
    } catch {
      // As said above: the next start finds them.
    }
  }
