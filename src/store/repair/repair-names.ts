// ETags and checksums that are not those of their bytes: one of them may prove the bytes right, another body may have the ETag; else the version
// points at bytes that are not its own, and must not be served.

import type { Connection } from '../catalog/connection.js'
import { all, run, statement } from '../catalog/steps.js'
import type { ByteFault } from '../check-bytes.js'
import type { LostVersion } from './end-lost-version.js'
import { livingVersions, type LostVersions, objectOf } from './lost-versions.js'
import type { Tell } from './repair-step.js'

/** A name that is not that of its bytes. */
type NameFault = ByteFault & { readonly of: 'name' }

type Id = { id: number }

const versionsNamed = statement<
  { bodyId: number; etag: string; algorithm: string | null; checksum: string | null },
  LostVersion
>(
  `SELECT ${livingVersions} AND v.body_id = :bodyId AND v.etag = :etag AND v.checksum_algorithm IS :algorithm AND v.checksum IS :checksum`,
)
const versionsOfParts = statement<{ bodyId: number; md5: string; checksum: string | null }, LostVersion>(`
  SELECT ${livingVersions} AND v.body_id IN (SELECT body_id FROM part
    WHERE part_body_id = :bodyId AND lower(hex(md5)) = :md5 AND lower(hex(checksum)) IS :checksum)`)
const setETag = statement<Id & { etag: string }>('UPDATE version SET etag = :etag WHERE id = :id')
const setChecksum = statement<Id & { checksum: string | null }>(
  'UPDATE version SET checksum = :checksum WHERE id = :id',
)
const setBody = statement<Id & { bodyId: number }>('UPDATE version SET body_id = :bodyId WHERE id = :id')
type PartName = { bodyId: number; md5: string; checksum: string | null }
const thatPart = 'part_body_id = :bodyId AND lower(hex(md5)) = :md5 AND lower(hex(checksum)) IS :checksum'
const setPartDigests = statement<PartName & { newMd5: Uint8Array; newChecksum: Uint8Array }>(
  `UPDATE part SET md5 = :newMd5, checksum = :newChecksum WHERE ${thatPart}`,
)
const setPartBody = statement<PartName & { newBodyId: number }>(
  `UPDATE part SET part_body_id = :newBodyId WHERE ${thatPart}`,
)
const dropUploadPart = statement<PartName>(
  `DELETE FROM part WHERE ${thatPart} AND body_id IN (SELECT body_id FROM upload)`,
)
const dropPart = statement<PartName>(`DELETE FROM part WHERE ${thatPart}
  AND NOT EXISTS (SELECT 1 FROM version WHERE version.body_id = part.body_id AND gone IS NULL)`)

/** Repairs names. */
export class RepairNames {
  readonly #connection: Connection
  readonly #lost: LostVersions
  readonly #tell: Tell

  constructor(connection: Connection, lost: LostVersions, tell: Tell) {
    this.#connection = connection
    this.#lost = lost
    this.#tell = tell
  }

  /** Repairs what one check of all bytes has found. Whether anything was done. */
  repair(faults: readonly ByteFault[]): boolean {
    const names = faults.filter((found): found is NameFault => found.of === 'name')
    // Which body has which MD5, among those that do not fit: two that were exchanged find each other.
    const bodies = new Map(names.map(({ wrong, bodyId }) => [wrong.etag, bodyId]))
    // What a composite says is judged by its parts: they have to be right first.
    const isPartWrong = names.some(({ wrong }) => wrong.name.of === 'part')
    let isChanged = false
    for (const found of names) {
      if (isPartWrong && found.wrong.etag.includes('-')) continue
      isChanged = this.#name(found, bodies) || isChanged
    }
    return isChanged
  }

  #name({ bodyId, wrong }: NameFault, bodies: ReadonlyMap<string, number>): boolean {
    const { name, isETagWrong, isChecksumRight, isChecksumWrong, etag, checksum } = wrong
    const isProven = isETagWrong ? isChecksumRight : isChecksumWrong
    const other = isETagWrong ? bodies.get(name.etag) : undefined
    return name.of === 'version'
      ? this.#versionName(bodyId, wrong, isProven, other)
      : this.#partName({ bodyId, md5: name.etag, checksum: name.checksum }, { etag, checksum }, isProven, other)
  }

  #versionName(
    bodyId: number,
    { name, isETagWrong, etag, checksum }: NameFault['wrong'],
    isProven: boolean,
    other: number | undefined,
  ): boolean {
    const named = { bodyId, etag: name.etag, algorithm: name.algorithm, checksum: name.checksum }
    const versions = this.#connection.run(all(versionsNamed, named))
    for (const version of versions) {
      const { bucket, key, versionId } = objectOf(version)
      const about = `${bucket}/${JSON.stringify(key)} (version ${versionId})`
      if (isProven && isETagWrong) {
        this.#connection.run(run(setETag, { id: version.id, etag }))
        this.#tell({
          kind: 'change',
          what: `the ETag of ${about} becomes ${etag}: its ${name.algorithm} proves its bytes`,
        })
      } else if (isProven) {
        this.#connection.run(run(setChecksum, { id: version.id, checksum }))
        this.#tell({
          kind: 'change',
          what: `the ${name.algorithm} of ${about} becomes ${checksum}: its ETag proves its bytes`,
        })
      } else if (other !== undefined && other !== bodyId) {
        this.#connection.run(run(setBody, { id: version.id, bodyId: other }))
        this.#tell({
          kind: 'change',
          what: `${about} pointed at body ${bodyId}; body ${other} has its ETag, and is its own again`,
        })
      } else
        this.#lost.end(version, `its row points at other bytes than its own: their ETag is ${etag}, not ${name.etag}`)
    }
    return versions.length > 0
  }

  #partName(
    part: PartName,
    found: { readonly etag: string; readonly checksum: string | null },
    isProven: boolean,
    other: number | undefined,
  ): boolean {
    if (isProven) {
      const newChecksum = new Uint8Array(Buffer.from(found.checksum ?? '', 'hex'))
      const newMd5 = new Uint8Array(Buffer.from(found.etag, 'hex'))
      this.#tell({
        kind: 'change',
        what: `MD5 and checksum of a part of body ${part.bodyId} are computed anew: one of them proves its bytes`,
      })
      return this.#connection.run(run(setPartDigests, { ...part, newMd5, newChecksum })) > 0
    }
    if (other !== undefined && other !== part.bodyId) {
      this.#tell({
        kind: 'change',
        what: `a part pointed at body ${part.bodyId}; body ${other} has its MD5, and is its own again`,
      })
      return this.#connection.run(run(setPartBody, { ...part, newBodyId: other })) > 0
    }
    for (const version of this.#connection.run(all(versionsOfParts, part))) {
      this.#lost.end(
        version,
        `a part of it points at other bytes than its own: their MD5 is ${found.etag}, not ${part.md5}`,
      )
    }
    const dropped = this.#connection.run(run(dropUploadPart, part))
    if (dropped > 0)
      this.#tell({ kind: 'loss', what: 'a part of a multipart upload under way is lost, and has to be sent again' })
    this.#connection.run(run(dropPart, part))
    return true
  }
}
