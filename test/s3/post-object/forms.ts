// Browser forms as clients send them, signed by hand.

import { createHmac } from 'node:crypto'
import { formAuthenticator } from '../../../src/auth/authenticate-form.js'
import type { Call, Input, Operation } from '../../../src/contract/operation.js'
import { postObject } from '../../../src/s3/post-object/post-object.js'
import type { Answer } from '../../../src/wire/answer.js'
import { exampleKey, exampleKeys, requestOf } from '../../auth/requests.js'
import { inRunsOf, whole } from '../body/payloads.js'

/** 2015-12-29T00:00:00Z, the day of AWS's example form. */
export const formMs = Date.UTC(2015, 11, 29)

export const boundary = '9431149156168'

/** A part: name, content and, where it has one, a file name and a type. */
export interface Part {
  readonly name: string
  readonly content: string | Uint8Array
  readonly fileName?: string
  readonly type?: string
}

export function multipart(parts: readonly Part[], end = `--${boundary}--\r\n`): Buffer {
  return Buffer.concat([
    ...parts.map(({ name, content, fileName, type }) =>
      Buffer.concat([
        Buffer.from(
          `--${boundary}\r\nContent-Disposition: form-data; name="${name}"` +
            (fileName === undefined ? '' : `; filename="${fileName}"`) +
            (type === undefined ? '' : `\r\nContent-Type: ${type}`) +
            '\r\n\r\n',
        ),
        Buffer.from(content),
        Buffer.from('\r\n'),
      ]),
    ),
    Buffer.from(end),
  ])
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** The fields that sign a policy. */
export function signedFields(policy: unknown, changes: Record<string, string> = {}): Record<string, string> {
  const text = typeof policy === 'string' ? policy : Buffer.from(JSON.stringify(policy)).toString('base64')
  const key = ['20151229', 'us-east-1', 's3', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${exampleKey.secretAccessKey}`,
  )
  return {
    policy: text,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${exampleKey.accessKeyId}/20151229/us-east-1/s3/aws4_request`,
    'X-Amz-Date': '20151229T000000Z',
    'X-Amz-Signature': hmac(key, text).toString('hex'),
    ...changes,
  }
}

/** Conditions for the fields every signed form has. */
export const signatureConditions: readonly unknown[] = [
  { 'x-amz-algorithm': 'AWS4-HMAC-SHA256' },
  ['starts-with', '$x-amz-credential', exampleKey.accessKeyId],
  ['starts-with', '$x-amz-date', '2015'],
]

export function policyFor(...conditions: readonly unknown[]): { expiration: string; conditions: unknown[] } {
  return {
    expiration: '2015-12-30T12:00:00.000Z',
    conditions: [{ bucket: 'photos' }, ...signatureConditions, ...conditions],
  }
}

/** These forms are about their fields; who may store what is tested over HTTP. */
const everythingAllowed = { decidedOn: {}, isCharged: false, mayDelete: () => true, mayKnowMissing: () => true }

export interface Stored {
  readonly input: Input<'PutObject'>
  readonly call: Call
  readonly content: Buffer
}

export interface Sent {
  readonly answer: Answer
  readonly stored: Stored
}

/** Sends a form to a bucket that keeps what it is given, and answers both. Throws what `postObject` throws; nothing was kept then. */
export async function send(
  payload: Uint8Array,
  options: { runSizeBytes?: number; nowMs?: number; contentType?: string; acceptsVersion2?: boolean } = {},
): Promise<Sent> {
  let stored: Stored | undefined
  const putObject: Operation<'PutObject'> = async (input, call) => {
    const content = await whole(call.body)
    stored = { input, call, content }
    return { ETag: '"828ef3fdfa96f00ad9f27c383fc9ac7f"' }
  }
  const clock = { now: () => options.nowMs ?? formMs }
  const answer = await postObject({
    request: requestOf('POST', '/photos', {
      host: 'localhost:9000',
      'content-type': options.contentType ?? `multipart/form-data; boundary=${boundary}`,
    }),
    source: inRunsOf(payload, options.runSizeBytes ?? 65_536),
    beforeFirstRead: () => undefined,
    bucket: 'photos',
    bucketUrl: 'http://localhost:9000/photos',
    requestId: 'ID',
    clock,
    authenticateForm: formAuthenticator({
      keys: exampleKeys,
      region: 'us-east-1',
      clock,
      acceptsVersion2: options.acceptsVersion2 ?? false,
    }),
    authorizer: { authorize: () => everythingAllowed, authorizeAction: () => undefined, explain: () => [] },
    putObject,
  })
  if (stored === undefined) throw new Error('nothing was stored')
  return { answer, stored }
}

/** Fields, then a file. */
export function partsOf(fields: Readonly<Record<string, string>>, file: Partial<Part> = {}): Part[] {
  return [
    ...Object.entries(fields).map(([name, content]) => ({ name, content })),
    { name: 'file', content: 'bar', fileName: 'cat.jpg', type: 'image/jpeg', ...file },
  ]
}

/** A form with these fields under a policy with these conditions. */
export function formOf(
  fields: Readonly<Record<string, string>>,
  conditions: readonly unknown[],
  file: Partial<Part> = {},
): Buffer {
  return multipart(partsOf({ ...fields, ...signedFields(policyFor(...conditions)) }, file))
}
