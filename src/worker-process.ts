// A worker process: serves the connections the supervisor hands over, with bodies of its own and the catalog by way of the writer process.

import type { Socket } from 'node:net'
import type { Denial } from './auth/denials.js'
import { systemClock } from './contract/operation.js'
import { Inquiries } from './inquiries.js'
import { openLog } from './log.js'
import { type FromWorkerProcess, receivedKey, refusalOf, type ToWorkerProcess } from './process-messages.js'
import { tlsOf } from './listen.js'
import { type Application, applicationOn, cut } from './application.js'
import { passPoint } from './store/fault-points.js'
import { MasterKey } from './store/sealer.js'
import type { ServedStore } from './store/store.js'
import { openWorkerStore } from './store/worker-store.js'
import { leave, supervised } from './supervised.js'

/** How often workers tell each other what they have counted, ms: so much later a limit of a minute is known to be reached by all. */
const talliesMs = 250

/** Set once it is ready. */
let serving: { readonly application: Application; readonly store: ServedStore } | undefined
/** Connections that were handed over and are open. */
const open = new Set<Socket>()
/** What the supervisor has not been told yet. */
let news = { taken: 0, closed: 0 }
/** What other workers are asked. */
const inquiries = new Inquiries<readonly Denial[]>()
let whenEmpty: (() => void) | undefined
let stopping: Promise<void> | undefined

// The supervisor, which is this very program, sends nothing else.
const say: (message: FromWorkerProcess) => void = supervised((message, socket) =>
  receive(message as ToWorkerProcess, socket),
)

function receive(message: ToWorkerProcess, socket: Socket | undefined): void {
  switch (message.kind) {
    case 'start':
      start(message).catch((error: unknown) => say({ kind: 'refused', error: refusalOf(error) }))
      return
    case 'tallies':
      serving?.application.windows.addresses.add(message.addresses)
      serving?.application.windows.callers.add(message.callers)
      return
    case 'connection':
      return take(socket)
    case 'denialsWanted': {
      const { number, requestId } = message
      return say({ kind: 'denials', number, denials: serving?.application.denials.of(requestId) ?? [] })
    }
    case 'denials':
      return inquiries.answer(message.number, message.denials)
    case 'stop':
      void stop(message.graceMs)
  }
}

async function start({ settings, run, instance, number, keys }: ToWorkerProcess & { kind: 'start' }): Promise<void> {
  process.title = `cairn worker ${number}`
  const log = openLog(settings.logLevel, undefined, `worker ${number}`)
  const tls = await tlsOf(settings)
  const store = await openWorkerStore({
    directory: settings.data,
    run,
    instance,
    processes: settings.workers,
    masterKey: MasterKey.of(keys.master),
    log,
    onFailure: (error) => {
      say({ kind: 'stoppedWriting', reason: error.message })
      passPoint('failed sync told')
    },
    onRefusal: (error) => {
      log.error({ err: error }, 'this process has no server any more')
      process.exit(1)
    },
  })
  const parts = { clock: systemClock, log, denialsElsewhere }
  const application = applicationOn(store, receivedKey(keys.root), settings, tls, parts)
  // It is given its connections; with this event Node begins to look for those whose headers are late.
  application.server.emit('listening')
  serving = { application, store }
  setInterval(() => tellTallies(application), talliesMs).unref()
  say({ kind: 'ready' })
}

/** What the other workers have denied to a request. */
async function denialsElsewhere(requestId: string): Promise<readonly Denial[]> {
  return (await inquiries.ask((number) => say({ kind: 'denialsWanted', number, requestId }))) ?? []
}

/** Tells the other workers what was counted here. */
function tellTallies({ windows }: Application): void {
  const [addresses, callers] = [windows.addresses.takeUntold(), windows.callers.takeUntold()]
  if (addresses.length + callers.length > 0) say({ kind: 'tallies', addresses, callers })
}

/** @param socket undefined when the client left on the way here */
function take(socket: Socket | undefined): void {
  tell('taken')
  if (socket === undefined || serving === undefined || stopping !== undefined) {
    socket?.destroy()
    return tell('closed')
  }
  open.add(socket)
  passPoint('connection taken')
  socket.on('close', () => {
    open.delete(socket)
    tell('closed')
    if (open.size === 0) whenEmpty?.()
  })
  serving.application.server.emit('connection', socket)
}

/** What happens in the same turn of the event loop is told together. */
function tell(what: keyof typeof news): void {
  if (news.taken + news.closed === 0) {
    setImmediate(() => {
      say({ kind: 'connections', ...news })
      news = { taken: 0, closed: 0 }
    })
  }
  news[what] += 1
}

/** Lets requests under way finish within the grace, then ends this process. Asked again, the shorter grace counts. */
async function stop(graceMs: number): Promise<void> {
  if (serving === undefined) process.exit(0)
  const { application, store } = serving
  setTimeout(cut, graceMs, application).unref()
  if (stopping !== undefined) return
  application.isStopping = true
  stopping = open.size === 0 ? Promise.resolve() : new Promise((resolve) => (whenEmpty = resolve))
  application.connections.closeWhenIdle()
  await stopping
  application.server.close()
  await application.callers.close()
  await store.close()
  leave()
}
