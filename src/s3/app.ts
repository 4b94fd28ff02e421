// S3 over HTTP: a request walks down from its raw target to an operation, and its answer or its refusal up again.
// The order is the contract: who asks comes before what is asked, both before the first byte of a body.

import type { IncomingMessage } from 'node:http'
import type { BlockList } from 'node:net'
import type { Middleware } from 'koa'
import type { FormFields } from '../auth/authenticate-form.js'
import type { Authenticated } from '../auth/caller.js'
import { authorize, type Target } from '../auth/authorize.js'
import type { Entry, Visit } from '../auth/limits/entry.js'
import { requireLimits } from '../auth/limits/presigned-limits.js'
import { S3Error } from '../contract/errors.js'
import type { Log } from '../contract/log.js'
import type { Call, Clock, OperationName, Operations } from '../contract/operation.js'
import type { Address, HttpRequest } from '../contract/request.js'
import { addressOf } from './address.js'
import type { Admission } from './admission.js'
import { bodyRules } from './body/body-rules.js'
import { openBody } from './body/open-body.js'
import { readWhole } from './body/read-whole.js'
import { ClientLeft, type Connections } from './connections.js'
import { corsHeaders, preflight, type CorsRulesOf } from './cors.js'
import { requireNoEncryptionOfReads } from './encryption-headers.js'
import { Exchange, type ExchangeLimits, uncountedSizeBytesMax } from './exchange.js'
import { httpRequestOf } from './http-request.js'
import { requireExpectedOwner, requireHonoured } from './not-yet.js'
import { isPostForm, postObject } from './post-object/post-object.js'
import { withPresignedHeaders } from './presigned-headers.js'
import { refusalOf } from './refusal.js'
import { newRequestId } from './request-id.js'
import { sourcesOf } from './sources.js'
import type { Answer } from './wire/answer.js'
import { decodeInput } from './wire/decode.js'
import { encodeError } from './wire/encode-error.js'
import { encodeOutput } from './wire/encode.js'
import { modelOf } from './wire/model.js'
import { operationOf } from './wire/route.js'

/** Longest XML or JSON payload. DeleteObjects with 1,000 keys of 1,024 bytes, each written as `&#x…;`, and CompleteMultipartUpload with 10,000
 *  parts and their checksums stay below. */
const documentSizeBytesMax = 8 * 1024 * 1024

