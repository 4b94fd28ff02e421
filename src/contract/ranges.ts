// The Range header of GetObject and HeadObject. Pure.

import { S3Error } from './errors.js'

/** Bytes [start, end) of an object. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** One range of the unit S3 knows. */
const single = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i

/** The bytes a Range header asks for, cut to the object's end; nothing where the whole is to be answered: RFC 9110, 14.2: "A server that
 *  supports range requests MAY ignore … a Range header field that contains an invalid ranges-specifier", and S3 "doesn't support
 *  retrieving multiple ranges of data per GET request".
 *  @param sizeBytes of the object
 *  @throws InvalidRange with RangeRequested and ActualObjectSize, and the header Content-Range, when no byte of it is there */
export function rangeOf(header: string, sizeBytes: number): Range | undefined {
  const found = single.exec(header)
  if (found === null) return undefined
  const [, first = '', last = ''] = found
  if (first === '') {
    if (last === '') return undefined
    const length = Math.min(Number(last), sizeBytes)
    if (length === 0) throw invalidRange(header, sizeBytes)
    return { start: sizeBytes - length, end: sizeBytes }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return undefined
  if (start >= sizeBytes) throw invalidRange(header, sizeBytes)
  return { start, end: last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes) }
}

/** The Content-Range of a partial answer. */
export const contentRange = ({ start, end }: Range, sizeBytes: number): string =>
  `bytes ${start}-${end - 1}/${sizeBytes}`

const invalidRange = (header: string, sizeBytes: number): S3Error =>
  new S3Error('InvalidRange', {
    members: { RangeRequested: header, ActualObjectSize: String(sizeBytes) },
    headers: { 'Content-Range': `bytes */${sizeBytes}` },
  })
