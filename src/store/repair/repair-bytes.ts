// What does not fit its bytes is put right where something proves what is right: a file of the same digest elsewhere, a SHA-256 that fits
// though checksums of blocks do not, a checksum that fits though the ETag does not, a body whose MD5 is the ETag of a version. What nothing
// proves is lost: damaged bytes stay where they are and are never served, a version that points at other bytes than its own ceases to be.

import { join } from 'node:path'
import { md5ETag } from '../../contract/etag.js'
import { BodyDigests, crcOf, digestOf } from '../blobs/digests.js'
import { FileReader } from '../blobs/file-reader.js'
import { verifyFile } from '../blobs/verify-file.js'
import type { Connection } from '../catalog/connection.js'
import { all, one, run, statement } from '../catalog/steps.js'
import type { StoredBlob } from '../catalog/stored-blobs.js'
import { versionIdOf } from '../catalog/version-id.js'
import type { ByteFault } from '../check-bytes.js'
import { endLostVersion, type LostVersion } from './end-lost-version.js'
import type { Tell } from './repair-step.js'

/** What a repair of bytes works with. */
export interface RepairBytesParts {
  /** Of the working copy. */
  readonly connection: Connection
  /** The `blobs` directory. */
  readonly root: string
  /** Files below `blobs/` whose names begin with one of these digests (hex), whoever names them. */
  readonly filesOf: (digests: ReadonlySet<string>) => Promise<ReadonlyMap<string, readonly string[]>>
  /** Ms since 1970. */
  readonly now: number
  readonly tell: Tell
}

type Id = { id: number }

const line = `v.id, v.position, v.is_null AS "isNull", v.is_marker AS "isMarker", v.is_latest AS "isLatest", v.body_id AS "bodyId", v.size,
  v.etag, v.modified AS "modifiedMs", v.bucket_id AS "bucketId", b.name AS bucket, v.key, v.owner_id AS "ownerId"
  FROM version v JOIN bucket b ON b.id = v.bucket_id WHERE v.gone IS NULL`

const versionsNamed = statement<
  { bodyId: number; etag: string; algorithm: string | null; checksum: string | null },
  LostVersion
>(
  `SELECT ${line} AND v.body_id = :bodyId AND v.etag = :etag AND v.checksum_algorithm IS :algorithm AND v.checksum IS :checksum`,
)
const versionsOfParts = statement<{ bodyId: number; md5: string; checksum: string | null }, LostVersion>(`
  SELECT ${line} AND v.body_id IN (SELECT body_id FROM part
    WHERE part_body_id = :bodyId AND lower(hex(md5)) = :md5 AND lower(hex(checksum)) IS :checksum)`)
const dependents = statement<Id & { after: number }, LostVersion>(`
  SELECT ${line} AND v.id > :after AND v.body_id IN (
    WITH named (id) AS (SELECT body_id FROM extent WHERE blob_id = :id)
    SELECT id FROM named UNION SELECT body_id FROM part WHERE part_body_id IN (SELECT id FROM named)) ORDER BY v.id LIMIT 500`)
const dependentsOfBody = statement<Id & { after: number }, LostVersion>(`
  SELECT ${line} AND v.id > :after AND v.body_id IN (
    SELECT :id UNION SELECT body_id FROM part WHERE part_body_id = :id) ORDER BY v.id LIMIT 500`)
const lostVersions = statement<Record<string, never>, LostVersion & { why: string }>(`
  SELECT COALESCE((SELECT why FROM lost_body l WHERE l.body_id = v.body_id), 'its body has lost its row') AS why, ${line}
    AND v.body_id IS NOT NULL AND (v.body_id IN (SELECT body_id FROM lost_body) OR v.body_id NOT IN (SELECT id FROM body)) LIMIT 500`)

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

const setCrcs = statement<Id & { blockCrcs: Uint8Array }>('UPDATE blob SET block_crcs = :blockCrcs WHERE id = :id')
const setPlace = statement<Id & { location: string }>(`
  INSERT INTO place (blob_id, tier, location) VALUES (:id, 'local', :location)
  ON CONFLICT (blob_id, tier) DO UPDATE SET location = excluded.location, wrapping = NULL`)
const unRemove = statement<{ location: string }>("DELETE FROM removal WHERE tier = 'local' AND location = :location")
const forget = statement<Id>('DELETE FROM damage WHERE blob_id = :id')
const acceptBlob = statement<Id & { location: string | null; what: string; now: number }>(`
  INSERT INTO damage (blob_id, location, what, found, accepted) VALUES (:id, :location, :what, :now, :now)
  ON CONFLICT (blob_id) WHERE blob_id IS NOT NULL DO UPDATE SET location = excluded.location, what = excluded.what, accepted = :now`)
