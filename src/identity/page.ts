// IAM's pages: a marker where the last one ended, and whether there is more.

import { requireMaxItems } from './check-input.js'
import { invalid } from './check-input.js'

/** What a list is asked with. */
export interface PageInput {
  readonly Marker?: string | undefined
  readonly MaxItems?: number | undefined
}

/** What a list says beside its entries. */
export interface PageOutput {
  readonly IsTruncated: boolean
  readonly Marker?: string
}

/** Where a page begins, and how many rows to read: one more than are told says whether there is more.
 *  @throws ValidationError */
export function pageStart(input: PageInput): { readonly after: string; readonly limit: number } {
  return { after: input.Marker === undefined ? '' : afterOf(input.Marker), limit: requireMaxItems(input.MaxItems) + 1 }
}

/** The entries of a page out of the rows that were read for it.
 *  @param keyOf what the rows are in order of */
export function pageOf<Row>(
  rows: readonly Row[],
  input: PageInput,
  keyOf: (row: Row) => string,
): { readonly entries: readonly Row[]; readonly page: PageOutput } {
  const max = requireMaxItems(input.MaxItems)
  const entries = rows.slice(0, max)
  const last = entries.at(-1)
  if (rows.length <= max || last === undefined) return { entries, page: { IsTruncated: false } }
  return { entries, page: { IsTruncated: true, Marker: markerOf(keyOf(last)) } }
}

/** A page of a list that was read whole, in its own order.
 *  @throws ValidationError */
export function pageOfWhole<Row>(
  rows: readonly Row[],
  input: PageInput,
  keyOf: (row: Row) => string,
): { readonly entries: readonly Row[]; readonly page: PageOutput } {
  if (input.Marker === undefined) return pageOf(rows, input, keyOf)
  const after = afterOf(input.Marker)
  return pageOf(rows.slice(rows.findIndex((row) => keyOf(row) === after) + 1), input, keyOf)
}

const markerOf = (key: string): string => Buffer.from(key, 'utf8').toString('base64url')

function afterOf(marker: string): string {
  const key = Buffer.from(marker, 'base64url').toString('utf8')
  if (key === '' || markerOf(key) !== marker) throw invalid('Marker', marker, 'Invalid Marker')
  return key
}
