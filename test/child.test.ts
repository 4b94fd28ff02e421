import { equal, match, ok } from 'node:assert/strict'
import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { Child } from '../src/child.js'
import { afterEachTest, temporaryDirectory } from './store/temporary-directory.js'

describe('A child process that cannot be started', () => {
  const later = afterEachTest()

  const cases: readonly (readonly [string, (directory: string) => void, RegExp])[] = [
    // Node tells this by an event, and throws the other.
    [
      'what it runs is missing',
      (directory) => {
        const { execPath } = process
        process.execPath = join(directory, 'missing')
        later(() => (process.execPath = execPath))
      },
      /could not be started: spawn .*missing ENOENT/,
    ],
    [
      'its environment is too large',
      () => {
        // Source: execve(2), MAX_ARG_STRLEN is 128 KiB.
        process.env['TEST_OF_CHILD'] = 'x'.repeat(200_000)
        later(() => delete process.env['TEST_OF_CHILD'])
      },
      /could not be started: spawn E2BIG/,
    ],
  ]
  for (const [what, spoil, message] of cases) {
    it(`has ended, and closes what it is handed: ${what}`, async () => {
      spoil(await temporaryDirectory(later))
      const ends: string[] = []
      const child = new Child('worker-process', { onMessage: () => undefined, onExit: (how) => ends.push(how) })
      equal(ends.length, 0, 'nothing is told before there is a child to ask')
      child.say({})
      const server = createServer().listen(0, '127.0.0.1')
      later(() => server.close())
      await once(server, 'listening')
      const address = server.address()
      ok(address !== null && typeof address === 'object')
      const client = connect(address.port, '127.0.0.1')
      const [socket] = await once(server, 'connection')
      child.hand({}, socket)
      await child.ended
      child.kill()
      await once(client.resume(), 'close', { signal: AbortSignal.timeout(5_000) })
      equal(ends.length, 1)
      match(ends[0] ?? '', message)
      equal(child.id, undefined)
    })
  }
})
