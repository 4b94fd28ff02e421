// Which requests are under way on which connection: so that what ends a connection reaches every request on it, what is malformed never
// becomes an answer to somebody else's request, and a server that stops knows who is idle.

import type { Socket } from 'node:net'

/** What a connection tells a request under way on it. */
export interface Passenger {
  /** The client is gone, or sends what is no HTTP any more. */
  lose(reason: Error): void
}

/** The client went away: nothing can be answered. */
export class ClientLeft extends Error {
  override readonly name = 'ClientLeft'
  constructor() {
    super('the client closed the connection')
  }
}

/** One client's connection. */
export class Connection {
  readonly #socket: Socket
  readonly #passengers = new Set<Passenger>()
  #isLast = false

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('close', () => this.#loseAll(new ClientLeft()))
  }

  /** Whether the answers under way are the last ones here. */
  get isLast(): boolean {
    return this.#isLast
  }

  get isIdle(): boolean {
    return this.#passengers.size === 0
  }

  enter(passenger: Passenger): void {
    this.#passengers.add(passenger)
  }

  leave(passenger: Passenger): void {
    this.#passengers.delete(passenger)
    if (this.#isLast && this.isIdle) this.#socket.destroySoon()
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

  destroy(): void {
    this.#socket.destroy()
  }

  #loseAll(reason: Error): void {
    for (const passenger of this.#passengers) passenger.lose(reason)
  }
}

/** Every open connection of a server. */
export class Connections {
  readonly #open = new Map<Socket, Connection>()

  /** The connection of a socket; it is followed from the first call on. */
  of(socket: Socket): Connection {
    let connection = this.#open.get(socket)
    if (connection === undefined) {
      connection = new Connection(socket)
      this.#open.set(socket, connection)
      socket.on('close', () => this.#open.delete(socket))
    }
    return connection
  }

  /** Closes what is idle; the others close after the answers under way. */
  closeWhenIdle(): void {
    for (const connection of this.#open.values()) connection.closeWhenIdle()
  }

  /** Closes all at once. */
  destroy(): void {
    for (const connection of this.#open.values()) connection.destroy()
  }
}