const acceptBody = statement<Id & { what: string; now: number }>(`
  INSERT INTO damage (body_id, what, found, accepted) VALUES (:id, :what, :now, :now)
  ON CONFLICT (body_id) WHERE body_id IS NOT NULL DO UPDATE SET what = excluded.what, accepted = :now`)
const isAccepted = statement<Id, { one: 1 }>('SELECT 1 AS one FROM damage WHERE blob_id = :id AND accepted IS NOT NULL')
const isBodyAccepted = statement<Id, { one: 1 }>(
  'SELECT 1 AS one FROM damage WHERE body_id = :id AND accepted IS NOT NULL',
)
const placeless = statement<Record<string, never>, Omit<StoredBlob, 'location' | 'wrapping'>>(`
  SELECT id, digest, size, block_crcs AS "blockCrcs", 0 AS "isDamaged" FROM blob
  WHERE id NOT IN (SELECT blob_id FROM place) AND id NOT IN (SELECT blob_id FROM damage WHERE accepted IS NOT NULL AND blob_id IS NOT NULL)`)

const smallRow = statement<Id, { digest: Uint8Array; content: Uint8Array; crc: number }>(
  'SELECT digest, content, crc FROM body WHERE id = :id',
)
const setCrc = statement<Id & { crc: number }>('UPDATE body SET crc = :crc WHERE id = :id')
const setDigest = statement<Id & { digest: Uint8Array; crc: number }>(
  'UPDATE body SET digest = :digest, crc = :crc WHERE id = :id',
)
const ofDigest = statement<{ digest: Uint8Array }, Id>('SELECT id FROM body WHERE digest = :digest')
const etagsOfBody = statement<Id, { etag: string }>(`
  SELECT etag FROM version WHERE body_id = :id AND gone IS NULL UNION SELECT lower(hex(md5)) FROM part WHERE part_body_id = :id`)
const repoint = [
  statement<Id & { to: number }>('UPDATE version SET body_id = :to WHERE body_id = :id'),
  statement<Id & { to: number }>('UPDATE part SET part_body_id = :to WHERE part_body_id = :id'),
]
const dropBody = [
  statement<Id>('DELETE FROM unnamed WHERE body_id = :id'),
  statement<Id>('DELETE FROM damage WHERE body_id = :id'),
  statement<Id>('DELETE FROM body WHERE id = :id'),
]

/** Repairs what one check of all bytes has found. */
export class RepairBytes {
  readonly #parts: RepairBytesParts
  readonly #reader = new FileReader()

  constructor(parts: RepairBytesParts) {
    this.#parts = parts
  }

  /** Ends living versions whose bodies cannot be put together any more. */
  endLostVersions(): void {
    const { connection } = this.#parts
    for (;;) {
      const page = connection.run(all(lostVersions, {}))
      for (const version of page) this.#end(version, `its bytes cannot be put together any more, ${version.why}`)
      if (page.length === 0) return
    }
  }

