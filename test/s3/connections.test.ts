// Who is followed, who makes room for whom, and that nobody is followed for longer than there is a connection.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { Connections, type Passenger } from '../../src/s3/connections.js'
import { malformedListener } from '../../src/s3/malformed.js'

const lostBy = (isExpendable: boolean): Passenger => ({
  lose: () => undefined,
  keepPace: () => undefined,
  isExpendable,
})

describe('connections', () => {
  let server: Server
  const clients: Socket[] = []
  beforeEach(async () => {
    server = createServer()
    await once(server.listen(0, '127.0.0.1'), 'listening')
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy()
    server.close()
    await once(server, 'close')
  })

  /** The server's side of a new connection. */
  async function accepted(): Promise<Socket> {
    const address = server.address()
    if (typeof address !== 'object' || address === null) throw new Error('the server does not listen')
    const connected = once(server, 'connection')
    clients.push(connect(address.port, '127.0.0.1'))
    // Node hands over a socket.
    const [socket] = (await connected) as [Socket]
    return socket
  }

  it('are forgotten when they close', async () => {
    const connections = new Connections(10)
    const socket = await accepted()
    connections.accept(socket)
    equal(connections.count, 1)
    socket.destroy()
    await once(socket, 'close')

    equal(connections.count, 0)
  })

  it('that were closed before anything was understood are not followed', async () => {
    const connections = new Connections(10)
    const listener = malformedListener(connections, 'host', 10)
    const socket = await accepted()
    // As Node does for a TLS client that leaves in its handshake.
    socket.once('close', () => listener(new Error('left'), socket))
    socket.destroy()
    await once(socket, 'close')

    equal(connections.count, 0)
  })

  it('make room in the order in which they came to rest, and only those that rest', async () => {
    const connections = new Connections(3)
    const [working, early, late] = [await accepted(), await accepted(), await accepted()]
    for (const socket of [working, early, late]) connections.accept(socket)
    connections.of(working).enter(lostBy(false))
    const done = lostBy(false)
    connections.of(early).enter(done)
    connections.of(early).leave(done)

    const first = await accepted()
    connections.accept(first)
    const isDestroyed = [working, early, late].map(({ destroyed }) => destroyed)
    connections.accept(await accepted())

    deepEqual(isDestroyed, [false, false, true])
    deepEqual(
      [working, early, first].map(({ destroyed }) => destroyed),
      [false, true, false],
    )
    equal(connections.count, 3)
  })

  it('with a request of somebody unknown, or an answer that is sent, make room too', async () => {
    const connections = new Connections(1)
    const socket = await accepted()
    connections.accept(socket)
    connections.of(socket).enter(lostBy(true))
    const next = await accepted()
    connections.accept(next)

    ok(socket.destroyed)
    equal(connections.of(next).isSurplus, false)
  })

  it('are surplus where all are at work', async () => {
    const connections = new Connections(1)
    const socket = await accepted()
    connections.accept(socket)
    connections.of(socket).enter(lostBy(false))
    const next = await accepted()
    connections.accept(next)

    equal(socket.destroyed, false)
    deepEqual([connections.of(next).isSurplus, connections.of(next).isLast], [true, true])
  })
})
