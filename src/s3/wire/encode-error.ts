// From a refusal to S3's error document.

import { errorTable, type S3Error } from '../../contract/errors.js'
import type { Answer } from '../../wire/answer.js'
import { headerSafe } from './scalars.js'
import { escaped, xmlDeclaration } from '../../wire/xml-write.js'

const notModified = 304

/** Whoever is told to slow down should be gone for a moment, and no longer: overload passes within seconds. */
const retryAfterSeconds = '1'

/** The answer to a refused request: `<Error>` with Code, a non-empty Message (both aws-cli need one), the error's own members, Resource,
 *  RequestId and HostId. A 304 has no body; that of a HEAD is for the caller to leave out.
 *  Source: AWS API reference, "Error responses", "REST error responses" */
export function encodeError(error: S3Error, resource: string, requestId: string, hostId: string): Answer {
  const headers = new Map<string, string>()
  for (const name in error.headers) headers.set(name, headerSafe(error.headers[name]))
  if (error.status === notModified) return { status: error.status, headers, body: undefined }

  // RFC 9110, 10.2.3, and 15.6.4 of 503: "The server MAY send a Retry-After header field". S3 does not; clients' libraries heed it.
  if (error.code === 'SlowDown' && !headers.has('Retry-After')) headers.set('Retry-After', retryAfterSeconds)
  headers.set('Content-Type', 'application/xml')
  let xml = `${xmlDeclaration}<Error>${element('Code', error.code)}${element('Message', error.message || errorTable[error.code][1])}`
  for (const name in error.members) xml += element(name, error.members[name] ?? '')
  if (error.members['Resource'] === undefined) xml += element('Resource', resource)
  xml += `${element('RequestId', requestId)}${element('HostId', hostId)}</Error>`
  return { status: error.status, headers, body: Buffer.from(xml, 'utf8') }
}

const element = (name: string, text: string): string => `<${name}>${escaped(text)}</${name}>`
