// Who signed a request: Signature Version 4 in the Authorization header or in the query. The one way in; what is signed in any other way is
// refused, and what is not signed at all is nobody's request.
// Source: AWS, "Authenticating Requests (AWS Signature Version 4)".

import { S3Error } from '../contract/errors.js'
import type { Clock } from '../contract/operation.js'
import type { HttpRequest } from '../contract/request.js'
import type { Authenticated } from './caller.js'
import type { KeyRing } from './keys.js'
import {
  headerMalformed,
  signatureVersion2,
  statedInHeader,
  type StatedSignature,
} from './sigv4/authorization-header.js'
import { credentialFault, type CredentialFault } from './sigv4/credential.js'
import { payloadMode } from './sigv4/payload-mode.js'
import {
  isPresigned,
  isPresignedVersion2,
  looksSigned,
  queryCredentialError,
  queryError,
  statedInQuery,
} from './sigv4/presigned-query.js'
import { requireSignature } from './sigv4/require-signature.js'
import { requireSignedHeaders } from './sigv4/signed-headers.js'
import { SigningKeys } from './sigv4/signing-key.js'
import { anonymous } from './standing.js'
import { isoSecondsOf, timestampMs, timestampOf } from './sigv4/timestamp.js'

/** What authentication needs to know of its server. */
export interface AuthenticatorSettings {
  readonly keys: KeyRing
  /** The server's region ("us-east-1"): signatures for another one are refused. */
  readonly region: string
  readonly clock: Clock
  /** The service signatures are for: 's3' when left out, 'iam', 'sts'. */
  readonly service?: string
}

/** AWS: "The difference between the request time and the server's time is too large": 15 minutes either way. */
export const skewMsMax = 15 * 60 * 1000

/** Makes the function that says who signed a request, or that nobody did. Who has read a payload already hands in its SHA-256 (64 lower-case hex
 *  digits): it is what was signed where the request does not say itself, as with every service but S3.
 *  It throws AccessDenied (expired, not yet valid, a header left unsigned, parts of a signature and no signature), AuthorizationHeaderMalformed,
 *  AuthorizationQueryParametersError, ExpiredToken, InvalidAccessKeyId, InvalidArgument, InvalidRequest, InvalidToken, NotImplemented,
 *  RequestTimeTooSkewed or SignatureDoesNotMatch. */
