// A presigned URL carries in its query what would otherwise be headers; from here on nobody needs to know which.

import type { Address, HttpRequest } from '../contract/request.js'

/** Parameters of the signature itself, and the one that says how the payload was signed: authentication has read them. */
const signature: ReadonlySet<string> = new Set([
  'x-amz-algorithm',
  'x-amz-content-sha256',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-security-token',
  'x-amz-signature',
  'x-amz-signedheaders',
])

/** The headers of a request signed in its query, with the query's `x-amz-…` parameters among them (lower-case names). All of the query is signed.
 *  Where both say something the header counts: it had to be signed too.
 *  Source: AWS SDKs' presigners move every `x-amz-…` header into the query ("hoisting"). */
export function withPresignedHeaders(request: HttpRequest, address: Address): HttpRequest {
  let headers: Record<string, string | undefined> | undefined
  for (const [parameter, value] of address.parameters) {
    const name = parameter.toLowerCase()
    if (!name.startsWith('x-amz-') || signature.has(name) || request.headers[name] !== undefined) continue
    headers ??= { ...request.headers }
    headers[name] = value
  }
  return headers === undefined ? request : { ...request, headers }
}