  /** Blobs without a place, and everything that a check found. Whether anything was done: then it has to be looked at again. */
  async repair(faults: readonly ByteFault[]): Promise<boolean> {
    const { connection } = this.#parts
    const lost: { blob: StoredBlob; isPlaced: boolean; what: string }[] = []
    for (const blob of connection.run(all(placeless, {}))) {
      lost.push({ blob: { ...blob, location: '', wrapping: null }, isPlaced: false, what: 'it has no file' })
    }
    let isChanged = false
    for (const found of faults) {
      if (found.of === 'small') isChanged = this.#small(found.bodyId, found.problem) || isChanged
      if (found.of !== 'blob') continue
      const { blob, fault } = found
      if (fault.problem === 'crcs') isChanged = (await this.#crcs(blob)) || isChanged
      else if (fault.problem === 'bytes' && connection.run(one(isAccepted, { id: blob.id })) === undefined) {
        lost.push({ blob, isPlaced: true, what: fault.what })
      }
    }
    if (lost.length > 0) {
      await this.#heal(lost)
      isChanged = true
    }
    // Which body has which MD5, among those that do not fit: two that were exchanged find each other.
    const bodies = new Map<string, number>()
    for (const found of faults) if (found.of === 'name') bodies.set(found.wrong.etag, found.bodyId)
    // What a composite says is judged by its parts: they have to be right first.
    const isPartWrong = faults.some((found) => found.of === 'name' && found.wrong.name.of === 'part')
    for (const found of faults) {
      if (found.of !== 'name' || (isPartWrong && found.wrong.etag.includes('-'))) continue
      isChanged = this.#name(found, bodies) || isChanged
    }
    return isChanged
  }

  async #crcs(blob: StoredBlob): Promise<boolean> {
    const { connection, root, tell } = this.#parts
    const digests = new BodyDigests({ wholes: [], blobs: true })
    for await (const piece of this.#reader.read(join(root, blob.location), 0, blob.size)) digests.update(piece)
    const { digest, blockCrcs } = digests.endBlob()
    if (Buffer.compare(digest, blob.digest) !== 0)
      throw new Error(`${blob.location} changes while it is being repaired`)
    connection.run(run(setCrcs, { id: blob.id, blockCrcs }))
    connection.run(run(forget, { id: blob.id }))
    tell({
      kind: 'change',
      what: `the block checksums of blob ${hex(digest)} are computed anew: its SHA-256 proves its bytes`,
    })
    return true
  }

  /** Looks for other files of the same content; what has none is a loss. */
  async #heal(lost: readonly { blob: StoredBlob; isPlaced: boolean; what: string }[]): Promise<void> {
    const { connection, root, filesOf, tell } = this.#parts
    const files = await filesOf(new Set(lost.map(({ blob }) => hex(blob.digest))))
    for (const { blob, isPlaced, what } of lost) {
      let healed: string | undefined
      for (const location of files.get(hex(blob.digest)) ?? []) {
        if (location === blob.location) continue
        const fault = await verifyFile(this.#reader, root, { ...blob, location })
        if (fault !== undefined && fault.problem !== 'crcs') continue
        healed = location
        break
      }
      if (healed === undefined) {
        this.#accept(blob, isPlaced, what)
        continue
      }
      connection.run(run(setPlace, { id: blob.id, location: healed }))
      connection.run(run(unRemove, { location: healed }))
      connection.run(run(forget, { id: blob.id }))
      tell({ kind: 'change', what: `blob ${hex(blob.digest)} is healed: ${what}, but ${healed} holds the same bytes` })
    }
  }

  #accept(blob: StoredBlob, isPlaced: boolean, what: string): void {
    const { connection, now } = this.#parts
    const { id } = blob
    connection.run(run(acceptBlob, { id, location: isPlaced ? blob.location : null, what, now }))
    const why = `${what} (blob ${hex(blob.digest)}${isPlaced ? `, file ${blob.location}` : ''})`
    this.#tellDependents(dependents, id, why)
  }

