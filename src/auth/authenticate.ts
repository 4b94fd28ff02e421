// Who signed a request: Signature Version 4 in the Authorization header or in the query. The one way in; everything else is refused.
// Source: AWS, "Authenticating Requests (AWS Signature Version 4)".

import { S3Error } from '../contract/errors.js'
import type { Clock } from '../contract/operation.js'
import type { HttpRequest } from '../contract/request.js'
import type { Authenticated } from './caller.js'
import type { Key, KeyRing } from './keys.js'
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
  queryCredentialError,
  queryError,
  statedInQuery,
} from './sigv4/presigned-query.js'
import { requireSignature } from './sigv4/require-signature.js'
import { requireSignedHeaders } from './sigv4/signed-headers.js'
import { SigningKeys } from './sigv4/signing-key.js'
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

/** Makes the function that says who signed a request. Who has read a payload already hands in its SHA-256 (64 lower-case hex digits): it is what was
 *  signed where the request does not say itself, as with every service but S3.
 *  It throws AccessDenied (nobody signed, expired, not yet valid, a header left unsigned), AuthorizationHeaderMalformed,
 *  AuthorizationQueryParametersError, InvalidAccessKeyId, InvalidArgument, InvalidRequest, InvalidToken, NotImplemented,
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
    throw new S3Error('AccessDenied')
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
    return proven(request, stated, timestamp, payload, headers['x-amz-security-token'], 'header')
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
    return proven(request, stated, timestamp, payload, stated.token ?? headers['x-amz-security-token'], 'query')
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
  ): Authenticated {
    const { credential, signature } = stated
    const key = requireKey(keys, credential.accessKeyId, token)
    requireSignedHeaders(stated.signedHeaders, request.headers)
    const signingKey = signingKeys.get(credential.accessKeyId, key.secret, credential.day)
    requireSignature(request, stated, timestamp, payload, signingKey)
    const mode = payloadMode(payload, () => ({
      signature,
      signingKey: signingKey.bytes,
      timestamp,
      scope: credential.scope,
    }))
    return { caller: key.caller, payload: mode, by }
  }
}

/** The key a request names.
 *  @throws InvalidAccessKeyId
 *  @throws InvalidToken when a session token comes with a key that has none */
export function requireKey(keys: KeyRing, accessKeyId: string, token: string | undefined): Key {
  const key = keys.find(accessKeyId)
  if (key === undefined) throw new S3Error('InvalidAccessKeyId', { members: { AWSAccessKeyId: accessKeyId } })
  if (token !== undefined) throw new S3Error('InvalidToken', { members: { 'Token-0': token } })
  return key
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
