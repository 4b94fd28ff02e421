// The signature in a query: presigned URLs. Taken apart, or refused with S3's words.

import { S3Error } from '../../contract/errors.js'
import { signatureVersion4A, type StatedSignature } from './authorization-header.js'
import { credentialOf, malformedCredential, type CredentialFault } from './credential.js'
import { decodedParameter } from './recode.js'

/** A presigned request's statements. */
export interface PresignedQuery extends StatedSignature {
  /** X-Amz-Date as stated. */
  readonly timestamp: string
  /** Seconds, 1 to 604,800. */
  readonly expiresSeconds: number
  readonly token: string | undefined
  /** X-Amz-Content-Sha256 in the query, where SDKs move it. */
  readonly contentSha256: string | undefined
}

/** AWS: "the maximum value is 604800 (seven days)". */
const expiresSecondsMax = 604_800

/** Whether a query wants to authenticate with Signature Version 4. */
export function isPresigned(query: string): boolean {
  return query.includes('X-Amz-') && /(?:^|&)X-Amz-(?:Algorithm|Credential|Signature)(?:=|&|$)/.test(query)
}

/** Whether a query wants to authenticate with Signature Version 2. */
export function isPresignedVersion2(query: string): boolean {
  return query.includes('AWSAccessKeyId=') && /(?:^|&)Signature=/.test(query)
}

/** Whether a query carries any part of a signature, in whatever case and however encoded. */
export function looksSigned(query: string): boolean {
  return query.split('&').some((piece) => {
    const equals = piece.indexOf('=')
    return signatureParts.test(decodedParameter(equals < 0 ? piece : piece.slice(0, equals)))
  })
}

const signatureParts =
  /^(?:x-amz-(?:algorithm|credential|date|expires|security-token|signature|signedheaders)|awsaccesskeyid|signature)$/i

/** Takes the X-Amz-… parameters of a query apart.
 *  @throws AuthorizationQueryParametersError, NotImplemented (Signature Version 4A) */
export function statedInQuery(query: string): PresignedQuery {
  const parameters = authenticationParameters(query)
  const algorithm = parameters.get('X-Amz-Algorithm')
  const credentialText = parameters.get('X-Amz-Credential')
  const signature = parameters.get('X-Amz-Signature')
  const timestamp = parameters.get('X-Amz-Date')
  const signedHeadersText = parameters.get('X-Amz-SignedHeaders')
  const expires = parameters.get('X-Amz-Expires')
  if (algorithm === 'AWS4-ECDSA-P256-SHA256') throw signatureVersion4A()
  if (!algorithm || !credentialText || !signature || !timestamp || !signedHeadersText || !expires) {
    throw queryError(
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, ' +
        'X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    )
  }
  if (algorithm !== 'AWS4-HMAC-SHA256') throw queryError('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"')
  const credential = credentialOf(credentialText)
  if (credential === undefined) throw queryCredentialError(malformedCredential)
  return {
    credential,
    signedHeaders: signedHeadersText.split(';'),
    signedHeadersText,
    signature,
    timestamp,
    expiresSeconds: expiresSecondsOf(expires),
    token: parameters.get('X-Amz-Security-Token'),
    contentSha256: parameters.get('X-Amz-Content-Sha256'),
  }
}

/** S3's refusal of a query that authenticates wrongly. */
export function queryError(message: string): S3Error {
  return new S3Error('AuthorizationQueryParametersError', { message })
}

/** S3's refusal of X-Amz-Credential. */
export function queryCredentialError(fault: CredentialFault): S3Error {
  return new S3Error('AuthorizationQueryParametersError', {
    message: `Error parsing the X-Amz-Credential parameter; ${fault.text}`,
    members: fault.members ?? {},
  })
}

/** By exact name; each may be given once, so that what is checked is what anybody else reads. */
function authenticationParameters(query: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const piece of query.split('&')) {
    if (!piece.startsWith('X-Amz-')) continue
    const equals = piece.indexOf('=')
    const name = equals < 0 ? piece : piece.slice(0, equals)
    if (found.has(name)) throw queryError(`The ${name} parameter may be given only once.`)
    found.set(name, equals < 0 ? '' : decodedParameter(piece.slice(equals + 1)))
  }
  return found
}

function expiresSecondsOf(text: string): number {
  if (/^-\d+$/.test(text)) throw queryError('X-Amz-Expires must be non-negative')
  if (!/^\d+$/.test(text)) throw queryError('X-Amz-Expires should be a number')
  const seconds = Number(text)
  if (seconds > expiresSecondsMax) {
    throw queryError(
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
    )
  }
  if (seconds < 1) throw queryError('X-Amz-Expires must be at least 1 second')
  return seconds
}