  #tellDependents(versions: typeof dependents, id: number, why: string): void {
    const { connection, tell } = this.#parts
    for (let after = 0; ;) {
      const page = connection.run(all(versions, { id, after }))
      for (const version of page) {
        after = version.id
        const what = `cannot be read as a whole any more: ${why}; it stays, what is undamaged of it can be read, and an upload of the same bytes heals it`
        tell({ kind: 'loss', what, object: objectOf(version) })
      }
      if (page.length < 500) return
    }
  }

  #small(id: number, problem: 'bytes' | 'crcs'): boolean {
    const { connection, now, tell } = this.#parts
    const row = connection.run(one(smallRow, { id }))
    if (row === undefined || connection.run(one(isBodyAccepted, { id })) !== undefined) return false
    const { content, crc } = row
    const found = crcOf(content)
    if (problem === 'crcs') {
      connection.run(run(setCrc, { id, crc: found }))
      tell({ kind: 'change', what: `the checksum of small body ${id} is computed anew: its SHA-256 proves its bytes` })
      return true
    }
    const md5 = md5ETag(digestOf('MD5', content))
    const etags = connection.run(all(etagsOfBody, { id }))
    if (etags.length > 0 && etags.every(({ etag }) => etag === md5)) {
      const digest = digestOf('SHA256', content)
      const same = connection.run(one(ofDigest, { digest }))
      if (same === undefined) connection.run(run(setDigest, { id, digest, crc: found }))
      else {
        // The same content is one row: the other one takes over.
        for (const each of repoint) connection.run(run(each, { id, to: same.id }))
        for (const each of dropBody) connection.run(run(each, { id }))
      }
      tell({ kind: 'change', what: `the SHA-256 of small body ${id} is computed anew: every ETag proves its bytes` })
      return true
    }
    // Damaged bytes are told by their CRC when they are read; should it fit by chance, or on purpose, they must not be served.
    if (found === crc) connection.run(run(setCrc, { id, crc: found ^ 1 }))
    const what = `the content of small body ${id} is damaged`
    connection.run(run(acceptBody, { id, what, now }))
    this.#tellDependents(dependentsOfBody, id, what)
    return true
  }

  #name({ bodyId, wrong }: ByteFault & { readonly of: 'name' }, bodies: ReadonlyMap<string, number>): boolean {
    const { name, isETagWrong, isChecksumRight, isChecksumWrong, etag, checksum } = wrong
    const isProven = isETagWrong ? isChecksumRight : isChecksumWrong
    const other = isETagWrong ? bodies.get(name.etag) : undefined
    return name.of === 'version'
      ? this.#versionName(bodyId, wrong, isProven, other)
      : this.#partName({ bodyId, md5: name.etag, checksum: name.checksum }, { etag, checksum }, isProven, other)
  }

  #versionName(
    bodyId: number,
    { name, isETagWrong, etag, checksum }: (ByteFault & { readonly of: 'name' })['wrong'],
    isProven: boolean,
    other: number | undefined,
  ): boolean {
    const { connection, tell } = this.#parts
    const named = { bodyId, etag: name.etag, algorithm: name.algorithm, checksum: name.checksum }
    const versions = connection.run(all(versionsNamed, named))
    for (const version of versions) {
      const { bucket, key, versionId } = objectOf(version)
      const about = `${bucket}/${JSON.stringify(key)} (version ${versionId})`
      if (isProven && isETagWrong) {
        connection.run(run(setETag, { id: version.id, etag }))
        tell({ kind: 'change', what: `the ETag of ${about} becomes ${etag}: its ${name.algorithm} proves its bytes` })
      } else if (isProven) {
        connection.run(run(setChecksum, { id: version.id, checksum }))
        tell({
          kind: 'change',
          what: `the ${name.algorithm} of ${about} becomes ${checksum}: its ETag proves its bytes`,
        })
      } else if (other !== undefined && other !== bodyId) {
        connection.run(run(setBody, { id: version.id, bodyId: other }))
        tell({
          kind: 'change',
          what: `${about} pointed at body ${bodyId}; body ${other} has its ETag, and is its own again`,
        })
      } else this.#end(version, `its row points at other bytes than its own: their ETag is ${etag}, not ${name.etag}`)
    }
    return versions.length > 0
  }

  #partName(
    part: PartName,
    found: { readonly etag: string; readonly checksum: string | null },
    isProven: boolean,
    other: number | undefined,
  ): boolean {
    const { connection, tell } = this.#parts
    if (isProven) {
      const newChecksum = new Uint8Array(Buffer.from(found.checksum ?? '', 'hex'))
      const newMd5 = new Uint8Array(Buffer.from(found.etag, 'hex'))
      tell({
        kind: 'change',
        what: `MD5 and checksum of a part of body ${part.bodyId} are computed anew: one of them proves its bytes`,
      })
      return connection.run(run(setPartDigests, { ...part, newMd5, newChecksum })) > 0
    }
    if (other !== undefined && other !== part.bodyId) {
      tell({
        kind: 'change',
        what: `a part pointed at body ${part.bodyId}; body ${other} has its MD5, and is its own again`,
      })
      return connection.run(run(setPartBody, { ...part, newBodyId: other })) > 0
    }
    for (const version of connection.run(all(versionsOfParts, part))) {
      this.#end(version, `a part of it points at other bytes than its own: their MD5 is ${found.etag}, not ${part.md5}`)
    }
    const dropped = connection.run(run(dropUploadPart, part))
    if (dropped > 0)
      tell({ kind: 'loss', what: 'a part of a multipart upload under way is lost, and has to be sent again' })
    connection.run(run(dropPart, part))
    return true
  }

  #end(version: LostVersion, why: string): void {
    const { connection, now, tell } = this.#parts
    const object = objectOf(version)
    const isMarked = connection.run(endLostVersion(version, now))
    const front = isMarked
      ? ': it was the latest, and a delete marker takes its place, so that no older version is taken for it'
      : version.isLatest === 1
        ? ': the key has no object any more'
        : ''
    tell({ kind: 'loss', what: `is removed, since ${why}${front}`, object })
  }
}

const objectOf = ({ bucket, key, position, isNull }: LostVersion) => ({
  bucket,
  key: Buffer.from(key).toString('utf8'),
  versionId: isNull === 1 ? 'null' : versionIdOf(position),
})

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
