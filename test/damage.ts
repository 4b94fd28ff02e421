// Damage to a data directory, as disks, people and programs do it.

import Database from 'better-sqlite3'
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A blob's file as the catalog knows it. */
export interface BlobFile {
  readonly id: number
  /** SHA-256 in hex. */
  readonly digest: string
  readonly size: number
  /** Below `blobs/`. */
  readonly location: string
  readonly path: string
}

/** Every blob of a store, in the order of their ids. */
export function blobFiles(directory: string): BlobFile[] {
  const database = new Database(join(directory, 'catalog.db'), { readonly: true })
  try {
    return database
      .prepare<[], Omit<BlobFile, 'path'>>(
        'SELECT b.id, lower(hex(b.digest)) AS digest, b.size, p.location FROM blob b JOIN place p ON p.blob_id = b.id ORDER BY b.id',
      )
      .all()
      .map((file) => ({ ...file, path: join(directory, 'blobs', file.location) }))
  } finally {
    database.close()
  }
}

/** Runs SQL on a catalog, beside a server or not. Foreign keys are not looked at. */
export function changeCatalog(directory: string, sql: string): void {
  const database = new Database(join(directory, 'catalog.db'), { timeout: 5_000 })
  try {
    database.pragma('foreign_keys = OFF')
    database.exec(sql)
  } finally {
    database.close()
  }
}

/** Turns one bit of a small body's content. Done twice, nothing has changed. */
export function flipSmallBit(directory: string, bodyId: number, byte: number, bit: number): void {
  const database = new Database(join(directory, 'catalog.db'), { timeout: 5_000 })
  try {
    const content = database.prepare<[number], Buffer>('SELECT content FROM body WHERE id = ?').pluck().get(bodyId)
    if (content === undefined) throw new Error(`There is no body ${bodyId}`)
    content[byte] = (content[byte] ?? 0) ^ (1 << bit)
    database.prepare('UPDATE body SET content = ? WHERE id = ?').run(content, bodyId)
  } finally {
    database.close()
  }
}

/** Every small body that is not empty. */
export function smallBodies(directory: string): { id: number; size: number; digest: string }[] {
  const database = new Database(join(directory, 'catalog.db'), { readonly: true })
  try {
    return database
      .prepare<[], { id: number; size: number; digest: string }>(
        'SELECT id, size, lower(hex(digest)) AS digest FROM body WHERE size > 0 AND content IS NOT NULL',
      )
      .all()
  } finally {
    database.close()
  }
}

/** Turns one bit of a file. */
export function flipBit(path: string, byte: number, bit = 0): void {
  const bytes = readFileSync(path)
  bytes[byte] = (bytes[byte] ?? 0) ^ (1 << bit)
  writeFileSync(path, bytes)
}

/** What can happen to a file: `at` is any byte of it. */
export const fileDamages: Readonly<Record<string, (path: string, at: number) => void>> = {
  'a bit is flipped': (path, at) => flipBit(path, at, at % 8),
  'a run of bytes is zeroed': (path, at) => {
    const bytes = readFileSync(path)
    if (bytes.subarray(at, at + 512).every((byte) => byte === 0)) flipBit(path, at)
    // A fill that went beyond the end would throw.
    else writeFileSync(path, bytes.fill(0, at, Math.min(at + 512, bytes.length)))
  },
  'it is cut short': (path, at) => truncateSync(path, at),
  'it has grown': (path, at) => writeFileSync(path, Buffer.alloc(at + 1), { flag: 'a' }),
  'it is gone': (path) => rmSync(path),
}
