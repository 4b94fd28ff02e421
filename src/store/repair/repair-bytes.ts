// What does not fit its bytes is put right where something proves what is right: a file of the same digest elsewhere, a SHA-256 that fits
// though checksums of blocks do not. What nothing proves is lost: damaged bytes stay where they are, marked, and are never served.

import { join } from 'node:path'
import { md5ETag } from '../../contract/etag.js'
import { BodyDigests, crcOf, digestOf } from '../blobs/digests.js'
import { FileReader } from '../blobs/file-reader.js'
import { verifyFile } from '../blobs/verify-file.js'
import type { Connection } from '../catalog/connection.js'
import { all, one, run, statement } from '../catalog/steps.js'
import type { StoredBlob } from '../catalog/stored-blobs.js'
import type { ByteFault } from '../check-bytes.js'
import type { LostVersions } from './lost-versions.js'
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
  readonly lost: LostVersions
}

/** A blob whose bytes are not at its place. */
interface LostBlob {
  readonly blob: StoredBlob
  readonly isPlaced: boolean
  readonly what: string
  /** Whether the checksums of its blocks fit all the same. */
  readonly isServed: boolean
}

type Id = { id: number }

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

  /** Blobs without a place, and everything that a check found. Whether anything was done: then it has to be looked at again. */
  async repair(faults: readonly ByteFault[]): Promise<boolean> {
    const { connection } = this.#parts
    const lost: LostBlob[] = []
    for (const blob of connection.run(all(placeless, {}))) {
      lost.push({
        blob: { ...blob, location: '', wrapping: null },
        isPlaced: false,
        what: 'it has no file',
        isServed: false,
      })
    }
    let isChanged = false
    for (const found of faults) {
      if (found.of === 'small') isChanged = this.#small(found.bodyId, found.problem) || isChanged
      if (found.of !== 'blob') continue
      const { blob, fault } = found
      if (fault.problem === 'crcs') isChanged = (await this.#crcs(blob)) || isChanged
      else if (fault.problem === 'bytes' && connection.run(one(isAccepted, { id: blob.id })) === undefined) {
        lost.push({ blob, isPlaced: true, what: fault.what, isServed: fault.isServed === true })
      }
    }
    if (lost.length > 0) {
      await this.#heal(lost)
      isChanged = true
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
  async #heal(lost: readonly LostBlob[]): Promise<void> {
    const { connection, root, filesOf, tell } = this.#parts
    const files = await filesOf(new Set(lost.map(({ blob }) => hex(blob.digest))))
    for (const each of lost) {
      const { blob, what } = each
      let healed: string | undefined
      for (const location of files.get(hex(blob.digest)) ?? []) {
        if (location === blob.location) continue
        const fault = await verifyFile(this.#reader, root, { ...blob, location })
        if (fault !== undefined && fault.problem !== 'crcs') continue
        healed = location
        break
      }
      if (healed === undefined) {
        this.#accept(each)
        continue
      }
      connection.run(run(setPlace, { id: blob.id, location: healed }))
      connection.run(run(unRemove, { location: healed }))
      connection.run(run(forget, { id: blob.id }))
      tell({ kind: 'change', what: `blob ${hex(blob.digest)} is healed: ${what}, but ${healed} holds the same bytes` })
    }
  }

  #accept({ blob, isPlaced, what, isServed }: LostBlob): void {
    const { connection, now } = this.#parts
    const { id } = blob
    // Reads tell damaged bytes by these: where they fit, by chance or on purpose, the bytes would be served.
    if (isServed) connection.run(run(setCrcs, { id, blockCrcs: blob.blockCrcs.map((byte) => byte ^ 0xff) }))
    connection.run(run(acceptBlob, { id, location: isPlaced ? blob.location : null, what, now }))
    const why = `${what} (blob ${hex(blob.digest)}${isPlaced ? `, file ${blob.location}` : ''})`
    this.#parts.lost.tellDamaged('blob', id, why)
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
    this.#parts.lost.tellDamaged('body', id, what)
    return true
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
