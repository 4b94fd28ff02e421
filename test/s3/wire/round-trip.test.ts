// Every operation through a real SDK client, with every member set, both ways. No server: the client's HTTP handler is ours.

import { deepEqual, equal } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import * as Sdk from '@aws-sdk/client-s3'
import { HttpResponse, type HttpRequest as SdkRequest } from '@smithy/core/protocols'
import type { NormalizedSchema } from '@smithy/core/schema'
import type { OperationName } from '../../../src/contract/operation.js'
import type { HttpRequest } from '../../../src/contract/request.js'
import { addressOf } from '../../../src/s3/address.js'
import { decodeInput } from '../../../src/s3/wire/decode.js'
import { encodeOutput, type Answer } from '../../../src/s3/wire/encode.js'
import { modelOf, operationNames, type OperationModel } from '../../../src/s3/wire/model.js'
import { membersOf } from '../../../src/wire/members.js'
import { operationOf } from '../../../src/s3/wire/route.js'
import { sampleOf } from './samples.js'

const key = 'a key/with "all" sorts/of ä & + % 😀/./../ '

const customerKey = Buffer.alloc(32, 'k').toString('base64')

/** Members that cannot be any text. */
const special = {
  Bucket: 'bucket-name',
  Key: key,
  ACL: 'private',
  AnnotationDirective: 'COPY',
  ChecksumAlgorithm: 'CRC64NVME',
  ChecksumType: 'FULL_OBJECT',
  CopySource: '/source/key%20with%20spaces',
  ETag: '"d41d8cd98f00b204e9800998ecf8427e-2"',
  MetadataDirective: 'REPLACE',
  'ObjectAttributes[]': 'ETag',
  ObjectLockLegalHoldStatus: 'ON',
  ObjectLockMode: 'GOVERNANCE',
  ObjectOwnership: 'ObjectWriter',
  ServerSideEncryption: 'aws:kms',
  // The SDK itself computes the digest of a customer's key, and sends both in base64.
  SSECustomerKey: customerKey,
  SSECustomerKeyMD5: createHash('md5').update(customerKey, 'base64').digest('base64'),
  CopySourceSSECustomerKey: customerKey,
  CopySourceSSECustomerKeyMD5: createHash('md5').update(customerKey, 'base64').digest('base64'),
  // They become headers of the answer.
  ResponseCacheControl: 'no-cache',
  ResponseContentDisposition: 'attachment; filename="ä b+c"',
  ResponseContentEncoding: 'gzip',
  ResponseContentLanguage: 'de',
  ResponseContentType: 'text/plain;charset=utf-8',
  StorageClass: 'STANDARD',
  TaggingDirective: 'COPY',
  // An attribute, whose white space no parser keeps.
  Type: 'CanonicalUser',
}

/** What a client sends of an input, without a server: the handler keeps the request and answers `answer`. */
async function sent(
  name: OperationName,
  input: object,
  answer?: HttpResponse,
): Promise<{ request: SdkRequest; output: unknown }> {
  let request: SdkRequest | undefined
  const client = new Sdk.S3Client({
    region: 'us-east-1',
    endpoint: 'http://localhost:9000',
    forcePathStyle: true,
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
    // Checksums in trailers are the body reader's business.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    disableS3ExpressSessionAuth: true,
    requestHandler: {
      handle: (given: SdkRequest) => {
        request = given
        return Promise.resolve({ response: answer ?? new HttpResponse({ statusCode: 200, headers: {} }) })
      },
    },
  })
  const output: unknown = await client.send(commandOf(name, input)).catch((error: unknown) => {
    // Without an answer it has nothing to read; what it sent is there all the same.
    if (answer !== undefined || request === undefined) throw error
  })
  if (request === undefined) throw new Error('The client sent nothing')
  return { request, output }
}

const commands: ReadonlyMap<string, unknown> = new Map(Object.entries(Sdk))

function commandOf(name: OperationName, input: object): Sdk.ListBucketsCommand {
  const Command: unknown = commands.get(`${name}Command`)
  // The class of the name; what it is given is made from its own schema, which no static type can follow.
  return new (Command as new (given: object) => Sdk.ListBucketsCommand)(input)
}

