import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { readSettings, SettingsError, type SettingSources } from '../src/config.js'
import { flags } from '../src/settings.js'

const read = (sources: Partial<SettingSources>) => readSettings({ flags: {}, environment: {}, ...sources })

describe('settings', () => {
  let directory: string
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'cairn-test-config-'))))
  afterEach(() => rmSync(directory, { recursive: true }))

  const file = (content: unknown): string => {
    const path = join(directory, 'cairn.json')
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  }

  it('have defaults for everything but keys and certificates', () => {
    deepEqual(read({}), {
      data: './data',
      address: { host: '127.0.0.1', port: 9000 },
      region: 'us-east-1',
      domain: ['localhost'],
      acceptSignatureV2Forms: false,
      newBucketOwnership: 'BucketOwnerEnforced',
      newBucketPublicAccess: 'blocked',
      oidcAllowPrivate: false,
      logLevel: 'info',
      workers: Math.min(8, Math.max(1, Math.floor(availableParallelism() / 2))),
      connectionsMax: 4096,
      requestsMax: 512,
      headersTimeoutMs: 30_000,
      idleTimeoutMs: 60_000,
      keepAliveTimeoutMs: 65_000,
      transferRateMin: 1024,
      transferGraceMs: 30_000,
      shutdownGraceMs: 30_000,
      scrubDays: 30,
      scrubMibPerSecondMax: 32,
    })
  })

  it('of the command line go before the environment, and that before the file', () => {
    const config = file({ region: 'file-1', data: 'file', logLevel: 'warn' })
    const environment = { CAIRN_CONFIG: config, CAIRN_REGION: 'environment-1', CAIRN_DATA: 'environment' }

    const settings = read({ flags: { region: 'flag-1' }, environment })

    deepEqual([settings.region, settings.data, settings.logLevel], ['flag-1', 'environment', 'warn'])
  })

  it('take the file of the command line before that of the environment', () => {
    const config = file({ region: 'file-1' })

    equal(read({ flags: { config }, environment: { CAIRN_CONFIG: '/nowhere' } }).region, 'file-1')
  })

  const right: [name: string, value: unknown, read: unknown][] = [
    ['address', '0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
    ['address', '[::1]:9000', { host: '::1', port: 9000 }],
    ['address', 'storage.example.com:0', { host: 'storage.example.com', port: 0 }],
    ['domain', 'S3.Example.com', ['s3.example.com']],
    ['domain', 'one.example, two.example', ['one.example', 'two.example']],
    ['domain', ['one.example', 'two.example,three.example'], ['one.example', 'two.example', 'three.example']],
    ['shutdownGraceMs', '0', 0],
    ['shutdownGraceMs', 1500, 1500],
    ['connectionsMax', '17', 17],
    ['requestsMax', '64', 64],
    ['transferRateMin', '0', 0],
    ['transferGraceMs', '5000', 5000],
    ['acceptSignatureV2Forms', true, true],
    ['acceptSignatureV2Forms', 'true', true],
    ['acceptSignatureV2Forms', 'false', false],
    ['newBucketOwnership', 'ObjectWriter', 'ObjectWriter'],
    ['newBucketPublicAccess', 'open', 'open'],
    ['oidcAllowPrivate', 'true', true],
    ['region', 'eu-central-1', 'eu-central-1'],
  ]
  for (const [name, value, expected] of right) {
    it(`take ${name} ${JSON.stringify(value)}`, () => {
      deepEqual({ ...read({ flags: { [name]: value } }) }[name], expected)
    })
  }

  const wrong: [name: string, value: unknown][] = [
    ['data', ''],
    ['acceptSignatureV2Forms', 'yes'],
    ['newBucketOwnership', 'objectwriter'],
    ['newBucketPublicAccess', 'true'],
    ['address', '9000'],
    ['address', 'localhost'],
    ['address', ':9000'],
    ['address', 'localhost:65536'],
    ['address', '::1:9000'],
    ['address', 'http://localhost:9000'],
    ['region', 'EU West'],
    ['region', ''],
    ['region', 'a/b'],
    ['domain', ''],
    ['domain', 'example.com:9000'],
    ['domain', 'http://example.com'],
    ['domain', '-a.example'],
    ['domain', []],
    ['logLevel', 'loud'],
    ['connectionsMax', '0'],
    ['requestsMax', '0'],
    ['transferRateMin', '-1'],
    ['transferGraceMs', '99'],
    ['connectionsMax', 'many'],
    ['connectionsMax', '1e3'],
    ['shutdownGraceMs', '-1'],
    ['shutdownGraceMs', '1.5'],
    ['shutdownGraceMs', ' 5'],
    ['shutdownGraceMs', ''],
    ['shutdownGraceMs', true],
    ['rootAccessKey', 'a/b'],
  ]
  for (const [name, value] of wrong) {
    it(`refuse ${name} ${JSON.stringify(value)} with its name, its value and what is allowed`, () => {
      const config = file({ [name]: value })
      throws(
        () => read({ flags: { config } }),
        (error) => {
          ok(error instanceof SettingsError)
          const line = error.message.split('\n').find((one) => one.startsWith(`${name} `)) ?? ''
          ok(line.includes(JSON.stringify(value)), line)
          ok(line.includes('allowed is'), line)
          return true
        },
      )
    })
  }

  it('do not repeat a wrong secret', () => {
    const environment = { CAIRN_ROOT_ACCESS_KEY: 'access', CAIRN_ROOT_SECRET_KEY: 'hunter2' }
    throws(
      () => read({ environment }),
      (error) =>
        error instanceof SettingsError && error.message.includes('rootSecretKey') && !error.message.includes('hunter2'),
    )
  })

  it('refuse half a pair', () => {
    throws(
      () => read({ environment: { CAIRN_ROOT_ACCESS_KEY: 'access' } }),
      /rootSecretKey is not set, but rootAccessKey is/,
    )
    throws(() => read({ flags: { tlsKey: 'key.pem' } }), /tlsCert is not set, but tlsKey is/)
  })

  it('refuse what is no setting, in a file and in the environment', () => {
    const config = file({ regoin: 'us-east-1' })

    throws(() => read({ flags: { config } }), /regoin \(from .*cairn.json\) is no setting; allowed are data, /)
    throws(
      () => read({ environment: { CAIRN_REGOIN: 'x' } }),
      /CAIRN_REGOIN \(from the environment\) is no setting; allowed are CAIRN_DATA, /,
    )
  })

  it('name every fault at once', () => {
    throws(
      () => read({ flags: { region: 'A', logLevel: 'x' }, environment: { CAIRN_X: '1' } }),
      (error) => error instanceof SettingsError && error.message.split('\n').length === 3,
    )
  })

  it('are not confused by what container platforms set for a service called cairn', () => {
    const environment = {
      CAIRN_PORT: 'tcp://10.0.0.1:9000',
      CAIRN_PORT_9000_TCP: 'tcp://10.0.0.1:9000',
      CAIRN_PORT_9000_TCP_ADDR: '10.0.0.1',
      CAIRN_SERVICE_HOST: '10.0.0.1',
      CAIRN_SERVICE_PORT: '9000',
      CAIRN_SERVICE_PORT_HTTP: '9000',
      CAIRN_STORE_SERVICE_HOST: '10.0.0.1',
    }
    equal(read({ environment }).region, 'us-east-1')
  })

  for (const content of ['not json', '[]', '"text"', 'null']) {
    it(`refuse a file that holds ${content}`, () => {
      const config = file(content)
      throws(() => read({ flags: { config } }), /config is .*cairn.json/)
    })
  }

  it('refuse a file that is not there', () => {
    throws(() => read({ flags: { config: join(directory, 'none.json') } }), /config is .*none.json.*ENOENT/)
  })

  it('have a flag each, but for keys, which others could read from the list of processes', () => {
    const names = flags.map(({ name }) => name)

    ok(names.includes('data') && names.includes('shutdownGraceMs'))
    ok(!names.some((name) => name.startsWith('root')))
    ok(flags.some(({ usage }) => usage.startsWith('--shutdown-grace-ms ')))
  })
})