/** What S3's application is made of. */
export interface S3AppSettings {
  readonly operations: Operations
  readonly authenticate: (request: HttpRequest) => Authenticated
  /** Host names under which buckets are host names too. */
  readonly domains: readonly string[]
  /** Canonical id of the account that owns every bucket. */
  readonly ownerId: string
  /** `x-amz-id-2` of every answer. */
  readonly hostId: string
  /** As `authenticate`, for browser forms, whose signature stands in their fields. */
  readonly authenticateForm: (fields: FormFields, request: HttpRequest) => Authenticated
  /** Where callers' limits are kept, and those of presigned requests. */
  readonly entry: Entry
  /** Proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: BlockList | undefined
  readonly corsRulesOf: CorsRulesOf
  readonly clock: Clock
  readonly connections: Connections
  readonly admission: Admission
  readonly limits: ExchangeLimits
  readonly log: Log
}

/** Operations that are about access control lists, and say themselves which ones can be had. */
const judgesLists: ReadonlySet<OperationName> = new Set(['PutBucketAcl', 'PutObjectAcl'])

/** A request as far as it is known when something goes wrong. */
interface Progress {
  request?: HttpRequest
  address?: Address
  visit?: Visit
}

/** Everything of S3. It answers every request it is given. */
export function s3App(settings: S3AppSettings): Middleware {
  const { admission, connections, limits } = settings
  return (context) => {
    const { req, res } = context
    // Koa's own way of answering would write headers one by one, and knows nothing of memory that is used again.
    context.respond = false
    const connection = connections.of(req.socket)
    if (!connection.mayEnter()) return undefined
    return serve(settings, req, new Exchange(req, res, connection, limits, admission))
  }
}

/** One request, from its head to its answer. The one place where an error becomes an answer. */
async function serve(settings: S3AppSettings, message: IncomingMessage, exchange: Exchange): Promise<void> {
  const { hostId, log } = settings
  const requestId = newRequestId()
  const progress: Progress = {}
  let answer: Answer
  try {
    const turn = exchange.enter()
    if (turn !== undefined) await turn
    answer = await answerOf(settings, message, exchange, requestId, progress)
    const { body, status } = answer
    if (body !== undefined && !isShort(body)) await exchange.open(body, status)
  } catch (error) {
    const refusal = refusalOf(error, log, requestId, `${message.method} ${message.url}`)
    answer = encodeError(refusal, resourceOf(progress.address), requestId, hostId)
  }
  try {
    const ids = withWarning({ 'x-amz-request-id': requestId, 'x-amz-id-2': hostId, Server: 'Cairn' }, progress)
    const isCrossOrigin = progress.request?.headers['origin'] !== undefined
    await exchange.send(answer, isCrossOrigin ? withCors(ids, settings.corsRulesOf, progress) : ids)
  } catch (error) {
    if (error instanceof ClientLeft) log.debug({ requestId }, 'the client left before its answer')
    else log.error({ requestId, request: `${message.method} ${message.url}`, err: error }, 'an answer was cut off')
  }
  progress.visit?.counted?.leave(exchange.body.receivedSizeBytes, exchange.sentSizeBytes)
}

/** Tells who is near a limit. */
function withWarning(headers: Readonly<Record<string, string>>, { visit }: Progress): Readonly<Record<string, string>> {
  const warning = visit?.counted?.warning
  return warning === undefined ? headers : { ...headers, 'x-cairn-limit-warning': warning }
}

/** Whether a body is there, and so small that its memory need not be counted. */
const isShort = (body: Answer['body']): boolean => body instanceof Uint8Array && body.length <= uncountedSizeBytesMax

async function answerOf(
  settings: S3AppSettings,
  message: IncomingMessage,
  exchange: Exchange,
  requestId: string,
  progress: Progress,
): Promise<Answer> {
  const request = (progress.request = trusted(message, exchange, settings.trustedProxies))
  const address = (progress.address = addressOf(request, settings.domains))
  if (request.method === 'OPTIONS') return preflight(request, address, settings.corsRulesOf)

  if (isPostForm(request, address)) return storeForm(settings, request, address, exchange, requestId, progress)

  const authenticated = settings.authenticate(request)
  exchange.recognize()
  const entered = settings.entry.enter(request, address.parameters, authenticated)
  const visit = (progress.visit = entered instanceof Promise ? await entered : entered)
  const full = authenticated.by === 'query' ? withPresignedHeaders(request, address) : request
  const name = operationOf(full.method, address, full.headers)
  if (visit.limits !== undefined) requireLimits(visit.limits, name, request)
  return perform(settings, name, { request: full, address, authenticated, visit, exchange, requestId })
}

function trusted(message: IncomingMessage, exchange: Exchange, proxies: BlockList | undefined): HttpRequest {
  try {
    return httpRequestOf(message, proxies)
  } catch (error) {
    exchange.distrust()
    throw error
  }
}

/** A request whose sender is known. */
interface Identified {
  readonly request: HttpRequest
  readonly address: Address
  readonly authenticated: Authenticated
  readonly visit: Visit
  readonly exchange: Exchange
  readonly requestId: string
}

/** Runs one operation. What can be refused by the head alone is refused before the body is asked for. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- `Name` ties an operation to its input and its output
async function perform<Name extends OperationName>(
  settings: S3AppSettings,
  name: Name,
  identified: Identified,
): Promise<Answer> {
  const { request, address, authenticated, exchange, requestId } = identified
  const { limits } = identified.visit
  const { caller } = authenticated
  const operation = settings.operations[name]
  const { payload, requiresChecksum } = modelOf(name)
  const isDocument = payload === 'xml' || payload === 'text'
  if (operation === undefined || isDocument) allow(name, identified)
  if (operation === undefined) throw new S3Error('NotImplemented', { message: `${name} is not implemented.` })

  const { body, claims } =
    payload === 'none'
      ? noBody
      : openBody(
          exchange.body,
          request,
          authenticated.payload,
          exchange.sendContinue,
          bodyRules(name, limits?.maxSizeBytes),
        )
  const document = isDocument
    ? await readWhole(body, claims, documentSizeBytesMax, {
        requiresChecksum,
        signal: exchange.body.signal,
        holder: exchange.body,
      })
    : undefined
  const input = decodeInput(name, address, request.headers, document)
  // Only operations without a document have sources.
  if (!isDocument) allow(name, identified, sourcesOf(input))
  requireExpectedOwner(input, settings.ownerId)
  requireNoEncryptionOfReads(name, request.headers)
  if (!judgesLists.has(name)) requireHonoured(input)
  const presignUse = limits?.use
  if (presignUse !== undefined && name !== 'PutObject') await settings.entry.use(presignUse)
  const call = { caller, body, claims, asksFirst: exchange.asksFirst, requestId, presignUse }
  return encodeOutput(name, await operation(input, call), input)
}

/** A browser's form: the one upload whose signature is in its body. */
function storeForm(
  { operations, authenticateForm, entry, clock, ownerId }: S3AppSettings,
  request: HttpRequest,
  { bucket = '', parameters }: Address,
  exchange: Exchange,
  requestId: string,
  progress: Progress,
): Promise<Answer> {
  const putObject = operations.PutObject
  if (putObject === undefined) throw new S3Error('NotImplemented', { message: 'PostObject is not implemented.' })
  const origin = `${request.isSecure ? 'https' : 'http'}://${request.headers['host'] ?? ''}`
  // In virtual-host style the bucket stands in the host.
  const bucketUrl = request.path === '/' ? origin : `${origin}/${encodeURIComponent(bucket)}`
  const { body: source, sendContinue: beforeFirstRead } = exchange
  const form = { request, source, beforeFirstRead, bucket, bucketUrl, ownerId, requestId, clock }
  const recognized = async (fields: FormFields): Promise<Authenticated> => {
    const authenticated = authenticateForm(fields, request)
    progress.visit = await entry.enter(request, parameters, authenticated)
    exchange.recognize()
    return authenticated
  }
  return postObject({ ...form, authenticateForm: recognized, authorize, putObject })
}

/** @throws AccessDenied */
function allow(
  name: OperationName,
  { request, address, authenticated }: Identified,
  sources?: readonly Target[],
): void {
  const { remoteAddress, isSecure } = request
  const { bucket, key, parameters } = address
  const resource = { bucket, key, versionId: parameters.get('versionId'), sources }
  authorize(authenticated.caller, name, resource, { by: authenticated.by, remoteAddress, isSecure })
}

const noBody: Pick<Call, 'body' | 'claims'> = {
  body: { async *[Symbol.asyncIterator]() {} },
  claims: { size: 0, checksums: {}, trailers: () => ({}) },
}

/** Adds what a page of another origin needs; a preflight brings its own. */
async function withCors(
  headers: Readonly<Record<string, string>>,
  rulesOf: CorsRulesOf,
  { request, address }: Progress,
): Promise<Readonly<Record<string, string>>> {
  if (request === undefined || request.method === 'OPTIONS') return headers
  return { ...headers, ...(await corsHeaders(request, address?.bucket, rulesOf)) }
}

/** S3's Resource of an error: what was addressed, decoded. */
function resourceOf(address: Address | undefined): string {
  if (address?.bucket === undefined) return '/'
  return address.key === undefined ? `/${address.bucket}` : `/${address.bucket}/${address.key}`
}
