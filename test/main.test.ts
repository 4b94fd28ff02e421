// The program as a user runs it, in a process of its own: what it prints, its exit codes, and what signals do.

import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from './project-root.js'
import { RawConnection, signedHead } from './raw-request.js'
import { credentials } from './fresh-server.js'

const mainFile = join(projectRoot, 'dist', 'src', 'main.js')

/** A run of the program. */
interface Run {
  readonly child: ChildProcess
  output(): string
  /** Waits until it has printed something. */
  printed(pattern: RegExp): Promise<RegExpExecArray>
  /** Waits for its end. */
  code(): Promise<number | null>
}

describe('cairn', function () {
  this.timeout(30_000)
  let directory: string
  const children = new Set<ChildProcess>()

  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'cairn-test-main-'))))
  afterEach(async () => {
    for (const child of children) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL')
        await once(child, 'close')
      }
    }
    children.clear()
    rmSync(directory, { recursive: true, force: true })
  })

  function cairn(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Run {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('CAIRN_'))
    const env = { ...Object.fromEntries(inherited), ...environment }
    const child = spawn(process.execPath, [mainFile, ...args], {
      cwd: directory,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    children.add(child)
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const closed = once(child, 'close')
    return {
      child,
      output: () => output,
      async printed(pattern) {
        for (;;) {
          const found = pattern.exec(output)
          if (found !== null) return found
          if (child.exitCode !== null) throw new Error(`ended without printing ${pattern}: ${output}`)
          await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), closed])
        }
      },
      async code() {
        await closed
        return child.exitCode
      },
    }
  }

  const serve = (...args: string[]): Run => cairn(['serve', '--address', '127.0.0.1:0', '--data', 'data', ...args])
  const withKeys = {
    CAIRN_ROOT_ACCESS_KEY: credentials.accessKeyId,
    CAIRN_ROOT_SECRET_KEY: credentials.secretAccessKey,
  }

  it('prints endpoint, region, access key and clients’ set-ups, and the secret on the first start only', async () => {
    const first = serve('--region', 'eu-central-1')
    const endpoint = (await first.printed(/Endpoint +(http:\/\/127\.0\.0\.1:\d+)\n/))[1]
    const accessKey = (await first.printed(/Access key +(\w{20})\n/))[1]
    const secret = (await first.printed(/Secret key +(\w{40}) /))[1] ?? 'none'
    await first.printed(/rclone lsd/)
    first.child.kill('SIGTERM')
    equal(await first.code(), 0)

    const second = serve()
    const sameKey = (await second.printed(/Access key +(\w{20})\n/))[1]
    await second.printed(/rclone lsd/)
    second.child.kill('SIGTERM')
    equal(await second.code(), 0)

    match(first.output(), /Region +eu-central-1/)
    match(first.output(), new RegExp(`aws --endpoint-url ${endpoint} `))
    match(first.output(), /rclone config create /)
    equal(sameKey, accessKey)
    ok(!second.output().includes(secret))
    equal(statSync(join(directory, 'data', 'root-key.json')).mode & 0o777, 0o600)
  })

  it('never prints a secret that was set', async () => {
    const run = cairn(['serve', '--address', '127.0.0.1:0', '--data', 'data', '--log-level', 'debug'], withKeys)
    await run.printed(/rclone lsd/)
    run.child.kill('SIGTERM')
    await run.code()

    ok(run.output().includes(credentials.accessKeyId))
    ok(!run.output().includes(credentials.secretAccessKey))
  })

  it('refuses a data directory that another server has, and says whose it is', async () => {
    const first = serve()
    await first.printed(/Endpoint/)

    const second = serve()

    equal(await second.code(), 2)
    match(second.output(), new RegExp(`in use by another Cairn \\(process ${first.child.pid}\\)`))
  })

  it('lets an upload under way finish on SIGTERM', async () => {
    const run = cairn(['serve', '--address', '127.0.0.1:0', '--data', 'data'], withKeys)
    const endpoint = new URL((await run.printed(/Endpoint +(\S+)\n/))[1] ?? '')
    const maker = await RawConnection.open(endpoint)
    await maker.send(signedHead(endpoint, { method: 'PUT', target: '/bucket', headers: { 'Content-Length': '0' } }))
    equal((await maker.answer()).status, 200)
    const upload = await RawConnection.open(endpoint)
    const headers = { 'Content-Length': '10', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', Expect: '100-continue' }
    await upload.send(signedHead(endpoint, { method: 'PUT', target: '/bucket/key', headers }))
    equal((await upload.answer()).status, 100)

    run.child.kill('SIGTERM')
    await maker.closed()
    await upload.send('0123456789')
    const answer = await upload.answer()

    equal(answer.status, 200)
    equal(answer.headers['connection'], 'close')
    equal(await run.code(), 0)
  })

  it('does not wait for anything on a second signal', async () => {
    const run = cairn(['serve', '--address', '127.0.0.1:0', '--data', 'data'], withKeys)
    const endpoint = new URL((await run.printed(/Endpoint +(\S+)\n/))[1] ?? '')
    const idle = await RawConnection.open(endpoint)
    const busy = await RawConnection.open(endpoint)
    await busy.send(
      'POST /bucket HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 10\r\n\r\n--x',
    )

    run.child.kill('SIGTERM')
    await idle.closed()
    run.child.kill('SIGTERM')

    notEqual(await run.code(), null)
    await busy.closed()
  })

  const refused: [name: string, args: string[], environment: Record<string, string>, says: RegExp][] = [
    [
      'a wrong setting',
      ['serve', '--region', 'EU West'],
      {},
      /region \(from the command line\) is "EU West"; allowed is/,
    ],
    [
      'a wrong variable',
      ['serve'],
      { CAIRN_ADDRESS: 'here' },
      /address \(from CAIRN_ADDRESS\) is "here"; allowed is HOST:PORT/,
    ],
    ['an unknown variable', ['serve'], { CAIRN_ADRESS: 'here' }, /CAIRN_ADRESS .* is no setting/],
    ['an unknown flag', ['serve', '--adress', 'x'], {}, /unknown option '--adress'/],
    ['an unknown command', ['sevre'], {}, /unknown command 'sevre'/],
    ['a file that is not there', ['serve', '--config', 'none.json'], {}, /config is "none.json"/],
    ['half a root key', ['serve'], { CAIRN_ROOT_ACCESS_KEY: 'access' }, /rootSecretKey is not set/],
    ['an address of another machine', ['serve', '--address', '192.0.2.1:9000'], {}, /address .*192\.0\.2\.1/],
    [
      'a data directory that is a device',
      ['serve', '--data', '/dev/null'],
      {},
      /data is "\/dev\/null"; allowed is a directory that can be made and written to \(EEXIST/,
    ],
    [
      'a data directory below what is none',
      ['serve', '--data', '/dev/null/data'],
      {},
      /data is "\/dev\/null\/data"; allowed is a directory that can be made/,
    ],
    [
      'a data directory in a file system of the kernel',
      ['serve', '--data', '/proc/cairn'],
      {},
      /data is "\/proc\/cairn"; allowed is a directory that can be made/,
    ],
    ['an option that is unknown', ['serve', '--colour', 'red'], {}, /'--colour'\s+Allowed are the options/],
    ['checking what is no store', ['check', '--data', 'nowhere'], {}, /nowhere holds no store/],
  ]
  for (const [name, args, environment, says] of refused) {
    it(`ends with code 2 and says why: ${name}`, async () => {
      const run = cairn(args, environment)

      equal(await run.code(), 2)
      match(run.output(), says)
      ok(!/^\s+at /m.test(run.output()), run.output())
    })
  }

  it('ends with code 2 and says why: a data directory that cannot be written to', async () => {
    // Root may write to any directory, but to no file that is a directory.
    mkdirSync(join(directory, 'data', 'lock.db'), { recursive: true })
    const run = serve()

    equal(await run.code(), 2)
    match(run.output(), /data is "data"; allowed is a directory that can be made and written to \(/)
  })

  it('keeps what it stores from other users of the machine, though they may look into its directory', async () => {
    const data = join(directory, 'data')
    mkdirSync(data)
    chmodSync(data, 0o755)
    const run = serve()
    await run.printed(/rclone lsd/)

    const names = readdirSync(data)
    ok(names.includes('catalog.db'))
    for (const name of names) equal(statSync(join(data, name)).mode & 0o077, 0, name)
    run.child.kill('SIGTERM')
    equal(await run.code(), 0)
  })

  it('makes nothing when its settings are wrong', async () => {
    const run = serve('--region', '?')
    await run.code()

    ok(!existsSync(join(directory, 'data')))
  })

  it('checks a data directory: 0 when nothing is wrong', async () => {
    const server = serve()
    await server.printed(/rclone lsd/)
    server.child.kill('SIGTERM')
    await server.code()

    const run = cairn(['check', '--data', 'data'])

    equal(await run.code(), 0)
    match(run.output(), /checking .*100 %/)
    match(run.output(), /data: no fault/)
  })

  it('renews a master key that is lost, and no other', async () => {
    const server = serve()
    await server.printed(/rclone lsd/)
    const busy = cairn(['renew-master-key', '--data', 'data'])
    equal(await busy.code(), 2)
    match(busy.output(), /data is in use by another Cairn/)
    server.child.kill('SIGTERM')
    await server.code()
    const file = join(directory, 'data', 'master-key.json')
    equal(statSync(file).mode & 0o777, 0o600)

    const needless = cairn(['renew-master-key', '--data', 'data'])
    equal(await needless.code(), 2)
    match(needless.output(), /is the right one: nothing was changed/)
    rmSync(file)
    const run = cairn(['renew-master-key', '--data', 'data'])

    equal(await run.code(), 0, run.output())
    match(run.output(), /data: a new master key was made; access keys that were removed: 0/)
    equal(statSync(file).mode & 0o777, 0o600)
  })

  it('takes no notice of a reader that has left', async () => {
    for (const args of [
      ['admin', '--help'],
      ['serve', '--help'],
    ]) {
      const run = cairn(args)
      run.child.stdout?.destroy()

      equal(await run.code(), 0, run.output())
      equal(run.output(), '')
    }
  })

  it('prints its version', async () => {
    const run = cairn(['--version'])

    deepEqual([await run.code(), /^\d+\.\d+\.\d+\n$/.test(run.output())], [0, true])
  })
})
