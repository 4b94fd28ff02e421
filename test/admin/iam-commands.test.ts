// `cairn admin` for users, groups, policies and roles, which go by way of IAM; and what the ready roles may do.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { freshServer, type FreshServer, region } from '../fresh-server.js'
import { ask, codeOf, type TestKey } from './administration.js'
import { cairnAdmin, type Run, toldBy } from './cairn-admin.js'

const readPhotos = {
  Version: '2012-10-17',
  Statement: [{ Sid: 'Read', Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::*' }],
}
const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
const trust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }],
}

describe('cairn admin by way of IAM', function () {
  this.timeout(180_000)
  let fresh: FreshServer
  let directory: string
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'cairn-test-admin-'))
    fresh = await freshServer()
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  const admin = (...args: string[]): Promise<Run> => cairnAdmin(fresh.endpoint, args, { key: fresh.credentials })
  const as = (key: TestKey, ...args: string[]): Promise<Run> => cairnAdmin(fresh.endpoint, args, { key })
  const told = async (...args: string[]): Promise<Record<string, unknown>> => {
    const [first] = toldBy(await admin(...args, '--json'))
    if (first === undefined) throw new Error('nothing was told')
    return first
  }
  const file = (name: string, content: object): string => {
    const path = join(directory, name)
    writeFileSync(path, JSON.stringify(content))
    return path
  }
  /** A user with a ready role and a key. */
  const user = async (name: string, ...options: string[]): Promise<TestKey> => {
    const { accessKeyId, secretAccessKey } = await told('user', 'create', name, '--key', ...options)
    return { accessKeyId: String(accessKeyId), secretAccessKey: String(secretAccessKey) }
  }
  const outcome = async (
    key: TestKey,
    command: PutObjectCommand | GetObjectCommand | ListObjectsV2Command,
  ): Promise<string> => {
    const credentials = { ...key }
    const s3 = new S3Client({
      endpoint: fresh.endpoint.href,
      region,
      credentials,
      forcePathStyle: true,
      maxAttempts: 1,
    })
    try {
      // Each command is one of those a client sends.
      await s3.send(command as GetObjectCommand)
      return 'done'
    } catch (error) {
      return (error as Error).name
    } finally {
      s3.destroy()
    }
  }

  it('makes, lists, shows, disables, enables and deletes users', async () => {
    const made = await told('user', 'create', 'ann', '--role', 'user', '--key', '--path', '/staff/')
    match(String(made['arn']), /^arn:aws:iam::\d{12}:user\/staff\/ann$/)
    deepEqual(made['policies'], ['arn:aws:iam::aws:policy/cairn/UserHome'])
    const key = { accessKeyId: String(made['accessKeyId']), secretAccessKey: String(made['secretAccessKey']) }
    const put = (): PutObjectCommand => new PutObjectCommand({ Bucket: fresh.bucket, Key: 'ann/a', Body: 'x' })

    match((await admin('user', 'list')).stdout, /^NAME +PATH +ID +CREATED \(UTC\)\nann +\/staff\/ +AIDA\w+ +\d{4}-/)
    match(
      (await admin('user', 'show', 'ann')).stdout,
      /Policies +arn:aws:iam::aws:policy\/cairn\/UserHome\n[^]*Keys +AKIA\w+ \(Active\)\n/,
    )
    equal(await outcome(key, put()), 'done')
    deepEqual((await told('user', 'disable', 'ann'))['keys'], [key.accessKeyId])
    equal(await outcome(key, put()), 'InvalidAccessKeyId')
    equal((await told('user', 'enable', 'ann'))['status'], 'Active')
    equal(await outcome(key, put()), 'done')

    const refused = await admin('user', 'delete', 'ann')
    deepEqual([refused.code, refused.stderr.startsWith('cairn: DeleteConflict: ')], [1, true])
    equal((await told('user', 'delete', 'ann', '--force'))['isDeleted'], true)
    equal(await outcome(key, put()), 'InvalidAccessKeyId')
    match((await admin('user', 'show', 'ann')).stderr, /^cairn: NoSuchEntity: .*ann.* \(request /)
  })

  it('leaves no user behind when a policy or group it was to have is not there', async () => {
    match((await admin('user', 'create', 'ann', '--policy', 'Nope')).stderr, /There is no managed policy "Nope"/)
    match((await admin('user', 'create', 'ann', '--group', 'nope')).stderr, /NoSuchEntity/)
    deepEqual(toldBy(await admin('user', 'list', '--json')), [])
  })

  it('makes, fills, empties, shows and deletes groups, whose policies their members have', async () => {
    const key = await user('ann')
    const get = (): GetObjectCommand => new GetObjectCommand({ Bucket: fresh.bucket, Key: 'a' })
    await fresh.s3.send(new PutObjectCommand({ Bucket: fresh.bucket, Key: 'a', Body: 'x' }))
    await told('group', 'create', 'readers', '--policy', 'AmazonS3ReadOnlyAccess')
    equal(await outcome(key, get()), 'AccessDenied')
    deepEqual((await told('group', 'add', 'readers', 'ann'))['added'], ['ann'])
    equal(await outcome(key, get()), 'done')
    deepEqual(await told('group', 'show', 'readers'), {
      name: 'readers',
      members: ['ann'],
      policies: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
      inlinePolicies: [],
    })
    await told('group', 'remove', 'readers', 'ann')
    equal(await outcome(key, get()), 'AccessDenied')
    match((await admin('group', 'list')).stdout, /^NAME +ARN +CREATED \(UTC\)\nreaders +arn:aws:iam::/)
    match((await admin('group', 'delete', 'readers')).stderr, /DeleteConflict/)
    equal((await told('group', 'delete', 'readers', '--force'))['isDeleted'], true)
  })

  it('makes, replaces, attaches, detaches, shows, lists and deletes policies', async () => {
    const key = await user('ann')
    const path = file('read.json', readPhotos)
    const { arn } = await told('policy', 'create', 'read-photos', path)
    match(String(arn), /^arn:aws:iam::\d{12}:policy\/read-photos$/)
    await fresh.s3.send(new PutObjectCommand({ Bucket: fresh.bucket, Key: 'a', Body: 'x' }))
    const get = (): GetObjectCommand => new GetObjectCommand({ Bucket: fresh.bucket, Key: 'a' })
    await told('policy', 'attach', 'read-photos', '--user', 'ann')
    equal(await outcome(key, get()), 'done')

    const own = toldBy(await admin('policy', 'list', '--scope', 'own', '--json'))
    deepEqual(
      own.map(({ name, attachments }) => [name, attachments]),
      [['read-photos', 1]],
    )
    ok(toldBy(await admin('policy', 'list', '--scope', 'ready', '--json')).some(({ name }) => name === 'Auditor'))
    deepEqual((await told('policy', 'show', 'read-photos'))['document'], readPhotos)

    const denying = { ...readPhotos, Statement: [{ ...readPhotos.Statement[0], Sid: 'Never', Effect: 'Deny' }] }
    for (let version = 2; version <= 7; version += 1) {
      equal(
        (await told('policy', 'create', 'read-photos', file('deny.json', denying), '--replace'))['version'],
        `v${version}`,
      )
    }
    equal(await outcome(key, get()), 'AccessDenied')
    const why = toldBy(
      await admin('explain', '--user', 'ann', '--action', 's3:GetObject', '--resource', `${fresh.bucket}/a`, '--json'),
    )[0]
    const statement = why?.['statement'] as Record<string, unknown> | undefined
    deepEqual([why?.['reason'], statement?.['sid']], ['explicit deny', 'Never'])
    match(String(statement?.['policy']), /read-photos of user ann/)

    match((await admin('policy', 'attach', 'read-photos')).stderr, /one of --user, --group and --role/)
    match((await admin('policy', 'delete', 'read-photos')).stderr, /DeleteConflict/)
    await told('policy', 'detach', 'read-photos', '--user', 'ann')
    await told('policy', 'attach', 'read-photos', '--user', 'ann')
    equal((await told('policy', 'delete', 'read-photos', '--force'))['isDeleted'], true)

    match(
      (await admin('policy', 'create', 'bad', file('bad.json', { Statement: 1 }))).stderr,
      /MalformedPolicyDocument/,
    )
    const notJson = join(directory, 'no.json')
    writeFileSync(notJson, '{')
    match((await admin('policy', 'create', 'bad', notJson)).stderr, /no\.json is not JSON/)
    match((await admin('policy', 'create', 'bad', join(directory, 'none.json'))).stderr, /cannot be read \(ENOENT/)
  })

  it('makes, lists, shows and deletes roles', async () => {
    const made = await told(
      'role',
      'create',
      'deploy',
      file('trust.json', trust),
      '--policy',
      'AmazonS3FullAccess',
      '--session-max',
      '4h',
    )
    match(String(made['arn']), /:role\/deploy$/)
    const shown = await told('role', 'show', 'deploy')
    deepEqual([shown['sessionSecondsMax'], shown['trust']], [14_400, trust])
    match((await admin('role', 'list')).stdout, /^NAME +ARN +CREATED \(UTC\)\ndeploy /)
    const would = await told(
      'explain',
      '--role',
      'deploy',
      '--action',
      's3:PutObject',
      '--resource',
      `${fresh.bucket}/a`,
    )
    deepEqual([would['isAllowed'], would['reason']], [true, 'allowed by identity policy'])
    match((await admin('role', 'delete', 'deploy')).stderr, /DeleteConflict/)
    equal((await told('role', 'delete', 'deploy', '--force'))['isDeleted'], true)
  })

  it('gives a user of the role "user" its own files, and nothing else', async () => {
    const key = await user('ann', '--role', 'user')
    const { bucket } = fresh
    const keyed = { Bucket: bucket, Body: 'x' }
    equal(await outcome(key, new PutObjectCommand({ ...keyed, Key: 'ann/a' })), 'done')
    equal(await outcome(key, new PutObjectCommand({ ...keyed, Key: 'bob/a' })), 'AccessDenied')
    equal(await outcome(key, new GetObjectCommand({ Bucket: bucket, Key: 'ann/a' })), 'done')
    equal(await outcome(key, new ListObjectsV2Command({ Bucket: bucket, Prefix: 'ann/' })), 'done')
    equal(await outcome(key, new ListObjectsV2Command({ Bucket: bucket })), 'AccessDenied')
    match((await as(key, 'user', 'list')).stderr, /^cairn: AccessDenied: /)
    match((await as(key, 'usage')).stderr, /^cairn: AccessDenied: /)
  })

  it('lets an auditor see usage, quotas, limits and explanations, and change or read nothing else', async () => {
    const auditor = await user('audit', '--role', 'auditor')
    const { endpoint, bucket } = fresh
    await fresh.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: 'x' }))
    const allowed: [method: string, path: string, body?: unknown][] = [
      ['GET', '/accounts'],
      ['GET', '/presigned/x'],
      ['GET', '/usage'],
      ['GET', '/quotas/accounts/self'],
      ['GET', `/quotas/buckets/${bucket}`],
      ['GET', '/limits/accounts/self'],
      ['GET', `/limits/keys/${auditor.accessKeyId}`],
      ['POST', '/explanations', { isAnonymous: true, action: 's3:GetObject', resource: `${bucket}/a` }],
    ]
    for (const [method, path, body] of allowed) {
      const answer = await ask(endpoint, method, path, { key: auditor, ...(body !== undefined && { body }) })
      equal(answer.status, 200, `${method} ${path}: ${JSON.stringify(answer.body)}`)
    }
    const refused: [method: string, path: string, body?: unknown][] = [
      ['POST', '/accounts', { name: 'mine' }],
      ['POST', '/keys', { user: 'audit' }],
      ['POST', '/keys', {}],
      ['PATCH', `/keys/${auditor.accessKeyId}`, { expires: null }],
      ['POST', `/keys/${auditor.accessKeyId}/rotation`, { graceMs: 0 }],
      ['DELETE', `/keys/${auditor.accessKeyId}`],
      ['PUT', `/quotas/buckets/${bucket}`, { bytesMax: 1 }],
      ['DELETE', `/quotas/buckets/${bucket}`],
      ['PUT', `/limits/keys/${auditor.accessKeyId}`, { requests: 1 }],
      ['PUT', '/presigned/x/revocation'],
    ]
    for (const [method, path, body] of refused) {
      const answer = await ask(endpoint, method, path, { key: auditor, ...(body !== undefined && { body }) })
      deepEqual([answer.status, codeOf(answer)], [403, 'AccessDenied'], `${method} ${path}`)
    }
    equal(await outcome(auditor, new GetObjectCommand({ Bucket: bucket, Key: 'a' })), 'AccessDenied')
    equal(await outcome(auditor, new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: 'x' })), 'AccessDenied')
    equal(await outcome(auditor, new ListObjectsV2Command({ Bucket: bucket })), 'AccessDenied')
  })

  it('takes a session’s key with its token, and lets one with a policy of its own make no key', async () => {
    const ann = await user('ann', '--policy', 'AdministratorAccess')
    const { arn } = await told('role', 'create', 'keeper', file('trust.json', trust), '--policy', 'IAMFullAccess')
    const sts = new STSClient({ endpoint: fresh.endpoint.href, region, credentials: { ...ann }, maxAttempts: 1 })
    const assume = async (Policy?: string): Promise<TestKey> => {
      const named = { RoleArn: String(arn), RoleSessionName: 'night' }
      const { Credentials: made } = await sts.send(
        new AssumeRoleCommand({ ...named, ...(Policy !== undefined && { Policy }) }),
      )
      return {
        accessKeyId: made?.AccessKeyId ?? '',
        secretAccessKey: made?.SecretAccessKey ?? '',
        sessionToken: made?.SessionToken ?? '',
      }
    }
    const [whole, limited] = [await assume(), await assume(JSON.stringify(everything))]
    sts.destroy()
    const { endpoint } = fresh
    equal((await as(whole, 'user', 'list')).code, 0)
    equal((await ask(endpoint, 'GET', '/keys?user=ann', { key: limited })).status, 200)
    const { sessionToken: _, ...tokenless } = whole
    equal(codeOf(await ask(endpoint, 'GET', '/keys?user=ann', { key: tokenless })), 'InvalidAccessKeyId')
    const make = (key: TestKey) => ask(endpoint, 'POST', '/keys', { key, body: { user: 'ann' } })
    deepEqual([(await make(whole)).status, codeOf(await make(limited))], [200, 'AccessDenied'])
    equal(codeOf(await ask(endpoint, 'GET', '/usage', { key: whole })), 'AccessDenied')
  })

  it('lets a user with all rights over identities make no key of the account itself', async () => {
    const key = await user('ann', '--policy', 'AdministratorAccess')
    const answer = await ask(fresh.endpoint, 'POST', '/keys', { key, body: {} })
    deepEqual([answer.status, codeOf(answer)], [403, 'AccessDenied'])
    equal((await ask(fresh.endpoint, 'POST', '/keys', { key, body: { user: 'ann' } })).status, 200)
    equal((await ask(fresh.endpoint, 'POST', '/keys', { key, body: { user: 'nobody' } })).status, 404)
  })
})
