// Composition of administration: its routes over the store, and the rights they ask for.

import type { BlockList } from 'node:net'
import type { Middleware } from 'koa'
import { accountRoutes } from './admin/accounts.js'
import { adminApp, type AdminSettings } from './admin/app.js'
import { explanationRoutes } from './admin/explanations.js'
import { keyRoutes } from './admin/keys.js'
import { presignedRoutes } from './admin/presigned.js'
import { quotaRoutes } from './admin/quotas.js'
import { limitRoutes } from './admin/rate-limits.js'
import type { Right } from './admin/route.js'
import { usageRoutes } from './admin/usage.js'
import type { Authenticated } from './auth/caller.js'
import type { Authorizer } from './auth/authorize.js'
import { S3Error } from './contract/errors.js'
import type { HttpRequest } from './contract/request.js'
import { explainer, type ExplainerParts } from './explainer.js'
import { administrationOf } from './identity/administration.js'
import type { Connections } from './s3/connections.js'
import { httpRequestOf } from './s3/http-request.js'
import { newRequestId } from './s3/request-id.js'

/** What it is composed of. */
export interface AdministrationParts extends Pick<AdminSettings, 'authenticate' | 'isOurs' | 'log'>, ExplainerParts {
  readonly connections: Connections
  /** Whose X-Forwarded-For is believed. */
  readonly trustedProxies: BlockList | undefined
}

/** The application under `/-/admin`. */
export function administration(parts: AdministrationParts): Middleware {
  const { store, operator, clock, connections, authenticate, trustedProxies, isOurs, log } = parts
  const identities = administrationOf(store, clock, operator.standing.caller)
  return adminApp({
    authenticate,
    isOurs,
    log,
    routes: [
      ...accountRoutes(identities),
      ...keyRoutes(identities),
      ...quotaRoutes(identities, store),
      ...limitRoutes(identities, store, clock),
      ...usageRoutes(identities, store, clock),
      ...presignedRoutes(identities, store, clock),
      ...explanationRoutes(identities, explainer(parts)),
    ],
    requestOf: (message) => httpRequestOf(message, trustedProxies),
    newRequestId,
    senderOf,
    isAllowed: isAllowed.bind(undefined, parts.authorizer),
    begin: (message) => enter(connections, message.socket),
  })
}

/** A URL that carries its signature administers nothing: it is made to be handed on. */
const senderOf: AdminSettings['senderOf'] = ({ by, standing: { caller, policies } }) =>
  by !== 'header' || caller.principal.kind === 'anonymous'
    ? undefined
    : {
        principal: caller.principal,
        account: caller.principal.account,
        accessKeyId: caller.accessKeyId,
        isLimited: policies.session.length > 0,
      }

/** Asks the one place that decides; a denial is logged and remembered there. */
function isAllowed(
  authorizer: Authorizer,
  authenticated: Authenticated,
  { action, resource }: Right,
  request: HttpRequest,
  requestId: string,
): boolean {
  const { headers, query, remoteAddress, isSecure } = request
  const facts = { headers, parameters: new Map(new URLSearchParams(query)), remoteAddress, isSecure }
  try {
    authorizer.authorizeAction({ requestId, authenticated, facts }, { action, resource })
    return true
  } catch (error) {
    if (error instanceof S3Error && error.code === 'AccessDenied') return false
    throw error
  }
}

/** A request under way on a connection, so that nobody takes the connection for idle; answers what ends it. Its body is bounded in time and size by who reads it. */
function enter(connections: Connections, socket: Parameters<Connections['of']>[0]): (() => void) | undefined {
  const connection = connections.of(socket)
  if (!connection.mayEnter()) return undefined
  const passenger = { isExpendable: false, lose: () => undefined, keepPace: () => undefined }
  connection.enter(passenger)
  return () => connection.leave(passenger)
}
