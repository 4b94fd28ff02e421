// Presigned URLs with limits, as any SDK's presigner makes them; `cairn admin presign` makes its own.

import aws4 from 'aws4'
import { S3Error } from '../src/contract/errors.js'
import { limitPrefix, presignedLimits, type LimitName } from '../src/auth/limits/presigned-limits.js'
import type { Secret } from '../src/auth/secret.js'
import { timestampOf } from '../src/auth/sigv4/timestamp.js'

/** What a URL is for, and whose it is. */
export interface PresignOrder {
  /** Where clients reach the server: "https://s3.example.org". */
  readonly endpoint: URL
  readonly region: string
  readonly accessKeyId: string
  readonly secret: Secret
  /** Of a session. */
  readonly sessionToken?: string | undefined
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE'
  readonly bucket: string
  readonly key: string
  readonly versionId?: string | undefined
  /** 1 to 604,800. */
  readonly expiresSeconds: number
  /** Ms since 1970. */
  readonly nowMs: number
  /** By the names of docs/presigned-limits.md, without their beginning: `{ 'max-size': '1000000', once: 'invoice-7' }`. */
  readonly limits: { readonly [Name in LimitName]?: string | undefined }
}

/** AWS: "the maximum value is 604800 (seven days)". */
const expiresSecondsMax = 604_800

/** Makes a presigned URL, path style.
 *  @throws InvalidArgument for a limit that makes no sense, or a time that is too long */
export function presign(order: PresignOrder): string {
  const { endpoint, region, accessKeyId, secret, sessionToken, method, expiresSeconds, nowMs } = order
  if (!Number.isInteger(expiresSeconds) || expiresSeconds < 1 || expiresSeconds > expiresSecondsMax) {
    throw new S3Error('InvalidArgument', { message: 'A presigned URL is valid for 1 to 604800 seconds.' })
  }
  const path = `/${encoded(order.bucket)}/${order.key.split('/').map(encoded).join('/')}`
  const query = [
    `X-Amz-Date=${timestampOf(nowMs)}`,
    `X-Amz-Expires=${expiresSeconds}`,
    ...(order.versionId === undefined ? [] : [`versionId=${encoded(order.versionId)}`]),
    ...limitsIn(order).map(([name, value]) => `${name}=${encoded(value)}`),
  ]
  const { path: target = '' } = aws4.sign(
    { service: 's3', region, method, host: endpoint.host, path: `${path}?${query.join('&')}`, signQuery: true },
    { accessKeyId, secretAccessKey: secret.reveal(), ...(sessionToken !== undefined && { sessionToken }) },
  )
  // No `URL`: it would take the dots of a key for folders.
  return `${endpoint.origin}${target}`
}

/** @throws InvalidArgument, as the server would when the URL is used */
function limitsIn({ limits, accessKeyId, method, nowMs }: PresignOrder): [name: string, value: string][] {
  const stated = Object.entries(limits).flatMap(([name, value]) =>
    value === undefined ? [] : [[`${limitPrefix}${name}`, value] satisfies [string, string]],
  )
  const request = { method, path: '/', query: '?', headers: {}, remoteAddress: '', isSecure: false }
  presignedLimits(request, new Map(stated), { caller: { accessKeyId }, by: 'query' }, { now: () => nowMs })
  return stated
}

/** Percent-encoding as signatures have it: everything but letters, digits and "-._~". */
const encoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
