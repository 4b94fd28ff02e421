// S3 over HTTP: a request walks down from its raw target to an operation, and its answer or its refusal up again.
// The order is the contract: who asks comes before what is asked, both before the first byte of a body.

import type { IncomingMessage } from 'node:http'
import type { BlockList } from 'node:net'
import type { Middleware } from 'koa'
import type { FormFields } from '../auth/authenticate-form.js'
import type { Authenticated } from '../auth/caller.js'
import type { Allowed } from '../auth/question.js'
import type { Asking } from '../auth/asking.js'
import type { Authorizer } from '../auth/authorize.js'
import { isDecisionOutdated } from '../contract/decided-on.js'
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
import { requireHonoured } from './not-yet.js'
import { isPostForm, postObject } from './post-object/post-object.js'
import { withPresignedHeaders } from './presigned-headers.js'
import { refusalOf } from './refusal.js'
import { newRequestId } from './request-id.js'
import type { Answer } from '../wire/answer.js'
import type { Neighbour } from '../wire/neighbour.js'
import { decodeHead, decodeInput } from './wire/decode.js'
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
  readonly authorizer: Authorizer
  /** Host names under which buckets are host names too. */
  readonly domains: readonly string[]
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
  /** IAM and STS, on the same endpoint. */
  readonly neighbour?: Neighbour
  readonly limits: ExchangeLimits
  readonly log: Log
}

/** Operations whose document conditions may ask about: they are decided upon once it has been read, which is all that is decided twice otherwise. */
const restsOnDocument: ReadonlySet<OperationName> = new Set([
  'CreateBucket',
  'PutObjectLegalHold',
  'PutObjectRetention',
  'PutObjectTagging',
])

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

  const { neighbour } = settings
  if (neighbour?.isFor(request, address) === true) {
    const readBody = (sizeBytesMax: number): Promise<Uint8Array> => readForm(exchange, request, sizeBytesMax)
    return neighbour.answer({ request, requestId, readBody, recognize: () => exchange.recognize() })
  }
  if (isPostForm(request, address)) return storeForm(settings, request, address, exchange, requestId, progress)

  const authenticated = settings.authenticate(request)
  if (authenticated.signature !== undefined) exchange.recognize()
  const entered = settings.entry.enter(request, address.parameters, authenticated)
  const visit = (progress.visit = entered instanceof Promise ? await entered : entered)
  const full = authenticated.by === 'query' ? withPresignedHeaders(request, address) : request
  const name = operationOf(full.method, address, full.headers)
  if (visit.limits !== undefined) requireLimits(visit.limits, name, request)
  return perform(settings, name, { request: full, address, authenticated, visit, exchange, requestId })
}

/** The payload of a request that is read whole by another application, before it is known who sent it.
 *  @throws MaxMessageLengthExceeded, IncompleteBody and what else `openBody` and `readWhole` throw */
async function readForm(exchange: Exchange, request: HttpRequest, sizeBytesMax: number): Promise<Uint8Array> {
  const { body: source, sendContinue } = exchange
  const { body, claims } = openBody(source, request, { kind: 'unsigned' }, sendContinue, {
    requiresLength: false,
    hasPayloadChecksums: false,
    isHeldWhole: true,
    sizeBytesMax,
  })
  try {
    return await readWhole(body, claims, sizeBytesMax, { signal: source.signal, holder: source })
  } catch (error) {
    throw error instanceof ClientLeft ? new S3Error('IncompleteBody', { cause: error }) : error
  }
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
  const { authorizer } = settings
  const operation = settings.operations[name]
  const { payload, requiresChecksum } = modelOf(name)
  const isDocument = payload === 'xml' || payload === 'text'
  const asking = askingOf(identified)
  const { bucket, key, parameters } = address
  const target = { bucket, key, versionId: parameters.get('versionId') }
  if (operation === undefined || (isDocument && !restsOnDocument.has(name))) {
    authorizer.authorize(asking, name, target, decodeHead(name, address, request.headers))
  }
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
  const decided = (): Allowed =>
    authorizer.authorize(isDocument ? withDocument(asking, input) : asking, name, target, input)
  let allowed = decided()
  requireNoEncryptionOfReads(name, request.headers)
  requireHonoured(input, request.isSecure)
  if (caller.principal.kind === 'anonymous') requirePlainAnswer(input)
  const { asksFirst } = exchange
  const presignUse = limits?.use
  if (presignUse !== undefined && name !== 'PutObject') await settings.entry.use(presignUse)
  for (let attempt = 1; ; attempt += 1) {
    const { decidedOn, isCharged, mayDelete } = allowed
    try {
      const output = await operation(input, {
        caller,
        body,
        claims,
        asksFirst,
        requestId,
        presignUse,
        decidedOn,
        mayDelete,
      })
      return encodeOutput(name, isCharged ? { ...output, RequestCharged: 'requester' } : output, input)
    } catch (error) {
      if (!isDecisionOutdated(error)) throw isMissing(error) && !allowed.mayKnowMissing() ? denied(error) : error
      // What was decided on has been replaced meanwhile. Only what reads no payload rests on a version.
      if (attempt === attemptsMax) throw new S3Error('OperationAborted', { cause: error })
      allowed = decided()
    }
  }
}

/** How often permission is asked for anew because what it rests on was replaced. */
const attemptsMax = 5

const isMissing = (error: unknown): boolean =>
  error instanceof S3Error && (error.code === 'NoSuchKey' || error.code === 'NoSuchVersion')

const denied = (cause: unknown): S3Error => new S3Error('AccessDenied', { cause })

/** What a request looks like to authorization. */
function askingOf({ request, address, authenticated, requestId }: Identified): Asking {
  const { headers, remoteAddress, isSecure, tlsVersion } = request
  return {
    requestId,
    authenticated,
    facts: { headers, parameters: address.parameters, remoteAddress, isSecure, tlsVersion },
  }
}

const withDocument = (asking: Asking, input: object): Asking => ({ ...asking, facts: { ...asking.facts, input } })

/** AWS, GetObject: "You must sign the request … when using these parameters. These parameters cannot be used with an unsigned (anonymous) request."
 *  @throws InvalidRequest */
function requirePlainAnswer(input: object): void {
  if (!Object.keys(input).some((member) => member.startsWith('Response'))) return
  throw new S3Error('InvalidRequest', {
    message: 'Request specific response headers cannot be used for anonymous GET requests.',
  })
}

/** A browser's form: the one upload whose signature is in its body. */
function storeForm(
  { operations, authenticateForm, authorizer, entry, clock }: S3AppSettings,
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
  const form = { request, source, beforeFirstRead, bucket, bucketUrl, requestId, clock, authorizer }
  const recognized = async (fields: FormFields): Promise<Authenticated> => {
    const authenticated = authenticateForm(fields, request)
    progress.visit = await entry.enter(request, parameters, authenticated)
    if (authenticated.signature !== undefined) exchange.recognize()
    return authenticated
  }
  return postObject({ ...form, authenticateForm: recognized, putObject })
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
