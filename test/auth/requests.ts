// Requests as authentication sees them, signed by somebody who is not us (aws4), at an hour that stands still.

import aws4 from 'aws4'
import type { Authenticated } from '../../src/auth/caller.js'
import { authenticator } from '../../src/auth/authenticate.js'
import type { KeyRing } from '../../src/auth/keys.js'
import { operatorKey } from '../../src/auth/operator.js'
import { S3Error } from '../../src/contract/errors.js'
import { Secret } from '../../src/auth/secret.js'
import type { HttpRequest } from '../../src/contract/request.js'

/** AWS's public example key, as in its documentation. */
export const exampleKey = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
}

const accountId = 'ab'.repeat(32)

export const exampleAccount = { id: accountId, number: '123456789012', name: 'root' }

const exampleRoot = operatorKey(
  {
    accessKeyId: exampleKey.accessKeyId,
    secret: new Secret(exampleKey.secretAccessKey),
    accountId,
    displayName: 'root',
    isNew: false,
  },
  exampleAccount,
)

export const exampleKeys: KeyRing = {
  require(accessKeyId, token) {
    if (accessKeyId !== exampleKey.accessKeyId)
      throw new S3Error('InvalidAccessKeyId', { members: { AWSAccessKeyId: accessKeyId } })
    if (token !== undefined) throw new S3Error('InvalidToken')
    return exampleRoot
  },
  noteUse: () => undefined,
}

/** 2013-05-24T00:00:00Z, the hour of AWS's examples. */
export const exampleMs = Date.UTC(2013, 4, 24)
export const exampleTimestamp = '20130524T000000Z'

export const emptySha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** Authenticates at `nowMs`. */
export function authenticateAt(nowMs: number): (request: HttpRequest) => Authenticated {
  return authenticator({ keys: exampleKeys, region: 'us-east-1', clock: { now: () => nowMs } })
}

export const authenticate = authenticateAt(exampleMs)

/** A request for a target, "/path?query". */
export function requestOf(method: string, target: string, headers: Record<string, string>): HttpRequest {
  const mark = target.indexOf('?')
  return {
    method,
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    remoteAddress: '127.0.0.1',
    isSecure: false,
  }
}

export interface ToSign {
  method?: string
  target?: string
  headers?: Record<string, string>
  key?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }
  region?: string
  service?: string
  /** "20130524T000000Z" */
  timestamp?: string
}

/** A request signed in its Authorization header. */
export function signed(toSign: ToSign = {}): HttpRequest {
  const { method = 'GET', target = '/photos/cat.jpg', timestamp = exampleTimestamp } = toSign
  const request = aws4.sign(
    {
      service: toSign.service ?? 's3',
      region: toSign.region ?? 'us-east-1',
      method,
      path: target,
      host: 'localhost:9000',
      headers: {
        Host: 'localhost:9000',
        'X-Amz-Content-Sha256': emptySha256,
        'X-Amz-Date': timestamp,
        ...toSign.headers,
      },
    },
    toSign.key ?? exampleKey,
  )
  // aws4 writes the target anew, in its own encoding; a client would send that.
  return requestOf(method, request.path ?? target, plain(request.headers))
}

/** A presigned request. */
export function presigned(toSign: ToSign & { expiresSeconds?: string } = {}): HttpRequest {
  const { method = 'GET', target = '/photos/cat.jpg', timestamp = exampleTimestamp } = toSign
  const parameters = `X-Amz-Date=${timestamp}&X-Amz-Expires=${toSign.expiresSeconds ?? '3600'}`
  const request = aws4.sign(
    {
      service: toSign.service ?? 's3',
      region: toSign.region ?? 'us-east-1',
      method,
      path: `${target}${target.includes('?') ? '&' : '?'}${parameters}`,
      host: 'localhost:9000',
      headers: { Host: 'localhost:9000', ...toSign.headers },
      signQuery: true,
    },
    toSign.key ?? exampleKey,
  )
  return requestOf(method, request.path ?? target, plain(request.headers))
}

function plain(headers: object | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]))
}

/** The request with some headers changed; undefined takes one away. */
export function withHeaders(request: HttpRequest, headers: Record<string, string | undefined>): HttpRequest {
  const changed = { ...request.headers, ...headers }
  for (const name of Object.keys(changed)) if (changed[name] === undefined) delete changed[name]
  return { ...request, headers: changed }
}

/** The request with some query parameters changed; undefined takes one away. */
export function withParameters(request: HttpRequest, parameters: Record<string, string | undefined>): HttpRequest {
  const kept = request.query.split('&').filter((piece) => !(piece.slice(0, piece.indexOf('=')) in parameters))
  const added = Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
  return { ...request, query: [...kept, ...added].join('&') }
}
