// Composition: store, keys, operations and application become one server that is started and stopped.

import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Socket } from 'node:net'
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
import { SettingsError } from './config.js'
import { everythingBlocked } from './contract/bucket-access.js'
import type { Log } from './contract/log.js'
import { type Clock, type OperationName, type Operations, systemClock } from './contract/operation.js'
import { health } from './health.js'
import { iamApp } from './iam/app.js'
import { iamOperations } from './iam-operations.js'
import { stsOperations } from './identity/sts-operations.js'
import { endpointOf, listen, surplusConnectionsMax, type Tls, tlsOf } from './listen.js'
import { openLog } from './log.js'
import { operations } from './operations.js'
import { addressOf } from './s3/address.js'
import { Admission } from './s3/admission.js'
import { s3App } from './s3/app.js'
import { Connections } from './s3/connections.js'
import { malformedListener } from './s3/malformed.js'
import { type PaceRules, sweepMsFor } from './s3/pace.js'
import { newHostId } from './s3/request-id.js'
import { openLockedData } from './locked-data.js'
import type { Settings } from './settings.js'
import { findAccount } from './store/catalog/account.js'
import { type LocalStore, openStore } from './store/open-store.js'
import type { ServedStore } from './store/store.js'

/** Bytes of a request's line and headers. S3 allows 8 KiB of headers; a presigned URL with a key of 1,024 encoded bytes, a session token and the
 *  headers of proxies and browsers come on top. */
const headerSizeBytesMax = 32 * 1024

/** A TLS handshake takes a few round trips. */
const handshakeMsMax = 10_000

/** How often Node looks for connections whose headers are late, at most. */
const lateHeadersCheckMsMax = 5_000

/** After its answer a client may go on sending for so long. nginx's `lingering_timeout` is 5 s. */
const lingerMsMax = 5_000

/** An unread body of this size is read past faster than a new connection is made. */
const skippedSizeBytesMax = 256 * 1024

/** What tests hand in. */
export interface ServerParts {
  readonly clock?: Clock
  readonly log?: Log
  /** In place of, or beside, those that Cairn has. */
  readonly operations?: Operations
}

/** A server that accepts requests. */
export interface RunningServer {
  /** "http://127.0.0.1:9000": where it listens, with the port it was given. */
  readonly endpoint: URL
  readonly region: string
  readonly rootKey: RootKey
  readonly store: LocalStore
  /** Stops accepting, lets requests under way finish within the grace, then closes the store.
   *  @param graceMs in place of the setting */
  close(graceMs?: number): Promise<void>
  /** Stops at once: requests under way are cut off. */
  closeNow(): Promise<void>
}

/** Opens the data directory and listens.
 *  @throws SettingsError for data directories and certificates that cannot be used and addresses that cannot be listened on
 *  @throws DirectoryLocked when another server has the data directory */
export async function startServer(settings: Settings, parts: ServerParts = {}): Promise<RunningServer> {
  const { clock = systemClock, log = openLog(settings.logLevel) } = parts
  const tls = await tlsOf(settings)
  const { rootKey, store } = await openData(settings, clock, log)
  let application: Application | undefined
  try {
    const made = (application = applicationOn(store, rootKey, settings, tls, { ...parts, clock, log }))
    const { server } = made
    await listen(server, settings.address)
    const endpoint = endpointOf(server, settings.address.host, tls !== undefined)
    let closed: Promise<void> | undefined
    const close = (graceMs = settings.shutdownGraceMs): Promise<void> => {
      made.isStopping = true
      closed ??= stop(made, graceMs, store)
      return closed
    }
    const closeNow = (): Promise<void> => {
      const stopped = close(0)
      cut(made)
      return stopped
    }
    return { endpoint, region: settings.region, rootKey, store, close, closeNow }
  } catch (error) {
    await application?.callers.close()
    await store.close()
    throw error
  }
}

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
interface ApplicationParts extends Pick<ServerParts, 'operations'> {
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
  const sweep = keepPace(connections, { rateBytesMin: settings.transferRateMin, graceMs: settings.transferGraceMs })
  server.once('close', () => clearInterval(sweep))
  const application: Application = { server, connections, denials, isStopping: false, callers, windows }
  return application
}

