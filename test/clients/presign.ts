// Links and forms for whoever has no key, signed by an implementation that is not ours (aws4) or by S3's recipe, step by step.

import { createHmac } from 'node:crypto'
import aws4 from 'aws4'
import { credentials, region } from '../server-process.js'

/** A presigned URL.
 *  @param path raw path and query, percent-encoded ("/bucket/key")
 *  @param seconds how long it is valid */
export function presign(endpoint: string, method: string, path: string, seconds = 300): string {
  const { host } = new URL(endpoint)
  const separator = path.includes('?') ? '&' : '?'
  const signed = aws4.sign(
    { service: 's3', region, method, host, path: `${path}${separator}X-Amz-Expires=${seconds}`, signQuery: true },
    credentials,
  )
  return `${endpoint}${signed.path ?? ''}`
}

/** Fields of a browser form that may post what `conditions` allow. Source: AWS, "Creating a POST Policy". */
export function postFields(
  bucket: string,
  fields: Readonly<Record<string, string>>,
  conditions: readonly unknown[],
): Record<string, string> {
  const now = new Date()
  const stamp = now.toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const day = stamp.slice(0, 8)
  const signing = {
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': `${credentials.accessKeyId}/${day}/${region}/s3/aws4_request`,
    'x-amz-date': stamp,
  }
  const policy = {
    expiration: new Date(now.getTime() + 300_000).toISOString(),
    conditions: [{ bucket }, ...Object.entries(signing).map(([name, value]) => ({ [name]: value })), ...conditions],
  }
  const encoded = Buffer.from(JSON.stringify(policy)).toString('base64')
  const key = [day, region, 's3', 'aws4_request'].reduce(
    (secret: Buffer, part) => hmac(secret, part),
    Buffer.from(`AWS4${credentials.secretAccessKey}`),
  )
  return { ...fields, ...signing, policy: encoded, 'x-amz-signature': hmac(key, encoded).toString('hex') }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
