// Administration over HTTP: JSON under `/-/admin/v1`, for `cairn admin` and programs. Requests are signed as S3's are (Signature Version 4, service "s3"), in
// the Authorization header; a URL that carries its signature can do nothing here, nor can a page of another origin.

import type { IncomingMessage } from 'node:http'
import Router from '@koa/router'
import type { Context, Middleware } from 'koa'
import type { z } from 'zod'
import type { Authenticated } from '../auth/caller.js'
import { S3Error } from '../contract/errors.js'
import { IamError } from '../contract/iam-errors.js'
import type { Log } from '../contract/log.js'
import type { HttpRequest } from '../contract/request.js'
import { AdminError } from './admin-error.js'
import { readJson } from './read-json.js'
import type { Asked, Right, Route } from './route.js'

/** Where administration is. The number changes when a program written for it would not understand it any more. */
const adminPrefix = '/-/admin/v1'

/** Requests answered at a time; each holds at most its body. */
const requestsMax = 64

/** What administration is made of. */
export interface AdminSettings {
  readonly routes: readonly Route[]
  /** Whether a path under this Host header is the server's own; under a bucket's host name it is a key. */
  readonly isOurs: (host: string | undefined) => boolean
  /** Node's message, looked at as S3's are. */
  readonly requestOf: (message: IncomingMessage) => HttpRequest
  /** Who signed: the function S3 asks too. */
  readonly authenticate: (request: HttpRequest) => Authenticated | Promise<Authenticated>
  /** Whom a sender stands for; undefined for nobody, and where the signature is not in the Authorization header. */
  readonly senderOf: (authenticated: Authenticated) => Promise<Sender | undefined> | Sender | undefined
  /** Whether a sender has a right by the policies that hold for it. */
  readonly isAllowed: (authenticated: Authenticated, right: Right, request: HttpRequest, requestId: string) => boolean
  /** Tells that a request is under way on a connection, so that a stop waits for its answer; answers what tells its end, or undefined when the
   *  connection has too many already. */
  readonly begin: (message: IncomingMessage) => (() => void) | undefined
  readonly newRequestId: () => string
  readonly log: Log
}

/** Who asks. */
export type Sender = Pick<Asked, 'principal' | 'account' | 'accessKeyId' | 'isLimited'>

/** Answers everything under `/-/admin`, and leaves the rest to who comes next. */
export function adminApp(settings: AdminSettings): Middleware {
  const { isOurs, begin, routes } = settings
  const router = new Router({ prefix: adminPrefix, strict: true })
  let underWay = 0
  for (const route of routes) {
    router.register(route.path, [route.method], async (context) => answer(settings, route, context, context['params']))
  }
  const dispatch = router.routes()
  return async (context, next) => {
    const { req } = context
    if (!isBelow('/-/admin', req.url) || !isOurs(req.headers.host)) return next()
    const end = begin(req)
    if (end === undefined) return undefined
    context.res.once('close', end)
    const requestId = settings.newRequestId()
    context.set(headersOf(requestId))
    context.state['requestId'] = requestId
    underWay += 1
    try {
      if (underWay > requestsMax)
        throw new AdminError('SlowDown', 'Too many requests at a time: come back in a moment.')
      // The router's context is Koa's with members of its own, which it adds itself.
      await dispatch(context as Parameters<typeof dispatch>[0], () => nothingThere(settings, context, routes))
    } catch (error) {
      refuse(settings, context, error, requestId)
    } finally {
      underWay -= 1
      // What nobody has read must not become the next request, nor what follows a request nobody could make sense of.
      if (!req.complete || context.state['sender'] === undefined) context.set('Connection', 'close')
      note(settings, context, requestId)
    }
  }
}

const isBelow = (prefix: string, url = ''): boolean =>
  url.startsWith(prefix) && (url.length === prefix.length || /[/?]/.test(url.charAt(prefix.length)))

/** Answers are for programs of people who signed: no page reads, keeps, frames or guesses at them. */
const headersOf = (requestId: string): Record<string, string> => ({
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'Cross-Origin-Resource-Policy': 'same-origin',
  Server: 'Cairn',
  'X-Content-Type-Options': 'nosniff',
  'x-amz-request-id': requestId,
})