/** The key and the store of a data directory. It is locked before the key is read: of two first starts at once only one makes a key. */
async function openData(settings: Settings, clock: Clock, log: Log): Promise<{ rootKey: RootKey; store: LocalStore }> {
  const directory = settings.data
  const { lock, rootKey } = await openLockedData(directory, settings)
  const { accountId: ownerId, displayName: ownerName } = rootKey
  const scrub = { days: settings.scrubDays, mibPerSecondMax: settings.scrubMibPerSecondMax }
  const { masterKeyFile } = settings
  const store = await openStore({
    directory,
    clock,
    ownerId,
    ownerName,
    log,
    lock,
    scrub,
    ...(masterKeyFile !== undefined && { masterKeyFile }),
  })
  return { rootKey, store }
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
function listenerOf(
  app: Koa,
  s3: Koa.Middleware,
  log: Log,
): (request: IncomingMessage, response: ServerResponse) => void {
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

function httpServer(
  settings: Settings,
  tls: Tls | undefined,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  connections: Connections,
  hostId: string,
): Server {
  const options = {
    insecureHTTPParser: false,
    maxHeaderSize: headerSizeBytesMax,
    // A second Host or Authorization header must not vanish in silence.
    joinDuplicateHeaders: true,
    // A missing Host is refused where every other refusal is.
    requireHostHeader: false,
    headersTimeout: settings.headersTimeoutMs,
    connectionsCheckingInterval: Math.min(lateHeadersCheckMsMax, settings.headersTimeoutMs),
    // 5 GiB take as long as they take; who stops moving is given up after `idleTimeoutMs`.
    requestTimeout: 0,
    keepAliveTimeout: settings.keepAliveTimeoutMs,
    noDelay: true,
  }
  const server = tls === undefined ? createHttpServer(options) : createTlsServer(options, tls)
  // Beyond a maximum Node would drop headers in silence; the bytes are bounded above.
  server.maxHeadersCount = 0
  const greetingMax = tls === undefined ? 0 : connections.greetingMax
  server.maxConnections = settings.connectionsMax + surplusConnectionsMax + greetingMax
  server.timeout = settings.idleTimeoutMs
  server.on('request', answer)
  // Without this listener Node would ask for the body at once.
  server.on('checkContinue', answer)
  // RFC 9110, 10.1.1: an expectation that is not known "MAY" be answered 417, as Node does when nobody listens; S3 takes no notice of it.
  server.on('checkExpectation', answer)
  server.on('clientError', malformedListener(connections, hostId, lingerMsMax))
  if (tls !== undefined) server.on('connection', (socket: Socket) => connections.greet(socket))
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => connections.accept(socket))
  return server
}

/** Looks now and then for clients that are too slow. Keeps no process alive. */
function keepPace(connections: Connections, rules: PaceRules): NodeJS.Timeout {
  let beforeMs = performance.now()
  const look = (): void => {
    const nowMs = performance.now()
    connections.keepPace(nowMs - beforeMs, rules)
    beforeMs = nowMs
  }
  return setInterval(look, sweepMsFor(rules)).unref()
}

function createTlsServer(options: Parameters<typeof createHttpServer>[0] & object, tls: Tls): Server {
  try {
    return createHttpsServer({ ...options, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: handshakeMsMax })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SettingsError(`tlsCert and tlsKey hold no certificate with its private key in PEM form (${reason}).`, {
      cause,
    })
  }
}

async function stop(application: Application, graceMs: number, store: LocalStore): Promise<void> {
  const { server, connections, callers } = application
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  connections.closeWhenIdle()
  const late = setTimeout(cut, graceMs, application)
  await closed
  clearTimeout(late)
  await callers.close()
  await store.close()
}

/** Closes every connection at once. */
export function cut({ server, connections }: Pick<Application, 'server' | 'connections'>): void {
  connections.destroy()
  server.closeAllConnections()
}
