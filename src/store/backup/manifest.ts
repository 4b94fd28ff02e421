// What a generation of a backup says of itself, and a backup directory of whose it is: JSON, read back with every member looked at.

import { z } from 'zod'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const count = z.number().int().min(0)

const damagedSchema = z.object({
  /** SHA-256 of the blob. */
  digest: sha256,
  /** Of its file in the data directory, below `blobs/`. */
  location: z.string(),
  /** A sentence. */
  what: z.string(),
})

const manifestSchema = z.object({
  format: z.literal(1),
  /** Of the data directory: docs/format.md. */
  catalogFormat: z.number().int().min(1),
  store: z.string(),
  generation: z.number().int().min(1),
  /** Number of the newest change in it, and when that was (ISO 8601; null: a store without a change). */
  number: count,
  time: z.string().nullable(),
  /** When the backup began and ended (ISO 8601). Everything acknowledged before it began is in it. */
  began: z.string(),
  ended: z.string(),
  buckets: count,
  /** Keys whose latest version is no delete marker; living versions, delete markers among them; bytes of those. */
  objects: count,
  versions: count,
  bytes: count,
  /** Blobs the catalog names, and those that had to be copied. */
  blobs: z.object({ count, bytes: count, copied: count, copiedBytes: count }),
  catalog: z.object({ bytes: count, sha256 }),
  /** SHA-256 of root-key.json; null: there was none. */
  rootKey: sha256.nullable(),
  /** What SQLite found wrong with the copied catalog: sentences. */
  catalogFaults: z.array(z.string()),
  /** Blobs the generation lacks: their files could not be read as they were written. */
  damaged: z.array(damagedSchema),
})

const markerSchema = z.object({ format: z.literal(1), store: z.string() })

/** A blob that could not be backed up. */
export type DamagedBlob = z.infer<typeof damagedSchema>

/** What a generation is. */
export type Manifest = z.infer<typeof manifestSchema>

/** Whose backups a directory holds. */
export type Marker = z.infer<typeof markerSchema>

/** @throws Error when it is not a manifest this program understands */
export const manifestOf = (text: string, path: string): Manifest => parsed(manifestSchema, text, `manifest ${path}`)

/** @throws Error when it is not a backup this program understands */
export const markerOf = (text: string, path: string): Marker =>
  parsed(markerSchema, text, `file backup.json of ${path}`)

function parsed<Value>(schema: z.ZodType<Value>, text: string, name: string): Value {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new Error(`The ${name} is damaged: it is not JSON`, { cause })
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const { path = [], message = '' } = result.error.issues[0] ?? {}
  throw new Error(`The ${name} is damaged, or a newer program's (${path.join('.')}: ${message})`)
}
