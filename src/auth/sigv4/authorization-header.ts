// The Authorization header: taken apart, or refused with S3's words.

import { S3Error } from '../../contract/errors.js'
import { rememberingLast } from '../../contract/remembering-last.js'
import { credentialOf, malformedCredential, type Credential, type CredentialFault } from './credential.js'

/** A signature and what it covers, wherever it stood. */
export interface StatedSignature {
  readonly credential: Credential
  /** Names as stated, in order, lower-case. */
  readonly signedHeaders: readonly string[]
  /** The same as one text, "host;x-amz-date". */
  readonly signedHeadersText: string
  /** As stated, of any length. */
  readonly signature: string
}

const algorithm = 'AWS4-HMAC-SHA256'

/** Takes `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…` apart; commas may stand with or without spaces.
 *  @throws AuthorizationHeaderMalformed, InvalidArgument (another scheme), InvalidRequest (Signature Version 2), NotImplemented (4A) */
export function statedInHeader(authorization: string): StatedSignature {
  if (!authorization.startsWith(algorithm) || authorization[algorithm.length] !== ' ') throw otherScheme(authorization)

  const usual = inUsualForm(authorization)
  if (usual !== undefined) return usual
  let credentialText: string | undefined
  let signedHeadersText: string | undefined
  let signature: string | undefined
  for (const piece of authorization.slice(algorithm.length + 1).split(',')) {
    const component = piece.trim()
    const equals = component.indexOf('=')
    const value = component.slice(equals + 1)
    const name = component.slice(0, Math.max(equals, 0))
    if (name === 'Credential' && credentialText === undefined) credentialText = value
    else if (name === 'SignedHeaders' && signedHeadersText === undefined) signedHeadersText = value
    else if (name === 'Signature' && signature === undefined) signature = value
    else throw threeComponents()
  }
  if (!credentialText || !signedHeadersText || !signature) throw threeComponents()

  const credential = credentialOf(credentialText)
  if (credential === undefined) throw headerMalformed(malformedCredential)
  return { credential, signedHeaders: signedHeadersText.split(';'), signedHeadersText, signature }
}

const credentialBegin = `${algorithm} Credential=`
const signedHeadersBegin = ', SignedHeaders='
const signatureBegin = ', Signature='

/** As AWS writes it and every SDK does: three components in this order, with ", " between them. Anything else takes the longer way. */
function inUsualForm(authorization: string): StatedSignature | undefined {
  if (!authorization.startsWith(credentialBegin)) return undefined
  const comma = authorization.indexOf(',')
  if (!authorization.startsWith(signedHeadersBegin, comma)) return undefined
  const secondComma = authorization.indexOf(',', comma + 1)
  if (secondComma < 0 || !authorization.startsWith(signatureBegin, secondComma)) return undefined
  const signature = authorization.slice(secondComma + signatureBegin.length)
  const signedHeadersText = authorization.slice(comma + signedHeadersBegin.length, secondComma)
  const credentialText = authorization.slice(credentialBegin.length, comma)
  // A space before a comma is no part of what stands before it.
  if (credentialText.trimEnd() !== credentialText || signedHeadersText.trimEnd() !== signedHeadersText) return undefined
  const credential = lastCredential(credentialText)
  if (credential === undefined || signature === '' || signedHeadersText === '') return undefined
  if (signature.includes(',') || signature.trim() !== signature) return undefined
  return { credential, signedHeaders: lastSignedHeaders(signedHeadersText), signedHeadersText, signature }
}

const lastCredential = rememberingLast(credentialOf)
const lastSignedHeaders = rememberingLast((text) => text.split(';'))

/** S3's refusal of an Authorization header that says something wrong. */
export function headerMalformed(fault: CredentialFault): S3Error {
  return new S3Error('AuthorizationHeaderMalformed', {
    message: `The authorization header is malformed; ${fault.text}`,
    members: fault.members ?? {},
  })
}

function threeComponents(): S3Error {
  return headerMalformed({
    text: 'the authorization header requires three components: Credential, SignedHeaders, and Signature.',
  })
}

function otherScheme(authorization: string): S3Error {
  const scheme = authorization.split(' ', 1)[0] ?? ''
  if (scheme === 'AWS' && /^AWS [^: ]+:[^: ]+$/.test(authorization)) return signatureVersion2()
  if (scheme === 'AWS4-ECDSA-P256-SHA256') return signatureVersion4A()
  // The scheme alone: what follows it may be a password.
  return new S3Error('InvalidArgument', {
    message: 'Unsupported Authorization Type',
    members: { ArgumentName: 'Authorization', ArgumentValue: scheme },
  })
}

/** S3's refusal of Signature Version 2, as regions answer it that never had it. */
export function signatureVersion2(): S3Error {
  return new S3Error('InvalidRequest', {
    message: 'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
  })
}

/** Refusal of asymmetric signatures. */
export function signatureVersion4A(): S3Error {
  return new S3Error('NotImplemented', {
    message: 'Signature Version 4A is not supported. Please use AWS4-HMAC-SHA256.',
  })
}