/** One request on its route. */
async function answer(
  settings: AdminSettings,
  route: Route,
  context: Context,
  parameters: Readonly<Record<string, string>>,
): Promise<void> {
  const { request, authenticated, sender } = await identified(settings, context)
  const sent = await readJson(context.req, context.res, authenticated.payload)
  const options = new URLSearchParams(request.query)
  let hasAsked = false
  const asked: Asked = {
    ...sender,
    requestId: String(context.state['requestId']),
    parameter: (name) => parameters[name] ?? '',
    option: (name) => options.get(name) ?? undefined,
    body: (schema) => parsed(schema, sent),
    isOwn(accessKeyId) {
      if (accessKeyId !== sender.accessKeyId) throw new Error('a key was taken for the one that signed')
      hasAsked = true
    },
    async require(right) {
      hasAsked = true
      const { principal, account } = sender
      const isOperator = principal.kind === 'root' && principal.isOperator
      if (!isOperator && right.accountId !== account.id) throw denied(right)
      if (!settings.isAllowed(authenticated, right, request, asked.requestId)) throw denied(right)
    },
  }
  const told = await route.answer(asked)
  // Default deny: what did not ask for a right is a bug, and says nothing.
  if (!hasAsked) throw new Error(`${route.method} ${route.path} answered without asking for a right`)
  if (told === undefined) context.status = 204
  else {
    context.status = 200
    context.body = told
  }
}

/** Who asks.
 *  @throws S3Error, as S3's authentication does; AdminError AccessDenied when nobody signed in the header */
async function identified(settings: AdminSettings, context: Context) {
  const request = settings.requestOf(context.req)
  const authenticated = await settings.authenticate(request)
  const sender = await settings.senderOf(authenticated)
  context.state['sender'] = sender
  if (sender === undefined) {
    throw new AdminError('AccessDenied', 'Administration needs a signature in the Authorization header.')
  }
  return { request, authenticated, sender }
}

/** Whatever may have changed something is written down, with who did it. */
function note({ log }: AdminSettings, context: Context, requestId: string): void {
  const sender = context.state['sender'] as Sender | undefined
  const { method, path, status } = context
  if (method === 'GET' || method === 'HEAD' || sender === undefined) return
  const { principal, accessKeyId } = sender
  log.info({ requestId, principal: principal.arn, accessKeyId, request: `${method} ${path}`, status }, 'administration')
}

const denied = ({ action, resource }: Right): AdminError =>
  new AdminError('AccessDenied', `You may not do ${action} on ${resource}.`)

function parsed<Body>(schema: z.ZodType<Body>, sent: unknown): Body {
  const read = schema.safeParse(sent ?? {})
  if (read.success) return read.data
  const [issue] = read.error.issues
  const where = issue?.path.join('.') ?? ''
  throw new AdminError('InvalidInput', `${where === '' ? 'The body' : where}: ${issue?.message ?? 'is not allowed'}`)
}

/** A path or a method nobody answers: told to whom signed, like everything here. */
async function nothingThere(settings: AdminSettings, context: Context, routes: readonly Route[]): Promise<void> {
  await identified(settings, context)
  const path = (context.path.startsWith(adminPrefix) ? context.path.slice(adminPrefix.length) : '').split('/')
  const methods = routes.filter((route) => {
    const parts = route.path.split('/')
    return parts.length === path.length && parts.every((part, at) => part.startsWith(':') || part === path[at])
  })
  if (methods.length === 0) throw new AdminError('NoSuchPath', `There is nothing under ${context.path}.`)
  context.set('Allow', methods.map(({ method }) => method).join(', '))
  throw new AdminError('MethodNotAllowed', `${context.method} is not a method of ${context.path}.`)
}

/** The one place where an error becomes an answer. */
function refuse({ log }: AdminSettings, context: Context, error: unknown, requestId: string): void {
  const isRefusal = error instanceof AdminError || error instanceof S3Error || error instanceof IamError
  const refusal = isRefusal ? error : undefined
  if (refusal === undefined || (refusal.status >= 500 && refusal.code !== 'SlowDown')) {
    log.error({ requestId, request: `${context.method} ${context.path}`, err: error }, 'administration failed')
  }
  context.status = refusal?.status ?? 500
  if (refusal instanceof S3Error) context.set(refusal.headers)
  if (refusal?.code === 'SlowDown' && !context.response.get('Retry-After')) context.set('Retry-After', '1')
  context.body = {
    code: refusal?.code ?? 'InternalError',
    message: refusal?.message ?? 'The server failed; its log says why, under the id of this request.',
    requestId,
  }
}
