// Composition of a process that answers requests: keys, limits, operations and applications on a store, behind one HTTP server.

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import Koa from 'koa'
import { administration } from './administration.js'
import { iamAuthorizer } from './auth/authorize-iam.js'
import { formAuthenticator } from './auth/authenticate-form.js'
import { blockListOf } from './auth/address-list.js'
import { authenticator } from './auth/authenticate.js'
import { CallerLimits } from './auth/limits/caller-limits.js'
import { Entry } from './auth/limits/entry.js'
import { Guard } from './auth/limits/guard.js'
import { RequestWindows } from './auth/limits/request-windows.js'
import { authorizer } from './auth/authorize.js'
import { type Denial, Denials } from './auth/denials.js'
import { keyRing } from './auth/key-ring.js'
import { KeyUses } from './auth/key-uses.js'
import { operatorKey } from './auth/operator.js'
import type { RootKey } from './auth/root-key.js'
import { corsRulesOf } from './buckets/bucket-cors.js'
import { everythingBlocked } from './contract/bucket-access.js'
import type { Log } from './contract/log.js'
import type { Clock, OperationName, Operations } from './contract/operation.js'
import { health } from './health.js'
import { iamApp } from './iam/app.js'
import { iamOperations } from './iam-operations.js'
import { stsOperations } from './identity/sts-operations.js'
import { operations } from './operations.js'
import { addressOf } from './s3/address.js'
import { Admission } from './s3/admission.js'
import { s3App } from './s3/app.js'
import { Connections } from './s3/connections.js'
import { newHostId } from './s3/request-id.js'
import type { Settings } from './settings.js'
import { findAccount } from './store/catalog/account.js'
import type { ServedStore } from './store/store.js'
import { type Answering, httpServer, lingerMsMax } from './http-server.js'
import type { Tls } from './listen.js'

/** An unread body of this size is read past faster than a new connection is made. */
const skippedSizeBytesMax = 256 * 1024

/** The application on a store. */
export interface Application {
  /** Does not listen yet. */
  readonly server: Server
  readonly connections: Connections
  /** Of this process. */
  readonly denials: Denials
  /** Whether no further requests are wanted; said under `/-/health/ready`. */
  isStopping: boolean
  /** What callers may ask for. To be closed before the store. */
  readonly callers: CallerLimits
  /** What is counted in a minute, by whom: several processes tell each other. */
  readonly windows: { readonly addresses: RequestWindows; readonly callers: RequestWindows }
}

/** What an application is given beside its settings. */
interface ApplicationParts {
  /** In place of, or beside, those that Cairn has: tests hand them in. */
  readonly operations?: Operations
  readonly clock: Clock
  readonly log: Log
  /** What other processes of the server have denied to a request. */
  readonly denialsElsewhere?: (requestId: string) => Promise<readonly Denial[]>
}

