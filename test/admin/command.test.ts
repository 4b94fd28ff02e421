// `cairn admin` for accounts, keys, quotas, limits, usage, presigned URLs and explanations: each command once, as a process against a server.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { freshServer, type FreshServer, region } from '../fresh-server.js'
import type { TestKey } from './administration.js'
import { cairnAdmin, type Run, toldBy } from './cairn-admin.js'

describe('cairn admin', function () {
  this.timeout(120_000)
  let fresh: FreshServer
  let directory: string
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'cairn-test-admin-'))
    fresh = await freshServer()
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  /** As root. */
  const admin = (...args: string[]): Promise<Run> => cairnAdmin(fresh.endpoint, args, { key: fresh.credentials })
  const told = async (...args: string[]): Promise<Record<string, unknown>> => {
    const [first] = toldBy(await admin(...args, '--json'))
    if (first === undefined) throw new Error('nothing was told')
    return first
  }
  const as = (key: TestKey, ...args: string[]): Promise<Run> => cairnAdmin(fresh.endpoint, args, { key })
  const keyIn = (made: Record<string, unknown>): TestKey => ({
    accessKeyId: String(made['accessKeyId']),
    secretAccessKey: String(made['secretAccessKey']),
  })

  it('says with exit code 2 what it needs, and with 1 what the server refused', async () => {
    const noKey = await cairnAdmin(fresh.endpoint, ['account', 'list'])
    deepEqual([noKey.code, noKey.stdout], [2, ''])
    match(noKey.stderr, /^cairn: There is no key to sign with: set AWS_ACCESS_KEY_ID/)

    const nobody = await cairnAdmin(new URL('http://127.0.0.1:1'), ['account', 'list'], { key: fresh.credentials })
    equal(nobody.code, 2)
    match(nobody.stderr, /^cairn: http:\/\/127\.0\.0\.1:1 cannot be reached \(.+\)\. Is the server running\?/)

    const wrong = await admin('account', 'create', '<x>')
    deepEqual([wrong.code, wrong.stdout], [1, ''])
    match(wrong.stderr, /^cairn: InvalidInput: name: allowed are 1 to 128 letters.* \(request [0-9A-F]{16}\)\n$/)

    const unknown = await admin('acount', 'list')
    equal(unknown.code, 2)
    match(unknown.stderr, /Did you mean account\?/)

    const amount = await admin('quota', 'set', '--bucket', fresh.bucket, '--bytes', 'many')
    equal(amount.code, 2)
    match(amount.stderr, /Allowed is a number of bytes/)
  })

  it('tells how it is used', async () => {
    const help = await admin('key', 'create', '--help')
    equal(help.code, 0)
    match(help.stdout, /Usage: cairn admin key create/)
    match(help.stdout, /Examples:\n {2}cairn admin key create --user ann/)
    match(help.stdout, /--endpoint <URL>/)
  })

  it('signs with the root key of a data directory', async () => {
    const key = { format: 1, accountId: 'a'.repeat(64), ...fresh.credentials }
    writeFileSync(join(directory, 'root-key.json'), JSON.stringify(key))
    const run = await cairnAdmin(fresh.endpoint, ['--data', directory, 'account', 'list'])
    match(run.stdout, /^NAME +NUMBER +CREATED \(UTC\) +CANONICAL ID\nroot +\d{12} +\d{4}-/)
  })

  it('makes, lists, renames and deletes accounts, and tells their keys', async () => {
    const made = await told('account', 'create', 'team')
    equal(made['name'], 'team')
    const own = toldBy(await as(keyIn(made), 'account', 'list', '--json'))
    deepEqual(
      own.map(({ id }) => id),
      [made['id']],
    )
    match(
      (await admin('account', 'create', 'other', '--no-key')).stdout,
      /^Account other was made; its number is \d{12}\.\n$/,
    )
    const names = toldBy(await admin('account', 'list', '--json')).map(({ name }) => name)
    deepEqual(names, ['root', 'team', 'other'])
    equal((await told('account', 'rename', 'team', 'crew'))['name'], 'crew')
    equal((await told('account', 'keys', 'crew'))['accessKeyId'], made['accessKeyId'])
    equal((await told('account', 'delete', 'crew'))['isDeleted'], true)
    match((await as(keyIn(made), 'account', 'list')).stderr, /InvalidAccessKeyId/)
  })

  it('makes, lists, disables, enables, ends, rotates and deletes keys', async () => {
    const plain = await admin('key', 'create', '--expires', '2037-01-31', '--description', 'of the laptop')
    match(
      plain.stdout,
      /^Key AKIA\w{16} of the account itself can be used now, until 2037-01-31 00:00 UTC\.\n\n {2}AWS_ACCESS_KEY_ID=AKIA\w{16}\n {2}AWS_SECRET_ACCESS_KEY=\w{40}\n\nThe secret is shown only this once/,
    )

    const policy = join(directory, 'policy.json')
    writeFileSync(
      policy,
      JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] }),
    )
    const service = await told('key', 'create', '--policy', policy)
    const brought = await cairnAdmin(
      fresh.endpoint,
      ['key', 'create', '--with-id', 'OLDKEY', '--with-secret', '-', '--json'],
      { key: fresh.credentials, input: 'an old secret\n' },
    )
    deepEqual(toldBy(brought), [{ accessKeyId: 'OLDKEY' }])
    const old = { accessKeyId: 'OLDKEY', secretAccessKey: 'an old secret' }
    equal((await as(old, 'account', 'list')).code, 0)

    match(
      (await admin('key', 'list')).stdout,
      /^KEY +USER +STATUS +CREATED.*\nAKIA.* Active .* 2037-01-31 00:00 .* owner's +of the laptop\n/,
    )
    const keys = toldBy(await admin('key', 'list', '--json'))
    deepEqual(
      keys.map(({ expires }) => expires),
      [Date.UTC(2037, 0, 31), undefined, undefined],
    )
    ok(!JSON.stringify(keys).includes(String(service['secretAccessKey'])))

    equal((await told('key', 'disable', 'OLDKEY'))['status'], 'Inactive')
    match((await as(old, 'account', 'list')).stderr, /InvalidAccessKeyId/)
    equal((await told('key', 'enable', 'OLDKEY'))['status'], 'Active')
    equal((await told('key', 'expire', 'OLDKEY', '1h'))['expires'] !== undefined, true)
    equal((await told('key', 'expire', 'OLDKEY', 'never'))['expires'], undefined)
    const successor = await told('key', 'rotate', 'OLDKEY', '--grace', '0')
    match((await as(old, 'account', 'list')).stderr, /InvalidAccessKeyId/)
    equal((await as(keyIn(successor), 'account', 'list')).code, 0)
    equal((await told('key', 'delete', 'OLDKEY'))['isDeleted'], true)
    match((await admin('key', 'delete', 'OLDKEY')).stderr, /NoSuchEntity/)
  })

  it('sets, shows and clears quotas, which hold at once', async () => {
    const { bucket, s3 } = fresh
    equal((await told('quota', 'show', '--bucket', bucket))['quota'], null)
    const set = await told('quota', 'set', '--bucket', bucket, '--bytes', '1KiB', '--objects', '5')
    deepEqual(set['quota'], { bytesMax: 1024, objectsMax: 5, bytes: 0, objects: 0 })
    const put = (Body: string) => s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body }))
    await put('x'.repeat(1000))
    equal(
      await put('x'.repeat(2000)).then(
        () => 'stored',
        (error: Error) => error.name,
      ),
      'QuotaExceeded',
    )
    match((await admin('quota', 'show', '--bucket', bucket)).stdout, /Bytes +1000 B of 1\.0 KiB\nObjects +1 of 5\n/)
    equal((await told('quota', 'clear', '--bucket', bucket))['quota'], null)
    await put('x'.repeat(2000))

    await told('account', 'create', 'team')
    const ofTeam = await told('quota', 'set', '--account', 'team', '--objects', '1')
    deepEqual(ofTeam['quota'], { bytesMax: null, objectsMax: 1, bytes: 0, objects: 0 })
    match((await admin('quota', 'set', '--bytes', '1')).stderr, /Name either --bucket or --account/)
    match((await admin('quota', 'show', '--bucket', 'no-such-bucket')).stderr, /NoSuchEntity/)
  })

  it('sets, shows and clears limits, which whoever signs with the key may see', async () => {
    const made = await told('account', 'create', 'team')
    const key = keyIn(made)
    const set = await told('limit', 'set', '--key', key.accessKeyId, '--requests', '600', '--bandwidth', '1GiB')
    deepEqual(set['limits'], { requests: 600, bytes: 1024 ** 3 })
    match(
      (await as(key, 'limit', 'show', '--key', key.accessKeyId)).stdout,
      /Requests a minute +600\nBytes a month +1\.0 GiB\n/,
    )
    match((await as(key, 'limit', 'show')).stdout, new RegExp(`Limits of +key ${key.accessKeyId}\\n`))
    match((await as(key, 'limit', 'clear')).stderr, /Name either --key or --account/)
    match((await as(key, 'limit', 'set', '--account', 'self', '--requests', '1')).stderr, /AccessDenied/)
    deepEqual((await told('limit', 'set', '--account', 'team', '--requests', '9'))['limits'], {
      requests: 9,
      bytes: null,
    })
    deepEqual((await told('limit', 'clear', '--key', key.accessKeyId))['limits'], { requests: null, bytes: null })
  })

  it('tells what an account holds', async () => {
    const { bucket, s3 } = fresh
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: 'x'.repeat(3000) }))
    await told('quota', 'set', '--bucket', bucket, '--bytes', '1MiB')
    const usage = await told('usage')
    const [of] = usage['buckets'] as Record<string, unknown>[]
    deepEqual([of?.['bucket'], of?.['objects'], of?.['bytes']], [bucket, 1, 3000])
    match(
      (await admin('usage')).stdout,
      /Holds +2\.9 KiB in 1 object, 1 bucket\n[^]*BUCKET +OBJECTS[^]*2\.9 KiB of 1\.0 MiB/,
    )

    const key = keyIn(await told('account', 'create', 'team'))
    const own = toldBy(await as(key, 'usage', '--json'))[0]
    deepEqual((own?.['account'] as { name: string } | undefined)?.name, 'team')
    deepEqual(own?.['buckets'], [])
  })

  it('presigns URLs for reading and storing, that curl could use', async () => {
    const { bucket } = fresh
    const put = await told('presign', 'put', `${bucket}/a b/ü?.txt`, '--expires', '10m', '--max-size', '1KiB')
    equal((await fetch(String(put['url']), { method: 'PUT', body: 'hello' })).status, 200)
    const get = await told('presign', 'get', `${bucket}/a b/ü?.txt`)
    equal(await (await fetch(String(get['url']))).text(), 'hello')
    match(String(put['url']), /x-amz-cairn-max-size=1024/)
    match((await admin('presign', 'get', `${bucket}/x`, '--expires', '8d')).stderr, /Allowed is up to 7d/)
    match((await admin('presign', 'get', bucket)).stderr, /names no object/)
    for (const [limit, value, allowed] of [
      ['--source', 'home', 'addresses or networks'],
      ['--content-type', 'image', 'content types with commas'],
      ['--id', 'a b', '1 to 128 letters'],
    ] as const) {
      const refused = await admin('presign', 'put', `${bucket}/x`, limit, value)
      deepEqual([refused.code, refused.stdout], [2, ''])
      match(refused.stderr, new RegExp(`It must be ${allowed}`))
    }
    const typed = await admin('presign', 'put', `${bucket}/x`, '--content-type', 'image/*,text/plain')
    match(typed.stdout, /curl -fT FILE -H 'Content-Type: image\/TYPE' 'http/)
  })

  it('presigns URLs that hold their limits, and revokes them', async () => {
    const { bucket } = fresh
    const statusOf = async (url: unknown, options: RequestInit = {}): Promise<number> =>
      (await fetch(String(url), options)).status
    const put = await told('presign', 'put', `${bucket}/a.png`, '--max-size', '10', '--content-type', 'image/*')
    const image = { method: 'PUT', headers: { 'content-type': 'image/png' } }
    equal(await statusOf(put['url'], { ...image, body: 'x'.repeat(11) }), 400)
    equal(await statusOf(put['url'], { method: 'PUT', body: 'x' }), 403)
    equal(await statusOf(put['url'], { ...image, body: 'x'.repeat(10) }), 200)
    equal(await statusOf(String(put['url']).replace('max-size=10', 'max-size=99'), { ...image, body: 'x' }), 403)

    const once = await told('presign', 'get', `${bucket}/a.png`, '--once')
    deepEqual([await statusOf(once['url']), await statusOf(once['url'])], [200, 403])
    const elsewhere = await told('presign', 'get', `${bucket}/a.png`, '--source', '192.0.2.0/24')
    equal(await statusOf(elsewhere['url']), 403)

    const { url } = await told('presign', 'get', `${bucket}/a.png`, '--id', 'newsletter')
    equal((await told('presign', 'show', 'newsletter'))['isRevoked'], false)
    equal(await statusOf(url), 200)
    equal((await told('presign', 'revoke', 'newsletter'))['isRevoked'], true)
    equal(await statusOf(url), 403)
    equal((await told('presign', 'show', 'newsletter'))['isRevoked'], true)
    equal((await told('presign', 'revoke', 'newsletter', '--undo'))['isRevoked'], false)
    equal(await statusOf(url), 200)
  })

  it('explains what would be decided, and why a request was denied', async () => {
    const made = await told('account', 'create', 'team')
    const key = keyIn(made)
    const s3 = new S3Client({
      endpoint: fresh.endpoint.href,
      region,
      credentials: { ...key },
      forcePathStyle: true,
      maxAttempts: 1,
    })
    await s3.send(new CreateBucketCommand({ Bucket: 'of-the-team' }))
    s3.destroy()

    const own = toldBy(await as(key, 'explain', '--action', 's3:GetObject', '--resource', 'of-the-team/a', '--json'))[0]
    deepEqual([own?.['isAllowed'], own?.['reason'], own?.['action']], [true, 'allowed to the owner', 's3:GetObject'])
    const stranger = await as(key, 'explain', '--anonymous', '--action', 's3:GetObject', '--resource', 'of-the-team/a')
    match(stranger.stdout, /^Decision +denied: no statement allows it\nStatement +none\nPrincipal +anonymous\n/)

    const { number } = made
    const ofIam = ['--action', 'iam:CreateUser', '--resource', `arn:aws:iam::${String(number)}:user/ann`]
    equal(toldBy(await as(key, 'explain', ...ofIam, '--json'))[0]?.['isAllowed'], true)
    equal(toldBy(await as(key, 'explain', '--anonymous', ...ofIam, '--json'))[0]?.['isAllowed'], false)
    const others = [...ofIam.slice(0, 3), 'arn:aws:iam::000000000000:user/ann']
    equal(toldBy(await as(key, 'explain', ...others, '--json'))[0]?.['isAllowed'], false)
    match((await admin('explain', '--action', 's3:Nothing', '--resource', 'a-bucket')).stderr, /is no action of S3/)
    const bad = ['--action', 's3:GetObject', '--resource', 'a-bucket/k', '--context', 'aws:CurrentTime=1']
    match((await admin('explain', ...bad)).stderr, /aws:currenttime is not of a request/)

    const answer = await fetch(new URL('/of-the-team/a', fresh.endpoint))
    equal(answer.status, 403)
    const id = String(answer.headers.get('x-amz-request-id'))
    const why = toldBy(await as(key, 'explain', id, '--json'))[0]
    deepEqual(
      [why?.['isAllowed'], why?.['reason'], why?.['resource']],
      [false, 'no statement allows it', 'arn:aws:s3:::of-the-team/a'],
    )
    equal((await admin('explain', id)).code, 0)
    const other = keyIn(await told('account', 'create', 'other'))
    match((await as(other, 'explain', id)).stderr, /NoSuchEntity: Nothing is known/)
  })
})
