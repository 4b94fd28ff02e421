// A catalog in memory with one bucket, filled row by row: for tests of listings, which need states no operation makes quickly.

import { Connection } from '../../../src/store/catalog/connection.js'
import { migrate } from '../../../src/store/catalog/migrate.js'

/** Canonical id of the owner of everything. */
export const ownerId = 'a'.repeat(64)

/** A version to be put in. */
export interface TestVersion {
  readonly key: string
  readonly position: number
  readonly isNull?: boolean
  readonly isMarker?: boolean
  readonly isLatest?: boolean
  readonly isGone?: boolean
}

/** A catalog with a bucket named "b". */
export class ListedBucket {
  readonly connection = new Connection(':memory:', 'write')
  readonly #insertVersion
  readonly #insertUpload

  constructor() {
    const { database } = this.connection
    migrate(database, 0)
    database.exec(`
      INSERT INTO account (id, name, created) VALUES ('${ownerId}', 'root', 0);
      INSERT INTO bucket (id, name, owner_id, region, created) VALUES (1, 'b', '${ownerId}', 'us-east-1', 0);
      INSERT INTO bucket (id, name, owner_id, region, created) VALUES (2, 'c', '${ownerId}', 'us-east-1', 0);
      INSERT INTO body (id, size) VALUES (1, 5);
      INSERT INTO version (bucket_id, key, position, is_null, is_marker, is_latest, born, body_id, size, etag, modified, storage_class, owner_id)
      VALUES (2, CAST('a neighbour' AS BLOB), 1, 1, 0, 1, 1, 1, 5, 'e', 0, 'STANDARD', '${ownerId}')`)
    this.#insertVersion = database.prepare(`
      INSERT INTO version (bucket_id, key, position, is_null, is_marker, is_latest, born, gone, body_id, size, etag, modified,
        storage_class, owner_id, checksum_algorithm, checksum_type, checksum)
      VALUES (1, ?, ?, ?, ?, ?, 1, ?, ?, 5, ?, 1700000000123, 'STANDARD', '${ownerId}', 'CRC64NVME', 'FULL_OBJECT', 'AAAAAAAAAAA=')`)
    this.#insertUpload = database.prepare(`
      INSERT INTO upload (id, bucket_id, key, body_id, initiated, owner_id, storage_class, checksum_algorithm, checksum_type, is_checksum_asked)
      VALUES (?, 1, ?, ?, ?, '${ownerId}', 'STANDARD', 'CRC64NVME', 'FULL_OBJECT', 0)`)
  }

  put({ key, position, isNull, isMarker, isLatest, isGone }: TestVersion): void {
    const bit = (value: boolean | undefined) => (value === true ? 1 : 0)
    this.#insertVersion.run(
      Buffer.from(key, 'utf8'),
      position,
      bit(isNull),
      bit(isMarker),
      bit(isLatest),
      isGone === true ? position + 1 : null,
      isMarker === true ? null : 1,
      isMarker === true ? '' : 'd41d8cd98f00b204e9800998ecf8427e',
    )
  }

  putUpload(key: string, uploadId: string, initiatedMs: number): void {
    const { lastInsertRowid } = this.connection.database.prepare('INSERT INTO body (size) VALUES (NULL)').run()
    this.#insertUpload.run(uploadId, Buffer.from(key, 'utf8'), lastInsertRowid, initiatedMs)
  }

  /** Puts many in one transaction. */
  fill(put: () => void): void {
    this.connection.database.transaction(put)()
  }

  close(): void {
    this.connection.close()
  }
}

/** Orders texts as their UTF-8 bytes. */
export const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'))

/** Numbers below `below`, the same for the same seed. */
export function chance(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0
    const mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39)
    return ((mixed ^ (mixed >>> 16)) >>> 0) % below
  }
}
