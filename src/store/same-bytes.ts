// Digests of bodies that are made of the same bytes: computed once, while they come one after the other.

import type { ChecksumAlgorithm } from '../contract/claims.js'
import type { RawDigests } from './blobs/digests.js'
import type { PlainBody } from './catalog/stored-bodies.js'
import { algorithmsOf } from './check-names.js'

/** Bodies that are the same run of the same blobs have the same digests: they are computed once. Holds those of one first blob. */
export class SameBytes {
  #first = 0
  readonly #digests = new Map<string, Map<ChecksumAlgorithm, Uint8Array>>()

  /** The digests that a body's names are judged by; whatever else `compute` answers is handed on.
   *  @param compute of the algorithms that are wanted */
  async digests<Other>(
    { extents, names }: PlainBody,
    compute: (algorithms: readonly ChecksumAlgorithm[]) => Promise<RawDigests | Other>,
  ): Promise<RawDigests | Other> {
    const first = extents[0]?.blobId ?? 0
    if (first !== this.#first) this.#digests.clear()
    this.#first = first
    const key = extents.map(({ blobId, blobOffset, length }) => `${blobId} ${blobOffset} ${length}`).join()
    const wanted = algorithmsOf(names)
    const known = this.#digests.get(key)
    if (known !== undefined && wanted.every((algorithm) => known.has(algorithm))) return known
    const computed = await compute(wanted)
    if (computed instanceof Map) this.#digests.set(key, new Map([...(known ?? []), ...computed]))
    return computed
  }
}
