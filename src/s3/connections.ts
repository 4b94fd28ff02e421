// Which requests are under way on which connection: so that what ends a connection reaches every request on it, what is malformed never
// becomes an answer to somebody else's request, and a server that stops, or is full, knows who is idle.

import type { Socket } from 'node:net'
import type { PaceRules } from './pace.js'

/** What a connection tells a request under way on it. */
export interface Passenger {
  /** The client is gone, or sends what is no HTTP any more. */
  lose(reason: Error): void
  /** Whether its client is waited for and nobody is known to need it: it is answered already, or nobody knows who sent it. */
  readonly isExpendable: boolean
  /** Looks whether its client is too slow, and ends it then.
   *  @param elapsedMs since the last look */
  keepPace(elapsedMs: number, rules: PaceRules): void
}

/** The client went away: nothing can be answered. */
export class ClientLeft extends Error {
  override readonly name = 'ClientLeft'
  constructor() {
    super('the client closed the connection')
  }
}

/** Requests that may be under way on one connection. Few clients pipeline, and none so many: one read of a socket can hold two thousand. */
const pipelinedMax = 64

/** Bytes of answers a client may leave lying while it asks for more. */
const untakenSizeBytesMax = 1024 * 1024

/** A full house is looked through for somebody to leave at most so often, ms, when the last look found nobody. */
const fruitlessMsMin = 100

/** Share of the connections that may be at their TLS handshake: who never ends it cannot keep others from beginning theirs. */
const greetingShareMax = 1 / 8

/** One client's connection. */
export class Connection {
  readonly #socket: Socket
  readonly #passengers = new Set<Passenger>()
  readonly #order: Order
  /** When it last had something to do: larger is later. */
  #restedAt: number
  #isLast = false
  #isSurplus = false

