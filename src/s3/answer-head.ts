// The head of an answer, as Node takes it: which headers, and how long the body is.

import type { Answer } from '../wire/answer.js'

/** Headers by name, beside those of an answer. */
export type FurtherHeaders = Readonly<Record<string, string>>

/** 204 and 304 end with their head. RFC 9112, 6.3. */
export const isBodiless = (status: number): boolean => status === 204 || status === 304

/** The bytes an answer's body has, when that is known. */
export function contentLengthOf({ status, headers, body }: Answer): number | undefined {
  if (isBodiless(status)) return undefined
  if (body instanceof Uint8Array) return body.length
  const stated = headers.get('Content-Length')
  if (stated !== undefined) return Number(stated)
  return body === undefined ? 0 : undefined
}

/** Names and values in turn, as Node takes them without looking at them twice.
 *  @param length of the body in bytes, when it is known */
export function headOf({ headers }: Answer, extra: FurtherHeaders, length: number | undefined): string[] {
  const head: string[] = []
  for (const [name, value] of headers) head.push(name, value)
  for (const name in extra) head.push(name, extra[name] ?? '')
  if (length !== undefined && !headers.has('Content-Length')) head.push('Content-Length', String(length))
  return head
}