export function authenticator({
  keys,
  region,
  clock,
  service = 's3',
}: AuthenticatorSettings): (request: HttpRequest, payloadSha256?: string) => Authenticated {
  const signingKeys = new SigningKeys(region, service)

  return (request, payloadSha256) => {
    const authorization = request.headers['authorization']
    if (request.query !== '') {
      const isVersion2 = isPresignedVersion2(request.query)
      if (isVersion2 || isPresigned(request.query)) {
        if (authorization) throw twoMechanisms(authorization)
        if (isVersion2) throw signatureVersion2()
        return byQuery(request, payloadSha256)
      }
    }
    if (authorization) return byHeader(request, authorization, payloadSha256)
    return byNobody(request)
  }

  function byHeader(request: HttpRequest, authorization: string, payloadSha256: string | undefined): Authenticated {
    const { headers } = request
    const stated = statedInHeader(authorization)
    const payload = headers['x-amz-content-sha256'] ?? payloadSha256
    if (!payload) {
      throw new S3Error('InvalidRequest', { message: 'Missing required header for this request: x-amz-content-sha256' })
    }
    const timestamp = timestampOfHeaders(headers)
    requireCredential(stated, timestamp, headerMalformed)
    requireNoSkew(timestamp, clock.now())
    const signedMs = timestampMs(timestamp)
    return proven(request, stated, timestamp, payload, headers['x-amz-security-token'], 'header', signedMs)
  }

  function byQuery(request: HttpRequest, payloadSha256: string | undefined): Authenticated {
    const { headers } = request
    const stated = statedInQuery(request.query)
    const { timestamp } = stated
    const signedMs = timestampMs(timestamp)
    if (signedMs === undefined) {
      throw queryError("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
    }
    requireCredential(stated, timestamp, queryCredentialError)
    requireLifetime(signedMs, stated.expiresSeconds, clock.now())
    const payload = stated.contentSha256 ?? headers['x-amz-content-sha256'] ?? payloadSha256 ?? 'UNSIGNED-PAYLOAD'
    const token = stated.token ?? headers['x-amz-security-token']
    return proven(request, stated, timestamp, payload, token, 'query', signedMs)
  }

  function requireCredential(
    stated: StatedSignature,
    timestamp: string,
    refusal: (fault: CredentialFault) => S3Error,
  ): void {
    const fault = credentialFault(stated.credential, region, timestamp.slice(0, 8), service)
    if (fault !== undefined) throw refusal(fault)
  }

  /** The signature itself, once everything it is said to be for has been found in order. */
  function proven(
    request: HttpRequest,
    stated: StatedSignature,
    timestamp: string,
    payload: string,
    token: string | undefined,
    by: 'header' | 'query',
    signedMs: number | undefined,
  ): Authenticated {
    const { credential, signature } = stated
    const key = keys.require(credential.accessKeyId, token)
    requireSignedHeaders(stated.signedHeaders, request.headers)
    const signingKey = signingKeys.get(credential.accessKeyId, key.secret, credential.day)
    requireSignature(request, stated, timestamp, payload, signingKey)
    keys.noteUse(key, service)
    const mode = payloadMode(payload, () => ({
      signature,
      signingKey: signingKey.bytes,
      timestamp,
      scope: credential.scope,
    }))
    const { standing } = key
    return {
      caller: standing.caller,
      standing,
      payload: mode,
      by,
      signature: { version: 'AWS4-HMAC-SHA256', signedMs },
    }
  }
}

/** A request without a signature. Security rule 1: what carries any part of one is somebody's, and was not proven: never nobody's.
 *  @throws AccessDenied, InvalidArgument */
function byNobody({ headers, query }: HttpRequest): Authenticated {
  const isSomebodys =
    headers['authorization'] !== undefined ||
    headers['x-amz-security-token'] !== undefined ||
    (query !== '' && looksSigned(query))
  if (isSomebodys) throw new S3Error('AccessDenied')
  // Chunks can be counted and checked without a signature, but a chunk's signature needs one to begin with.
  const payload = payloadMode(headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD', () => {
    throw new S3Error('AccessDenied')
  })
  return { caller: anonymous.caller, standing: anonymous, payload, by: 'nobody', signature: undefined }
}

/** AWS: "If the request contains both Date and x-amz-date, x-amz-date is used". */
function timestampOfHeaders(headers: HttpRequest['headers']): string {
  const amzDate = headers['x-amz-date']
  if (amzDate !== undefined && timestampMs(amzDate) !== undefined) return amzDate
  const date = amzDate === undefined ? headers['date'] : undefined
  if (date !== undefined && timestampMs(date) !== undefined) return date
  const dateMs = date === undefined ? Number.NaN : Date.parse(date)
  if (Number.isNaN(dateMs)) {
    throw new S3Error('AccessDenied', { message: 'AWS authentication requires a valid Date or x-amz-date header' })
  }
  return timestampOf(dateMs)
}

function requireNoSkew(timestamp: string, nowMs: number): void {
  const signedMs = timestampMs(timestamp) ?? Number.NEGATIVE_INFINITY
  if (Math.abs(nowMs - signedMs) <= skewMsMax) return
  throw new S3Error('RequestTimeTooSkewed', {
    members: {
      RequestTime: timestamp,
      ServerTime: isoSecondsOf(nowMs),
      MaxAllowedSkewMilliseconds: String(skewMsMax),
    },
  })
}

function requireLifetime(signedMs: number, expiresSeconds: number, nowMs: number): void {
  if (signedMs - nowMs > skewMsMax) {
    throw new S3Error('AccessDenied', {
      message: 'Request is not valid yet',
      members: { 'X-Amz-Date': isoSecondsOf(signedMs), ServerTime: isoSecondsOf(nowMs) },
    })
  }
  const expiresMs = signedMs + expiresSeconds * 1000
  if (nowMs < expiresMs) return
  throw new S3Error('AccessDenied', {
    message: 'Request has expired',
    members: {
      'X-Amz-Expires': String(expiresSeconds),
      Expires: isoSecondsOf(expiresMs),
      ServerTime: isoSecondsOf(nowMs),
    },
  })
}

function twoMechanisms(authorization: string): S3Error {
  return new S3Error('InvalidArgument', {
    message:
      'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the ' +
      'Authorization header should be specified',
    // The scheme alone: a header that was to be kept secret does not come back.
    members: { ArgumentName: 'Authorization', ArgumentValue: authorization.split(' ', 1)[0] ?? '' },
  })
}
