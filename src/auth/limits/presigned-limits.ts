// Limits that a signer puts on a request: greatest size, content type, once only, source address, an id that can be revoked. They are headers or
// query parameters whose names begin with x-amz-cairn-, signed like all others; whoever was handed a presigned URL cannot take them away.

import { createHash } from 'node:crypto'
import type { BlockList } from 'node:net'
import { S3Error } from '../../contract/errors.js'
import type { Caller, Clock, OperationName } from '../../contract/operation.js'
import type { PresignUse } from '../../contract/presign-use.js'
import type { HttpRequest } from '../../contract/request.js'
import { blockListOf, isListed } from '../address-list.js'
import { timestampMs } from '../sigv4/timestamp.js'

/** What the names of limits begin with. */
export const limitPrefix = 'x-amz-cairn-'

/** What a signer said of a request. */
export interface PresignedLimits {
  /** Of the body, bytes. */
  readonly maxSizeBytes?: number | undefined
  /** "image/png", "image/*", "*\/*", in lower case; one of them must fit. */
  readonly contentTypes?: readonly string[] | undefined
  /** Set when it may be made once. */
  readonly use?: PresignUse | undefined
  /** Where it may come from. */
  readonly source?: BlockList | undefined
  /** By which it can be revoked. */
  readonly id?: string | undefined
}

/** The names, without their beginning. */
const names = ['max-size', 'content-type', 'once', 'source', 'id'] as const

/** A limit's name. */
export type LimitName = (typeof names)[number]

/** What ids are made of: they stand in URLs, and in the log. */
const idPattern = /^[\w.~-]{1,128}$/

