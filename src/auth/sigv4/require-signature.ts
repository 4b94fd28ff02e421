// The signature itself: string to sign, comparison, and S3's explanation when they differ.

import { hash } from 'node:crypto'
import { S3Error } from '../../contract/errors.js'
import type { HttpRequest } from '../../contract/request.js'
import type { StatedSignature } from './authorization-header.js'
import { canonicalHeaderValue, canonicalQuery, canonicalRequest } from './canonical-request.js'
import { recodedPath } from './recode.js'
import { isSameSignature, type SigningKey } from './signing-key.js'

/** Refuses a request whose signature is not its caller's.
 *  @param timestamp "20261121T093000Z"
 *  @param payload last line of the canonical request
 *  @throws SignatureDoesNotMatch with the texts that were signed here, as S3 does */
export function requireSignature(
  request: HttpRequest,
  stated: StatedSignature,
  timestamp: string,
  payload: string,
  key: SigningKey,
): void {
  const query = canonicalQuery(request.query, 'X-Amz-Signature')
  const canonical = (path: string, headerValue: (name: string) => string): string =>
    canonicalRequest(request.method, path, query, stated.signedHeaders, stated.signedHeadersText, payload, headerValue)
  const isSigned = (text: string): boolean =>
    isSameSignature(key.sign(stringToSign(text, timestamp, stated.credential.scope)), stated.signature)

  const path = recodedPath(request.path)
  // A name of the caller's choice must not find what every object inherits.
  const asReceived = (name: string): string =>
    Object.hasOwn(request.headers, name) ? canonicalHeaderValue(request.headers[name] ?? '') : ''
  const expected = canonical(path, asReceived)
  if (isSigned(expected)) return

  // Node joins repeated headers with ", " where a signature has ",": only metadata may be repeated, where the space says nothing.
  const joined = (name: string): string =>
    name.startsWith('x-amz-meta-') ? asReceived(name).replaceAll(', ', ',') : asReceived(name)
  // curl signs the path as it sends it. That names one path as surely as the canonical form does.
  for (const tried of [canonical(path, joined), canonical(request.path, asReceived)]) {
    if (tried !== expected && isSigned(tried)) return
  }

  const text = stringToSign(expected, timestamp, stated.credential.scope)
  throw new S3Error('SignatureDoesNotMatch', {
    members: {
      AWSAccessKeyId: stated.credential.accessKeyId,
      StringToSign: text,
      SignatureProvided: stated.signature,
      StringToSignBytes: hexBytes(text),
      CanonicalRequest: Buffer.from(expected, 'latin1').toString('utf8'),
      CanonicalRequestBytes: hexBytes(expected),
    },
  })
}

/** AWS: "AWS4-HMAC-SHA256" + "\n" + timeStampISO8601Format + "\n" + <Scope> + "\n" + Hex(SHA256Hash(<CanonicalRequest>)). */
function stringToSign(canonical: string, timestamp: string, scope: string): string {
  return `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${hash('sha256', Buffer.from(canonical, 'latin1'), 'hex')}`
}

/** "47 45 54": the bytes of a text of one character a byte. */
function hexBytes(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex').replace(/../g, '$& ').trimEnd()
}
