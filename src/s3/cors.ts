// Answers to pages of other origins, by the rules of the bucket. Nothing is decided here about who may do what: a preflight is not signed, and
// a request that matches no rule is answered all the same; it is the browser that keeps the answer from the page.
// Source: AWS user guide, "Using cross-origin resource sharing (CORS)", and the Fetch standard, "CORS protocol".

import type { CORSRule } from '@aws-sdk/client-s3'
import { S3Error } from '../contract/errors.js'
import type { Address, HttpRequest } from '../contract/request.js'
import type { Answer } from '../wire/answer.js'

/** A bucket's rules in order, none when it has no configuration; throws NoSuchBucket. */
export type CorsRulesOf = (bucket: string) => Promise<readonly CORSRule[]>

/** What a page asks for. */
interface Asked {
  readonly origin: string
  readonly method: string
  /** Lower-case names; none in an actual request, where the browser has compared them already. */
  readonly headers: readonly string[]
}

interface Match {
  readonly rule: CORSRule
  readonly isAnyOrigin: boolean
}

/** What an answer depends on beside its URL, so that no cache gives one origin's answer to another. */
const vary = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method'

/** Answers a preflight (OPTIONS), which nobody signs.
 *  @throws BadRequest when it is none, AccessForbidden when no rule allows what it asks for */
export async function preflight(request: HttpRequest, address: Address, rulesOf: CorsRulesOf): Promise<Answer> {
  const { headers } = request
  const origin = headers['origin']
  const method = headers['access-control-request-method']
  if (origin === undefined || origin === '') {
    throw new S3Error('BadRequest', { message: 'Insufficient information. Origin request header needed.' })
  }
  if (method === undefined || !methods.has(method)) {
    throw new S3Error('BadRequest', { message: `Invalid Access-Control-Request-Method: ${method ?? 'null'}` })
  }
  const asked: Asked = { origin, method, headers: namesIn(headers['access-control-request-headers']) }
  const members = { Method: method, ResourceType: address.key === undefined ? 'BUCKET' : 'OBJECT' }
  const rules = await rulesOrNothing(address.bucket, rulesOf)
  if (rules === undefined) {
    throw new S3Error('AccessForbidden', {
      message: 'CORSResponse: Bucket not found',
      members,
      headers: { Vary: vary },
    })
  }
  if (rules.length === 0) {
    const message = 'CORSResponse: CORS is not enabled for this bucket.'
    throw new S3Error('AccessForbidden', { message, members, headers: { Vary: vary } })
  }
  const match = firstMatch(rules, asked)
  if (match === undefined) throw new S3Error('AccessForbidden', { members, headers: { Vary: vary } })
  return { status: 200, headers: new Map(Object.entries(headersOf(match, asked))), body: undefined }
}

/** Headers that an answer to a page of another origin carries, errors included; nothing but Vary when no rule allows it. */
export async function corsHeaders(
  request: HttpRequest,
  bucket: string | undefined,
  rulesOf: CorsRulesOf,
): Promise<Readonly<Record<string, string>>> {
  const origin = request.headers['origin']
  if (origin === undefined || origin === '') return {}
  const rules = await rulesOrNothing(bucket, rulesOf)
  if (rules === undefined || rules.length === 0) return {}
  const asked: Asked = { origin, method: request.method, headers: [] }
  const match = firstMatch(rules, asked)
  return match === undefined ? { Vary: vary } : headersOf(match, asked)
}

const methods: ReadonlySet<string> = new Set(['GET', 'PUT', 'POST', 'DELETE', 'HEAD'])

async function rulesOrNothing(
  bucket: string | undefined,
  rulesOf: CorsRulesOf,
): Promise<readonly CORSRule[] | undefined> {
  if (bucket === undefined) return undefined
  try {
    return await rulesOf(bucket)
  } catch (error) {
    if (error instanceof S3Error) return undefined
    throw error
  }
}

const namesIn = (list: string | undefined): string[] =>
  (list ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')

/** AWS: "The first rule that matches is used": origin, method and every header asked for must be in one and the same rule. */
function firstMatch(rules: readonly CORSRule[], asked: Asked): Match | undefined {
  for (const rule of rules) {
    const pattern = rule.AllowedOrigins?.find((allowed) => fits(asked.origin, allowed))
    if (pattern === undefined || !rule.AllowedMethods?.includes(asked.method)) continue
    const allowed = (rule.AllowedHeaders ?? []).map((name) => name.toLowerCase())
    if (!asked.headers.every((name) => allowed.some((one) => fits(name, one)))) continue
    return { rule, isAnyOrigin: pattern === '*' }
  }
  return undefined
}

/** Whether `text` is `pattern`, whose one "*" stands for any characters, also none. */
function fits(text: string, pattern: string): boolean {
  const star = pattern.indexOf('*')
  if (star === -1) return text === pattern
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)]
  return text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after)
}

function headersOf({ rule, isAnyOrigin }: Match, asked: Asked): Record<string, string> {
  const { AllowedMethods = [], ExposeHeaders = [], MaxAgeSeconds } = rule
  return {
    'Access-Control-Allow-Origin': isAnyOrigin ? '*' : asked.origin,
    'Access-Control-Allow-Methods': AllowedMethods.join(', '),
    ...(asked.headers.length > 0 && { 'Access-Control-Allow-Headers': asked.headers.join(', ') }),
    ...(ExposeHeaders.length > 0 && { 'Access-Control-Expose-Headers': ExposeHeaders.join(', ') }),
    ...(MaxAgeSeconds !== undefined && { 'Access-Control-Max-Age': String(MaxAgeSeconds) }),
    // Fetch, "CORS protocol and credentials": with credentials the origin must not be "*".
    ...(!isAnyOrigin && { 'Access-Control-Allow-Credentials': 'true' }),
    Vary: vary,
  }
}
