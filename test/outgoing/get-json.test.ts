// Security rule 9: outgoing calls "cannot reach private addresses unless configured, after DNS resolution, no redirects".

import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getJson, OutgoingFailure } from '../../src/outgoing/get-json.js'
import { isLoopbackAddress, isPublicAddress } from '../../src/outgoing/public-address.js'

const open = { allowsPrivate: true, timeMsMax: 1000, sizeBytesMax: 1000 }
const closed = { ...open, allowsPrivate: false }

describe('addresses', () => {
  const cases: readonly (readonly [address: string, isPublic: boolean])[] = [
    ['1.1.1.1', true],
    ['8.8.8.8', true],
    ['100.63.255.255', true],
    ['172.15.0.1', true],
    ['172.32.0.1', true],
    ['2606:4700::1111', true],
    ['2a00:1450:4001:80b::200e', true],
    ['0.0.0.0', false],
    ['10.1.2.3', false],
    ['100.64.0.1', false],
    ['127.0.0.1', false],
    ['127.255.255.254', false],
    ['169.254.169.254', false],
    ['172.16.0.1', false],
    ['172.31.255.255', false],
    ['192.168.1.1', false],
    ['198.18.0.1', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['::', false],
    ['::1', false],
    ['::ffff:8.8.8.8', false],
    ['::ffff:127.0.0.1', false],
    ['64:ff9b::7f00:1', false],
    ['fc00::1', false],
    ['fd12:3456::1', false],
    ['fe80::1', false],
    ['ff02::1', false],
    ['2001:db8::1', false],
    ['2001::1', false],
    ['2002:7f00:1::', false],
    ['localhost', false],
    ['0x7f.1', false],
    ['', false],
  ]
  for (const [address, isPublic] of cases) {
    it(`${address || 'nothing'} is ${isPublic ? '' : 'not '}public`, () => equal(isPublicAddress(address), isPublic))
  }

  it('of the machine itself are loopback', () => {
    const all = ['127.0.0.1', '127.9.9.9', '::1', '10.0.0.1', '::2', 'x']
    deepEqual(all.filter(isLoopbackAddress), ['127.0.0.1', '127.9.9.9', '::1'])
  })
})

describe('a document of another server', () => {
  let server: Server
  let url: URL
  let answer: RequestListener
  let asked: number

  beforeEach(async () => {
    asked = 0
    answer = (_, response) => response.end('{"a":1}')
    server = createServer((request, response) => {
      asked += 1
      answer(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    // It listens on TCP.
    url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/document`)
  })
  afterEach(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )

  const fails = (target: URL, reason: RegExp, limits = open): Promise<void> =>
    rejects(getJson(target, limits), (error: unknown) => {
      ok(error instanceof OutgoingFailure, String(error))
      match(error.message, reason)
      return true
    })

  it('is read where private addresses are allowed', async () => deepEqual(await getJson(url, open), { a: 1 }))

  it('is not called at a private address, in whatever form it is written', async () => {
    const port = url.port
    const hosts = [
      '127.0.0.1',
      'localhost',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '2130706433',
      '0x7f000001',
      '0177.0.0.1',
      '127.1',
      '0',
      '169.254.169.254',
    ]
    for (const host of hosts) {
      await fails(new URL(`http://${host}:${port}/`), /private address/, closed)
      await fails(new URL(`https://${host}:${port}/`), /private address/, closed)
    }
    equal(asked, 0)
  })

  it('is not read without TLS from anywhere but the machine itself', async () => {
    await fails(new URL('http://10.0.0.1/'), /is not https/)
    await fails(new URL('http://8.8.8.8/'), /is not https/, closed)
    await fails(new URL('ftp://8.8.8.8/'), /neither https nor http/)
    await fails(new URL('https://user:password@8.8.8.8/'), /has credentials/)
  })

  it('is not followed to another place', async () => {
    answer = (request, response) => {
      if (request.url === '/document') response.writeHead(302, { Location: '/elsewhere' }).end()
      else response.end('{}')
    }
    await fails(url, /answered 302 instead of 200/)
    equal(asked, 1)
  })

  it('is bounded in size, announced or not', async () => {
    answer = (_, response) => response.end(JSON.stringify('x'.repeat(2000)))
    await fails(url, /answered more than 1000 bytes/)
    answer = (_, response) => {
      const timer = setInterval(() => response.write(' '.repeat(400)), 1)
      response.on('close', () => clearInterval(timer))
    }
    await fails(url, /answered more than 1000 bytes/)
  })

  it('is bounded in time, though it drips', async () => {
    answer = (_, response) => {
      const timer = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(timer))
    }
    await fails(url, /did not answer within 200 ms/, { ...open, timeMsMax: 200 })
  })

  it('is JSON, from a server that is there', async () => {
    answer = (_, response) => response.end('<html>')
    await fails(url, /answered no JSON/)
    answer = (request) => request.socket.destroy()
    await fails(url, /could not be called/)
    await fails(new URL('https://127.0.0.1:1/'), /ECONNREFUSED/)
    // No certificate anybody trusts.
    await fails(new URL(url.href.replace('http:', 'https:')), /could not be called/)
  })
})
