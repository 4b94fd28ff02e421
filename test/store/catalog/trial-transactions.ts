// Transactions that the engine's tests hand to the writer in place of the catalog's own.

import { S3Error } from '../../../src/contract/errors.js'
import { appendChange } from '../../../src/store/catalog/append-change.js'
import { nextNumber } from '../../../src/store/catalog/next-number.js'
import { all, one, query, run, statement, transaction, type Transaction } from '../../../src/store/catalog/steps.js'

const insert = statement<{ name: string; value: string }>(
  'INSERT INTO bucket_setting (bucket_id, name, value) VALUES (1, :name, :value)',
)
const insertAccount = statement<{ id: string }>(
  "INSERT INTO account (id, name, created) VALUES (:id, 'root', 0) ON CONFLICT (id) DO NOTHING",
)
const insertBucket = statement<{ id: string }>(
  "INSERT INTO bucket (id, name, owner_id, region, created) VALUES (1, 'b', :id, 'r', 0) ON CONFLICT (id) DO NOTHING",
)
const insertBody = statement<{ bytes: Uint8Array; digest: Uint8Array; size: number }>(
  'INSERT INTO body (size, digest, content, crc) VALUES (:size, :digest, :bytes, 0)',
)
const names = statement<Record<string, never>, { name: string }>('SELECT name FROM bucket_setting ORDER BY name')
const values = statement<{ name: string }, { value: string }>('SELECT value FROM bucket_setting WHERE name = :name')

/** Makes the bucket that the others write settings of. */
export const prepare = transaction('prepare', function* () {
  yield* run(insertAccount, { id: 'a' })
  yield* run(insertBucket, { id: 'a' })
})

/** Writes a setting and answers its change number. */
export const put = transaction('put', function* (args: { name: string; value: string }) {
  yield* run(insert, args)
  const number = yield* nextNumber()
  yield* appendChange({ number, time: 0, kind: 'put', bucketId: 1 })
  return number
})

/** Writes many settings and answers the name. */
export const putMany = transaction('putMany', function* (args: { name: string; count: number }) {
  for (let i = 0; i < args.count; i += 1) yield* run(insert, { name: `${args.name}-${i}`, value: '' })
  return args.name
})

/** Writes a setting, then refuses. */
export const putThenRefuse = transaction('putThenRefuse', function* (args: { name: string }) {
  yield* run(insert, { ...args, value: '' })
  throw new S3Error('PreconditionFailed', {
    message: 'No.',
    members: { Condition: 'If-Match' },
    headers: { etag: '"x"' },
  })
})

/** Refuses by what it saw. */
export const refuseIfThere = transaction('refuseIfThere', function* (args: { name: string }) {
  const row = yield* one(values, args)
  if (row !== undefined) throw new S3Error('PreconditionFailed')
})

/** Writes, then a bug. */
export const putThenThrow = transaction('putThenThrow', function* (args: { name: string }) {
  yield* run(insert, { ...args, value: '' })
  throw new RangeError('a bug')
})

/** Stores bytes. */
export const putBytes = transaction('putBytes', function* (args: { bytes: Uint8Array; digest: Uint8Array }) {
  yield* run(insertBody, { ...args, size: args.bytes.length })
  const number = yield* nextNumber()
  yield* appendChange({ number, time: 0, kind: 'put', bucketId: 1 })
})

/** Every name, in order. */
export const allNames = query('allNames', function* () {
  return (yield* all(names, {})).map(({ name }) => name)
})

/** One value. */
export const valueOf = query('valueOf', function* (name: string) {
  return (yield* one(values, { name }))?.value
})

/** The names twice, from one snapshot; calls `between` in between. */
export const namesTwice = query('namesTwice', function* (between: () => void) {
  const first = yield* all(names, {})
  between()
  const second = yield* all(names, {})
  return [first.length, second.length] as const
})

const list: readonly Transaction<never, unknown>[] = [
  prepare,
  put,
  putBytes,
  putMany,
  putThenRefuse,
  putThenThrow,
  refuseIfThere,
]

/** By name, as the writer looks them up. */
export const transactions = new Map(list.map((each) => [each.name, each]))
