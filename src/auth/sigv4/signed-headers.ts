// Which headers a signature must cover.

import { S3Error } from '../../contract/errors.js'
import type { HttpRequest } from '../../contract/request.js'

/** Refuses a request with a header that changes its meaning and that the signature does not cover. Security rule 3: "else a presigned
 *  PUT can be turned into a copy". Range, If-… and Content-Type may be left out, as browsers add them to presigned URLs on their own.
 *  @throws AccessDenied with HeadersNotSigned, as S3 does */
export function requireSignedHeaders(signedHeaders: readonly string[], headers: HttpRequest['headers']): void {
  let unsigned = ''
  for (const name in headers) {
    if (!changesMeaning(name) || signedHeaders.includes(name)) continue
    unsigned += unsigned === '' ? name : `, ${name}`
  }
  // AWS: "you must include the host header (HTTP/1.1)", else a signature holds for any bucket of virtual-host style.
  if (!signedHeaders.includes('host')) unsigned = unsigned === '' ? 'host' : `host, ${unsigned}`
  if (unsigned === '') return
  throw new S3Error('AccessDenied', {
    message: 'There were headers present in the request which were not signed',
    members: { HeadersNotSigned: unsigned },
  })
}

function changesMeaning(name: string): boolean {
  return name.startsWith('x-amz-') || name === 'content-md5'
}