/** Makes the application of a server, or of one of its worker processes. */
export function applicationOn(
  store: ServedStore,
  rootKey: RootKey,
  settings: Settings,
  tls: Tls | undefined,
  { clock, log, operations: added, denialsElsewhere = async () => [] }: ApplicationParts,
): Application {
  const connections = new Connections(Math.ceil(settings.connectionsMax / settings.workers))
  const hostId = newHostId()
  const { catalog } = store
  const account = catalog.readNow(findAccount, rootKey.accountId)
  if (account === undefined) throw new Error('The catalog has no account of the operator')
  const { region } = settings
  const newBuckets = {
    ownership: settings.newBucketOwnership,
    publicAccessBlock: settings.newBucketPublicAccess === 'blocked' ? everythingBlocked : undefined,
  }
  const operator = operatorKey(rootKey, account)
  const uses = new KeyUses(catalog, region, log)
  const keys = keyRing({ operator, catalog, sealer: store.sealer, clock, uses })
  const denials = new Denials()
  const parts = { catalog, region, clock, log, denials }
  const decider = authorizer(parts)
  // Counted apart: who has many addresses must not make callers forgotten.
  const windows = { addresses: new RequestWindows(clock), callers: new RequestWindows(clock) }
  const callers = new CallerLimits({ catalog, clock, log, windows: windows.callers })
  const guard = new Guard({
    clock,
    log,
    windows: windows.addresses,
    anonymousPerMinute: settings.anonymousRequestsPerMinute,
    failuresPerMinute: settings.failedSignaturesPerMinute,
  })
  const formsOf = formAuthenticator({ keys, region, clock, acceptsVersion2: settings.acceptSignatureV2Forms })
  const app = new Koa()
  // Every error is answered and logged by the application; what is left are sockets that broke after the answer.
  app.silent = true
  const isReady = async (): Promise<boolean> => !application.isStopping && store.failure() === undefined
  const isOurs = isOursUnder(settings.domain)
  const entry = new Entry({ catalog, clock, callers })
  const authenticate = guard.around(authenticator({ keys, region, clock }))
  const trustedProxies = settings.trustedProxies.length === 0 ? undefined : blockListOf(settings.trustedProxies)
  const served = { ...operations(store, clock, region, newBuckets), ...added }
  const s3 = s3App({
    operations: served,
    authenticate,
    authenticateForm: guard.aroundForms(formsOf),
    entry,
    trustedProxies,
    authorizer: decider,
    domains: settings.domain,
    hostId,
    corsRulesOf: (bucket) => corsRulesOf(store, bucket),
    clock,
    connections,
    neighbour: iamApp({
      operations: iamOperations(store, clock, settings),
      stsOperations: stsOperations(store, clock, settings),
      keys,
      guard,
      entry,
      authorize: iamAuthorizer(decider, catalog),
      parts,
    }),
    // What a server of several processes may work on is divided among them.
    admission: new Admission(Math.ceil(settings.requestsMax / settings.workers)),
    limits: { idleMsMax: settings.idleTimeoutMs, lingerMsMax, skippedSizeBytesMax },
    log,
  })
  const administrationApp = administration({
    store,
    operator,
    authorizer: decider,
    denials: async (requestId) => [...denials.of(requestId), ...(await denialsElsewhere(requestId))],
    // The operations are listed under their names.
    operationNames: Object.keys(served) as OperationName[],
    clock,
    connections,
    authenticate,
    trustedProxies,
    isOurs,
    log,
  })
  app.use(health(isReady, isOurs))
  app.use(administrationApp)
  app.use(s3)
  const server = httpServer(settings, tls, listenerOf(app, s3, log), connections, hostId)
  const application: Application = { server, connections, denials, isStopping: false, callers, windows }
  return application
}

/** Whether "/-/…" under a Host header is not a key in a bucket of that name. */
const isOursUnder =
  (domains: readonly string[]) =>
  (host: string | undefined): boolean => {
    const request = { method: 'GET', path: '/-/', query: '', headers: { host }, remoteAddress: '', isSecure: false }
    return addressOf(request, domains).bucket === '-'
  }

/** What is asked of the server itself goes through Koa's middleware; everything else goes to S3's without a detour. Koa's own way with a request listens
 *  to each response for its end, to report what S3 has answered, logged and closed already: 2 of 30 us of a GET. */
function listenerOf(app: Koa, s3: Koa.Middleware, log: Log): Answering {
  const throughAll = app.callback()
  const answerS3 = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      await s3(app.createContext(request, response), noNext)
    } catch (error) {
      log.error({ err: error }, 'a request was not answered')
      response.destroy()
    }
  }
  return (request, response) => {
    if (request.url?.startsWith('/-/') === true) void throughAll(request, response)
    else void answerS3(request, response)
  }
}

const noNext = (): Promise<void> => Promise.resolve()

/** Closes every connection at once. */
export function cut({ server, connections }: Pick<Application, 'server' | 'connections'>): void {
  connections.destroy()
  server.closeAllConnections()
}
