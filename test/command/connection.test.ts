import { deepEqual, equal, match, throws } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionFlags, connectionOf } from '../../src/command/connection.js'

const keyOf = (flags: ConnectionFlags, environment: Record<string, string>) => {
  const { accessKeyId, secret, sessionToken } = connectionOf(flags, environment)
  return [accessKeyId, secret.reveal(), sessionToken]
}

describe('the connection of a command', () => {
  let directory: string
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'cairn-test-connection-'))))
  afterEach(() => rmSync(directory, { recursive: true }))

  const inEnvironment = { AWS_ACCESS_KEY_ID: 'ENVKEY', AWS_SECRET_ACCESS_KEY: 'environment' }

  it('is to this machine in us-east-1 when nothing is said', () => {
    const { endpoint, region } = connectionOf({}, inEnvironment)
    deepEqual([endpoint.href, region], ['http://127.0.0.1:9000/', 'us-east-1'])
  })

  it('takes flags before the environment, and Cairn’s variables before those of AWS', () => {
    const environment = {
      ...inEnvironment,
      AWS_ENDPOINT_URL: 'http://aws:1',
      AWS_DEFAULT_REGION: 'aws',
      CAIRN_REGION: 'cairn',
    }
    equal(connectionOf({}, environment).endpoint.href, 'http://aws:1/')
    equal(connectionOf({}, { ...environment, CAIRN_ENDPOINT: 'https://cairn:2' }).endpoint.href, 'https://cairn:2/')
    equal(connectionOf({ endpoint: 'http://flag:3' }, environment).endpoint.href, 'http://flag:3/')
    equal(connectionOf({}, environment).region, 'cairn')
    equal(connectionOf({ region: 'flag' }, environment).region, 'flag')
  })

  it('signs with the flags’ key, the directory’s, or the environment’s, in this order', () => {
    const key = { format: 1, accountId: 'a'.repeat(64), accessKeyId: 'ROOTKEY', secretAccessKey: 'of the directory' }
    writeFileSync(join(directory, 'root-key.json'), JSON.stringify(key))
    deepEqual(keyOf({ accessKey: 'FLAG', secretKey: 'flagged', data: directory }, inEnvironment), [
      'FLAG',
      'flagged',
      undefined,
    ])
    deepEqual(keyOf({ data: directory }, inEnvironment), ['ROOTKEY', 'of the directory', undefined])
    deepEqual(keyOf({}, { ...inEnvironment, AWS_SESSION_TOKEN: 'token' }), ['ENVKEY', 'environment', 'token'])
    deepEqual(keyOf({}, { CAIRN_DATA: directory }), ['ROOTKEY', 'of the directory', undefined])
  })

  it('says what to do when there is no key, half of one, or a directory that holds none', () => {
    throws(() => connectionOf({}, {}), /There is no key to sign with: set AWS_ACCESS_KEY_ID/)
    throws(() => connectionOf({}, { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }), /There is no key to sign with/)
    throws(() => connectionOf({ accessKey: 'HALF' }, {}), /Only half of a key/)
    throws(() => connectionOf({ data: directory }, {}), /The root key cannot be read from .*root-key\.json \(ENOENT/)
    writeFileSync(join(directory, 'root-key.json'), JSON.stringify({ format: 1, accountId: 'a'.repeat(64) }))
    throws(() => connectionOf({ data: directory }, {}), /holds no key: the server was given its root key by CAIRN_ROOT/)
  })

  it('refuses what is no endpoint', () => {
    for (const endpoint of ['127.0.0.1:9000', 'ftp://x', 'http://x/path', 'http://user@x', '']) {
      throws(() => connectionOf({ endpoint }, inEnvironment), /allowed is the address of a server/, endpoint)
    }
  })

  it('does not print its secret', () => {
    match(JSON.stringify(connectionOf({}, inEnvironment)), /\[secret\]/)
  })
})
