// The canonical request: the one text that caller and server both hash.
// Source: AWS, "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk".

import { recodedParameter } from './recode.js'

/** The canonical query: parameters encoded, sorted by encoded name, then by encoded value.
 *  AWS: "you must sort the parameters after encoding", "if there is no value, use an empty string".
 *  @param query raw, without "?"
 *  @param without name of a parameter that is left out ("X-Amz-Signature") */
export function canonicalQuery(query: string, without?: string): string {
  if (query === '') return ''
  const parameters: { name: string; value: string }[] = []
  for (const piece of query.split('&')) {
    if (piece === '') continue
    const equals = piece.indexOf('=')
    const name = recodedParameter(equals < 0 ? piece : piece.slice(0, equals))
    if (name === without) continue
    parameters.push({ name, value: equals < 0 ? '' : recodedParameter(piece.slice(equals + 1)) })
  }
  // Encoded text is ASCII, so JavaScript's order is the order of bytes.
  parameters.sort((a, b) => (a.name === b.name ? compare(a.value, b.value) : compare(a.name, b.name)))
  let result = ''
  for (const { name, value } of parameters) result += `${result === '' ? '' : '&'}${name}=${value}`
  return result
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** A header's value as it is signed. AWS: "Lowercase(<HeaderName>) : Trim(<value>)"; runs of spaces become one, as every SDK does. */
export function canonicalHeaderValue(value: string): string {
  if (!value.includes('  ') && !value.includes('\t')) return value.trim()
  return value.replace(/[ \t]+/g, ' ').trim()
}

/** The canonical request.
 *  @param path canonical URI
 *  @param query canonical query
 *  @param signedHeaders names in the order of the SignedHeaders text
 *  @param payload value of x-amz-content-sha256, or UNSIGNED-PAYLOAD
 *  @param headerValue canonical value of a header by lower-case name
 *  @returns one character a byte (latin1), since header values may hold any byte */
export function canonicalRequest(
  method: string,
  path: string,
  query: string,
  signedHeaders: readonly string[],
  signedHeadersText: string,
  payload: string,
  headerValue: (name: string) => string,
): string {
  let text = `${method}\n${path}\n${query}\n`
  for (const name of signedHeaders) text += `${name}:${headerValue(name)}\n`
  return `${text}\n${signedHeadersText}\n${payload}`
}