const contentTypePattern = /^(?:\*\/\*|[\w!#$&^.+-]+\/(?:\*|[\w!#$&^.+-]+))$/

/** Content types and addresses that may be listed. */
const listedMax = 32

/** A request that is signed in its header is taken for a quarter of an hour before and after the time it states. */
const headerLifetimeMs = 30 * 60_000

/** What a request says of its limits, if it does. The signature has been verified.
 *  @param request as it came
 *  @param parameters of its query, decoded
 *  @param by where its signature stood; 'nobody': an unsigned request may have none, nor may a form, which has a policy
 *  @throws InvalidArgument for a limit that is unknown, stated twice or makes no sense; AccessDenied for one that nobody signed */
export function presignedLimits(
  request: HttpRequest,
  parameters: ReadonlyMap<string, string>,
  { caller, by }: { readonly caller: Pick<Caller, 'accessKeyId'>; readonly by: string },
  clock: Clock,
): PresignedLimits | undefined {
  if (by === 'header' && request.query === '' && request.headers['authorization']?.includes(limitPrefix) === false) {
    // All x-amz-… headers must be signed, and the names of signed headers stand there.
    return undefined
  }
  const stated = statedLimits(request, parameters)
  if (stated.size === 0) return undefined
  if (by !== 'header' && by !== 'query') throw new S3Error('AccessDenied', { message: 'Limits must be signed.' })
  const once = stated.get('once')
  return {
    maxSizeBytes: mapped(stated.get('max-size'), sizeOf),
    contentTypes: mapped(stated.get('content-type'), contentTypesOf),
    use: once === undefined ? undefined : useOf(once, caller.accessKeyId, expiryOf(by, parameters, clock.now())),
    source: mapped(stated.get('source'), sourceOf),
    id: mapped(stated.get('id'), (text) => idOf('id', text)),
  }
}

/** Holds a request against what needs no look at the catalog.
 *  @throws AccessDenied; InvalidArgument for a limit that says nothing of the operation */
export function requireLimits(limits: PresignedLimits, operation: OperationName, request: HttpRequest): void {
  const { source, contentTypes, maxSizeBytes } = limits
  if (source !== undefined && !isListed(source, request.remoteAddress)) throw denied('does not come from where it may')
  if (maxSizeBytes !== undefined && operation !== 'PutObject' && operation !== 'UploadPart') throw senseless('max-size')
  if (contentTypes === undefined) return
  if (operation !== 'PutObject' && operation !== 'CreateMultipartUpload') throw senseless('content-type')
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (!contentTypes.some((allowed) => fits(type, allowed))) throw denied('has a content type that it may not have')
}

/** Whether the value of a limit can be taken: whoever signs one that is not finds out when the URL is used, too late.
 *  @throws InvalidArgument */
export function requireLimitValue(name: 'content-type' | 'source' | 'id', value: string): void {
  if (name === 'content-type') contentTypesOf(value)
  else if (name === 'source') sourceOf(value)
  else idOf('id', value)
}

function statedLimits(request: HttpRequest, parameters: ReadonlyMap<string, string>): Map<LimitName, string> {
  const stated = new Map<LimitName, string>()
  const state = (name: string, value: string): void => {
    if (!name.startsWith(limitPrefix)) return
    const limit = names.find((known) => known === name.slice(limitPrefix.length))
    if (limit === undefined) throw invalid(name, value, 'There is no such limit.')
    if (stated.has(limit)) throw invalid(name, value, 'A limit may be stated once.')
    stated.set(limit, value)
  }
  for (const [name, value] of parameters) state(name.toLowerCase(), value)
  for (const name in request.headers) state(name, request.headers[name] ?? '')
  if (stated.size > 0) requireOnce(request.query)
  return stated
}

/** `parameters` holds the first of repeated ones: the signer may have meant another.
 *  @throws InvalidArgument */
function requireOnce(query: string): void {
  const seen = new Set<string>()
  for (const [name, value] of new URLSearchParams(query)) {
    if (!name.toLowerCase().startsWith(limitPrefix)) continue
    if (seen.has(name)) throw invalid(name, value, 'A limit may be stated once.')
    seen.add(name)
  }
}

const mapped = <Value>(text: string | undefined, valueOf: (text: string) => Value): Value | undefined =>
  text === undefined ? undefined : valueOf(text)

function sizeOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw invalid(`${limitPrefix}max-size`, text, 'It must be a whole number of bytes.')
}

function contentTypesOf(text: string): string[] {
  const types = text.split(',').map((type) => type.trim().toLowerCase())
  if (types.length <= listedMax && types.every((type) => contentTypePattern.test(type))) return types
  throw invalid(`${limitPrefix}content-type`, text, 'It must be content types with commas between them.')
}

function sourceOf(text: string): BlockList {
  const sources = text.split(',').map((source) => source.trim())
  const list = sources.length <= listedMax ? blockListOf(sources) : undefined
  if (list !== undefined) return list
  throw invalid(
    `${limitPrefix}source`,
    text,
    'It must be addresses or networks ("192.0.2.0/24") with commas between them.',
  )
}

function idOf(name: LimitName, text: string): string {
  if (idPattern.test(text)) return text
  throw invalid(`${limitPrefix}${name}`, text, 'It must be 1 to 128 letters, digits and - _ . ~')
}

/** The digest: what is kept says neither who signed nor what. Two keys may use the same id. */
function useOf(text: string, accessKeyId: string, expiresMs: number): PresignUse {
  const digest = createHash('sha256')
    .update(`${accessKeyId}\n${idOf('once', text)}`)
    .digest()
  return { digest, expiresMs }
}

/** When the signature is refused anyway. Authentication has read these parameters. */
function expiryOf(by: 'header' | 'query', parameters: ReadonlyMap<string, string>, nowMs: number): number {
  if (by === 'header') return nowMs + headerLifetimeMs
  return (timestampMs(parameters.get('X-Amz-Date') ?? '') ?? nowMs) + Number(parameters.get('X-Amz-Expires')) * 1000
}

function fits(type: string, allowed: string): boolean {
  if (allowed === '*/*') return type !== ''
  return allowed.endsWith('/*') ? type.startsWith(allowed.slice(0, -1)) : type === allowed
}

const denied = (what: string): S3Error => new S3Error('AccessDenied', { message: `This request ${what}.` })

const senseless = (name: LimitName): S3Error =>
  new S3Error('InvalidArgument', {
    message: 'This limit says nothing of what is asked for.',
    members: { ArgumentName: `${limitPrefix}${name}` },
  })

const invalid = (name: string, value: string, message: string): S3Error =>
  new S3Error('InvalidArgument', { message, members: { ArgumentName: name, ArgumentValue: value } })