  constructor(socket: Socket, order: Order) {
    this.#socket = socket
    this.#order = order
    this.#restedAt = order.next()
    socket.on('close', () => this.#loseAll(new ClientLeft()))
  }

  /** Whether the answers under way are the last ones here. */
  get isLast(): boolean {
    return this.#isLast
  }

  /** Whether it came when there were too many: it is told to come back. */
  get isSurplus(): boolean {
    return this.#isSurplus
  }

  get isIdle(): boolean {
    return this.#passengers.size === 0
  }

  get restedAt(): number {
    return this.#restedAt
  }

  /** Whether it can be closed for the sake of another: no request is under way, or none of somebody known. One whose head has not come
   *  completely is not under way. */
  get isExpendable(): boolean {
    for (const passenger of this.#passengers) if (!passenger.isExpendable) return false
    return true
  }

  /** Whether another request may begin. A client that sends request after request and takes no answers is cut off. */
  mayEnter(): boolean {
    if (this.#passengers.size < pipelinedMax && this.#socket.writableLength < untakenSizeBytesMax) return true
    this.#socket.destroy()
    return false
  }

  enter(passenger: Passenger): void {
    this.#passengers.add(passenger)
  }

  leave(passenger: Passenger): void {
    this.#passengers.delete(passenger)
    this.#restedAt = this.#order.next()
    if (this.#isLast && this.isIdle) this.#socket.destroySoon()
  }

  /** There are too many: the next answer is the last. */
  becomeSurplus(): void {
    this.#isSurplus = true
    this.#isLast = true
  }

  /** Closes the connection when it is idle, and after the answers under way when it is not. */
  closeWhenIdle(): void {
    this.#isLast = true
    // An answer that was handed over may still be on its way out.
    if (this.isIdle) this.#socket.destroySoon()
  }

  /** What arrived last is not HTTP. Answers under way are the last ones; a request whose body it cut short fails with `reason`. */
  loseSense(reason: Error): void {
    this.#isLast = true
    this.#loseAll(reason)
  }

  keepPace(elapsedMs: number, rules: PaceRules): void {
    for (const passenger of this.#passengers) passenger.keepPace(elapsedMs, rules)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #loseAll(reason: Error): void {
    for (const passenger of this.#passengers) passenger.lose(reason)
  }
}

/** Numbers what happens to connections. */
class Order {
  #last = 0

  next(): number {
    this.#last += 1
    return this.#last
  }
}

/** A connection that was found expendable, and when it had come to rest then. */
interface Candidate {
  readonly socket: Socket
  readonly connection: Connection
  readonly restedAt: number
}

/** Every open connection of a server. */
export class Connections {
  readonly #open = new Map<Socket, Connection>()
  readonly #order = new Order()
  readonly #connectionsMax: number
  /** Clients at their TLS handshake by where they come from, the oldest first: the socket that follows it is another one. */
  readonly #greeting = new Map<string, Socket>()
  /** Who is to go next, the one that rests longest last; those that came to rest since rest for less. */
  #candidates: Candidate[] = []
  #fruitlessAtMs = -Infinity

  constructor(connectionsMax = Infinity) {
    this.#connectionsMax = connectionsMax
  }

  get count(): number {
    return this.#open.size
  }

  /** How many may be at their TLS handshake. */
  get greetingMax(): number {
    return Math.ceil(this.#connectionsMax * greetingShareMax)
  }

  /** A client begins its TLS handshake. When too many are at it, the one that has been for longest is gone. */
  greet(socket: Socket): void {
    const place = placeOf(socket)
    this.#greeting.set(place, socket)
    socket.once('close', () => {
      if (this.#greeting.get(place) === socket) this.#greeting.delete(place)
    })
    if (this.#greeting.size <= this.greetingMax) return
    for (const [longest, other] of this.#greeting) {
      this.#greeting.delete(longest)
      other.destroy()
      return
    }
  }

  /** A client has connected. When there are too many, the connection that rests longest makes room: between two requests, before the end of its
   *  next head, or in a request of somebody nobody knows. Where all are at work, the new one is surplus. */
  accept(socket: Socket): void {
    this.#greeting.delete(placeOf(socket))
    const connection = this.of(socket)
    if (this.#open.size > this.#connectionsMax && !this.#makeRoom(socket)) connection.becomeSurplus()
  }

  /** The connection of a socket; it is followed from the first call on. */
  of(socket: Socket): Connection {
    let connection = this.#open.get(socket)
    if (connection === undefined) {
      connection = new Connection(socket, this.#order)
      this.#open.set(socket, connection)
      socket.on('close', () => this.#open.delete(socket))
    }
    return connection
  }

  /** Looks for clients that are too slow.
   *  @param elapsedMs since the last look */
  keepPace(elapsedMs: number, rules: PaceRules): void {
    for (const connection of this.#open.values()) connection.keepPace(elapsedMs, rules)
  }

  /** Closes what is idle; the others close after the answers under way. */
  closeWhenIdle(): void {
    for (const connection of this.#open.values()) connection.closeWhenIdle()
  }

  /** Closes all at once. */
  destroy(): void {
    for (const connection of this.#open.values()) connection.destroy()
  }

  /** Closes the connection that rests longest; answers whether there was one besides `newcomer`. */
  #makeRoom(newcomer: Socket): boolean {
    for (;;) {
      const candidate = this.#candidates.pop()
      if (candidate === undefined) {
        if (!this.#findCandidates(newcomer)) return false
        continue
      }
      const { socket, connection, restedAt } = candidate
      // It may have left meanwhile, or have had something to do.
      if (this.#open.get(socket) !== connection || connection.restedAt !== restedAt) continue
      if (!connection.isExpendable) continue
      this.#open.delete(socket)
      socket.destroy()
      return true
    }
  }

  #findCandidates(newcomer: Socket): boolean {
    const nowMs = performance.now()
    if (nowMs - this.#fruitlessAtMs < fruitlessMsMin) return false
    for (const [socket, connection] of this.#open) {
      if (socket === newcomer || !connection.isExpendable) continue
      this.#candidates.push({ socket, connection, restedAt: connection.restedAt })
    }
    if (this.#candidates.length === 0) {
      this.#fruitlessAtMs = nowMs
      return false
    }
    this.#candidates.sort((a, b) => b.restedAt - a.restedAt)
    return true
  }
}

/** Where a client comes from: no two connections have the same at a time. */
const placeOf = ({ remoteAddress = '', remotePort = 0 }: Socket): string => `${remoteAddress} ${remotePort}`