/** The request as our HTTP layer would hand it over, `x-id` taken away. */
function received(request: SdkRequest): { request: HttpRequest; body: Uint8Array | undefined } {
  const encode = (text: string): string =>
    encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)
  const query = Object.entries(request.query)
    .filter(([name]) => name !== 'x-id')
    .map(([name, value]) => (value === null ? name : `${encode(name)}=${encode(String(value))}`))
    .join('&')
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const body: unknown = request.body
  return {
    request: {
      method: request.method,
      path: request.path,
      query,
      headers,
      remoteAddress: '127.0.0.1',
      isSecure: false,
    },
    body: typeof body === 'string' ? Buffer.from(body) : body instanceof Uint8Array ? body : undefined,
  }
}

const responseOf = ({ status, headers, body }: Answer): HttpResponse =>
  new HttpResponse({
    statusCode: status,
    headers: Object.fromEntries(Array.from(headers, ([name, value]) => [name.toLowerCase(), value])),
    body:
      body instanceof Uint8Array || body === undefined
        ? Readable.from(body === undefined ? [] : [Buffer.from(body)])
        : Readable.from(body),
  })

const streamingMember = (structure: NormalizedSchema): string | undefined =>
  membersOf(structure).find(({ traits, schema }) => traits.httpPayload && schema.isStreaming())?.name

const bytes = Buffer.from('bytes of a stream')

/** An input with every member but the stream. What the client makes of the stream's length it sends as well. */
function inputOf(model: OperationModel): Record<string, unknown> {
  const sample = sampleOf(model.input, special)
  if ('ContentLength' in sample) sample['ContentLength'] = bytes.length
  return model.name === 'WriteGetObjectResponse' ? { ...sample, RequestRoute: 'route' } : sample
}

/** The quirk of `Expires`: its own text is there too. */
const withExpiresString = (input: Record<string, unknown>, { headers }: HttpRequest): Record<string, unknown> =>
  headers['expires'] === undefined ? input : { ...input, ExpiresString: headers['expires'] }

function outputOf(model: OperationModel): Record<string, unknown> {
  const sample = sampleOf(model.output, special)
  // One header, two members: the client reads both from it.
  const { Expires } = sample
  if (Expires instanceof Date) sample['ExpiresString'] = Expires.toUTCString()
  return sample
}

/** Outputs that are no HTTP message of headers and one body, with the reason. */
const notRoundTripped: ReadonlyMap<OperationName, string> = new Map([
  [
    'SelectObjectContent',
    'an event stream in a binary framing of its own, which belongs to the operation, not to the wire',
  ],
])

describe('every operation through an SDK client', () => {
  it('knows 112 operations', () => equal(operationNames.length, 112))

  for (const name of operationNames) {
    const model = modelOf(name)
    it(`routes ${name} without x-id and decodes what the client was given`, async () => {
      const input = inputOf(model)
      const stream = streamingMember(model.input)
      const given = stream === undefined ? input : { ...input, [stream]: bytes }
      const { request: raw } = await sent(name, structuredClone(given))
      const { request, body } = received(raw)

      const address = addressOf(request, ['localhost'])
      equal(operationOf(request.method, address, request.headers), name)
      const decoded = decodeInput(name, address, request.headers, model.hasStreamingInput ? undefined : body)
      deepEqual(decoded, withExpiresString(input, request))
    })
  }

  for (const name of operationNames) {
    const model = modelOf(name)
    const reason = notRoundTripped.get(name)
    if (reason !== undefined) {
      it.skip(`encodes the output of ${name}: ${reason}`)
      continue
    }
    it(`encodes the output of ${name} so that the client reads it back`, async () => {
      const output = outputOf(model)
      const stream = streamingMember(model.output)
      const whole = stream === undefined ? output : { ...output, [stream]: bytes }
      // Both samples are made from the operation's own schema, which no static type can follow.
      const answer = encodeOutput(name, whole as never, inputOf(model) as never)
      const { output: read } = await sent(name, inputOf(model), responseOf(answer))

      const { $metadata, ...members } = read as { $metadata: { httpStatusCode: number }; [member: string]: unknown }
      equal($metadata.httpStatusCode, 'ContentRange' in output ? 206 : model.status)
      if (stream !== undefined) {
        deepEqual(await buffer(members[stream] as Readable), bytes)
        delete members[stream]
      }
      deepEqual(
        members,
        name === 'GetObjectAttributes' ? { ...output, ETag: special.ETag.replaceAll('"', '') } : output,
      )
    })
  }
})
