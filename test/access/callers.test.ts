// Everybody who may call: two accounts, users, a session, a service account, nobody; signed by aws4, by forms, in URLs and by the minio client.

import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { text } from 'node:stream/consumers'
import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutBucketRequestPaymentCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import aws4 from 'aws4'
import { Client } from 'minio'
import { freshServer } from '../fresh-server.js'
import { rawRequest, signedRequest } from '../raw-request.js'
import {
  allow,
  clientOf,
  type Credentials,
  deny,
  grant,
  makeAccount,
  makeKey,
  makeRole,
  makeSession,
  makeUser,
  operatorsAccount,
  outcomeOf,
  policyOf,
  type Statement,
} from './people.js'

async function world() {
  const fresh = await freshServer()
  const { store, rootKey } = fresh.server
  await fresh.s3.send(new PutObjectCommand({ Bucket: fresh.bucket, Key: 'cat.jpg', Body: 'meow' }))
  const put = (s3: S3Client, Bucket: string, ...statements: Statement[]) =>
    s3.send(new PutBucketPolicyCommand({ Bucket, Policy: policyOf(...statements) }))
  return { ...fresh, store, account: operatorsAccount(store, rootKey.accountId), putPolicy: put }
}

const cat = (s3: S3Client, Bucket: string): Promise<string> =>
  outcomeOf(s3.send(new GetObjectCommand({ Bucket, Key: 'cat.jpg' })).then(({ Body }) => Body?.transformToString()))

const codeOf = (body: Buffer): string | undefined => /<Code>(\w+)<\/Code>/.exec(body.toString())?.[1]

describe('two accounts', () => {
  it('own their buckets, see their own, and tell names that are taken apart', async () => {
    const { store, endpoint } = await world()
    const [one, other] = [await makeAccount(store, 'one'), await makeAccount(store, 'other')]
    const [s3, theirs] = [
      clientOf(endpoint, await makeKey(store, one)),
      clientOf(endpoint, await makeKey(store, other)),
    ]
    const user = await makeUser(store, one, 'ann', allow('s3:*'))
    const ann = clientOf(endpoint, await makeKey(store, user))
    await ann.send(new CreateBucketCommand({ Bucket: 'of-one' }))
    await theirs.send(new CreateBucketCommand({ Bucket: 'of-other' }))
    const { Buckets, Owner } = await s3.send(new ListBucketsCommand({}))
    deepEqual(
      Buckets?.map(({ Name }) => Name),
      ['of-one'],
    )
    deepEqual(Owner, { ID: one.id, DisplayName: 'one' })
    deepEqual((await theirs.send(new ListBucketsCommand({}))).Buckets?.length, 1)
    equal(await outcomeOf(theirs.send(new CreateBucketCommand({ Bucket: 'of-one' }))), '409 BucketAlreadyExists')
    equal(await outcomeOf(s3.send(new CreateBucketCommand({ Bucket: 'of-one' }))), 'allowed')
    equal(await outcomeOf(theirs.send(new HeadBucketCommand({ Bucket: 'of-one' }))), '403 Unknown')
    // The account itself needs no policy in its own buckets, and the operator none anywhere.
    equal(await outcomeOf(s3.send(new ListObjectsV2Command({ Bucket: 'of-one' }))), 'allowed')
  })

  it('must both allow what one does in the other’s bucket', async () => {
    const { store, endpoint, s3, bucket, putPolicy } = await world()
    const other = await makeAccount(store, 'other')
    const user = await makeUser(store, other, 'bob', allow('s3:GetObject'))
    const bob = clientOf(endpoint, await makeKey(store, user))
    const root = clientOf(endpoint, await makeKey(store, other))
    equal(await cat(bob, bucket), '403 AccessDenied')
    equal(await cat(root, bucket), '403 AccessDenied')
    await putPolicy(s3, bucket, {
      ...allow('s3:GetObject', `arn:aws:s3:::${bucket}/*`),
      Principal: { AWS: other.number },
    })
    equal(await cat(bob, bucket), 'allowed')
    equal(await cat(root, bucket), 'allowed')
    await grant(store, user, allow('s3:ListBucket'))
    equal(await cat(bob, bucket), '403 AccessDenied')
    await grant(store, user, allow('s3:GetObject'))
    await putPolicy(
      s3,
      bucket,
      {
        ...allow('s3:GetObject', `arn:aws:s3:::${bucket}/*`),
        Principal: { AWS: other.number },
      },
      { ...deny('s3:GetObject', `arn:aws:s3:::${bucket}/*`), Principal: { AWS: user.arn } },
    )
    equal(await cat(bob, bucket), '403 AccessDenied')
    equal(await cat(root, bucket), 'allowed')
  })

  it('let a bucket’s Deny hold for the operator too, who can still mend the policy', async () => {
    const { s3, bucket, putPolicy } = await world()
    const all = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`]
    await putPolicy(s3, bucket, { ...deny('s3:*', all), Principal: '*' })
    equal(await cat(s3, bucket), '403 AccessDenied')
    equal(await outcomeOf(s3.send(new ListObjectsV2Command({ Bucket: bucket }))), '403 AccessDenied')
    await putPolicy(s3, bucket, { ...deny('s3:DeleteObject', all), Principal: '*' })
    equal(await cat(s3, bucket), 'allowed')
  })

  it('are told apart by x-amz-expected-bucket-owner, by number or canonical id', async () => {
    const { s3, bucket, account, store } = await world()
    const other = await makeAccount(store, 'other')
    const list = (ExpectedBucketOwner: string): Promise<string> =>
      outcomeOf(s3.send(new ListObjectsV2Command({ Bucket: bucket, ExpectedBucketOwner })))
    equal(await list(account.number), 'allowed')
    equal(await list(account.id), 'allowed')
    equal(await list(other.number), '403 AccessDenied')
    equal(await list(other.id), '403 AccessDenied')
    equal(await list('nonsense'), '403 AccessDenied')
  })

  it('share the cost where the requester pays, who has to say so', async () => {
    const { store, endpoint, s3, bucket, putPolicy } = await world()
    const other = await makeAccount(store, 'other')
    const theirs = clientOf(endpoint, await makeKey(store, other))
    await putPolicy(s3, bucket, {
      ...allow('s3:GetObject', `arn:aws:s3:::${bucket}/*`),
      Principal: { AWS: other.number },
    })
    const RequestPaymentConfiguration = { Payer: 'Requester' } as const
    await s3.send(new PutBucketRequestPaymentCommand({ Bucket: bucket, RequestPaymentConfiguration }))
    equal(await cat(theirs, bucket), '403 AccessDenied')
    equal(await cat(s3, bucket), 'allowed')
    const at = { Bucket: bucket, Key: 'cat.jpg' }
    const paid = await theirs.send(new GetObjectCommand({ ...at, RequestPayer: 'requester' }))
    equal(paid.RequestCharged, 'requester')
    equal(await paid.Body?.transformToString(), 'meow')
    const own = await s3.send(new GetObjectCommand({ ...at, RequestPayer: 'requester' }))
    equal(own.RequestCharged, undefined)
    await own.Body?.transformToString()
  })
})

describe('a session', () => {
  it('signs by aws4 with its token, in headers and in URLs, and not without it', async () => {
    const { store, account, endpoint, bucket } = await world()
    const role = await makeRole(store, account, 'reader', allow('s3:GetObject'))
    const by = makeSession(store, { accountId: account.id, kind: 'role', subjectId: role.id })
    const get = async (credentials: Credentials) => {
      const bytes = signedRequest(endpoint, { method: 'GET', target: `/${bucket}/cat.jpg`, by: credentials })
      const { status, body } = await rawRequest(endpoint, bytes)
      return status === 200 ? body.toString() : `${status} ${codeOf(body)}`
    }
    const { accessKeyId, secretAccessKey, sessionToken = '' } = by
    equal(await get(by), 'meow')
    equal(await get({ accessKeyId, secretAccessKey }), '403 InvalidAccessKeyId')
    equal(await get({ ...by, sessionToken: `${sessionToken.slice(0, -8)}AAAAAAA=` }), '400 InvalidToken')
    equal(await get({ ...by, sessionToken: 'nonsense' }), '400 InvalidToken')
    equal(await get({ ...by, secretAccessKey: 'x' }), '403 SignatureDoesNotMatch')
    const another = makeSession(store, { accountId: account.id, kind: 'role', subjectId: role.id })
    equal(await get({ accessKeyId, secretAccessKey, sessionToken: another.sessionToken ?? '' }), '400 InvalidToken')
    const over = makeSession(store, {
      accountId: account.id,
      kind: 'role',
      subjectId: role.id,
      expiresMs: Date.now() - 1,
    })
    equal(await get(over), '400 ExpiredToken')
    const user = await makeUser(store, account, 'ann', allow('s3:GetObject'))
    equal(await get({ ...(await makeKey(store, user)), sessionToken }), '400 InvalidToken')

    const path = `/${bucket}/cat.jpg?X-Amz-Expires=60`
    const request = { service: 's3', region: 'us-east-1', method: 'GET', path, host: endpoint.host, signQuery: true }
    const target = aws4.sign(request, by).path ?? ''
    match(target, /X-Amz-Security-Token=/)
    const plain = (path: string) => rawRequest(endpoint, `GET ${path} HTTP/1.1\r\nHost: ${endpoint.host}\r\n\r\n`)
    equal((await plain(target)).body.toString(), 'meow')
    const without = await plain(target.replace(/X-Amz-Security-Token=[^&]*&/, ''))
    equal(`${without.status} ${codeOf(without.body)}`, '403 InvalidAccessKeyId')
    // A URL is worth what its signer may do when it is used.
    await grant(store, role, allow('s3:ListBucket'))
    equal((await plain(target)).status, 403)
  })

  it('is what the minio client works with, as are a user’s key and a service account', async () => {
    const { store, account, endpoint, bucket } = await world()
    const home = allow(['s3:GetObject', 's3:PutObject'], 'arn:aws:s3:::*/home/${aws:username}/*')
    const user = await makeUser(store, account, 'ann', home, allow('s3:ListBucket'))
    const own = await makeKey(store, user)
    const readOnly = await makeKey(store, user, { policy: policyOf(allow('s3:Get*')) })
    const session = makeSession(store, {
      accountId: account.id,
      kind: 'user',
      subjectId: user.id,
      parentAccessKeyId: own.accessKeyId,
    })
    const minioOf = ({ accessKeyId, secretAccessKey, sessionToken }: Credentials) =>
      new Client({
        endPoint: endpoint.hostname,
        port: Number(endpoint.port),
        useSSL: false,
        region: 'us-east-1',
        accessKey: accessKeyId,
        secretKey: secretAccessKey,
        ...(sessionToken !== undefined && { sessionToken }),
      })
    const [minio, child, temporary] = [own, readOnly, session].map(minioOf)
    ok(minio && child && temporary)
    await minio.putObject(bucket, 'home/ann/note', 'mine')
    for (const reader of [minio, child, temporary]) {
      equal(await text(await reader.getObject(bucket, 'home/ann/note')), 'mine')
    }
    await temporary.putObject(bucket, 'home/ann/other', 'mine too')
    await rejects(child.putObject(bucket, 'home/ann/note', 'no'), { code: 'AccessDenied' })
    await rejects(minio.putObject(bucket, 'home/bob/note', 'no'), { code: 'AccessDenied' })
    await rejects(minio.getObject(bucket, 'cat.jpg'), { code: 'AccessDenied' })
    await rejects(temporary.getObject(bucket, 'cat.jpg'), { code: 'AccessDenied' })
    const url = await temporary.presignedGetObject(bucket, 'home/ann/other', 60)
    equal(await (await fetch(url)).text(), 'mine too')
  })
})

describe('nobody', () => {
  const plain = (endpoint: URL, method: string, target: string, headers = '', body = '') =>
    rawRequest(endpoint, `${method} ${target} HTTP/1.1\r\nHost: ${endpoint.host}\r\n${headers}\r\n${body}`)

  it('may do nothing, until a bucket lets everybody', async () => {
    const { endpoint, bucket, s3, putPolicy } = await world()
    const target = `/${bucket}/cat.jpg`
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const { status, body } = await plain(endpoint, method, target, 'Content-Length: 0\r\n')
      equal(`${method} ${status} ${codeOf(body)}`, `${method} 403 AccessDenied`)
    }
    equal((await plain(endpoint, 'GET', '/')).status, 403)
    const everybody = { ...allow('s3:GetObject', `arn:aws:s3:::${bucket}/*`), Principal: '*' }
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }))
    await putPolicy(s3, bucket, everybody)
    const read = await plain(endpoint, 'GET', target)
    equal(`${read.status} ${read.body.toString()}`, '200 meow')
    equal((await plain(endpoint, 'PUT', target, 'Content-Length: 1\r\n', 'x')).status, 403)
    const shaped = await plain(endpoint, 'GET', `${target}?response-content-type=text%2Fhtml`)
    equal(`${shaped.status} ${codeOf(shaped.body)}`, '400 InvalidRequest')

    // What is blocked is blocked last, whatever the policy says.
    const block = (RestrictPublicBuckets: boolean) =>
      s3.send(
        new PutPublicAccessBlockCommand({
          Bucket: bucket,
          PublicAccessBlockConfiguration: { RestrictPublicBuckets },
        }),
      )
    await block(true)
    equal((await plain(endpoint, 'GET', target)).status, 403)
    await block(false)
    equal((await plain(endpoint, 'GET', target)).status, 200)
  })

  it('uploads where everybody may: plainly, in chunks that are counted, by a form without a policy', async () => {
    const { endpoint, bucket, s3, putPolicy } = await world()
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }))
    await putPolicy(s3, bucket, { ...allow('s3:PutObject', `arn:aws:s3:::${bucket}/in/*`), Principal: '*' })
    equal((await plain(endpoint, 'PUT', `/${bucket}/in/a`, 'Content-Length: 5\r\n', 'plain')).status, 200)
    const chunked =
      'x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\nContent-Encoding: aws-chunked\r\nx-amz-decoded-content-length: 5\r\n' +
      'x-amz-trailer: x-amz-checksum-crc32\r\n'
    const frames = '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n'
    const sent = await plain(
      endpoint,
      'PUT',
      `/${bucket}/in/b`,
      `${chunked}Content-Length: ${frames.length}\r\n`,
      frames,
    )
    equal(sent.status, 200, sent.body.toString())
    const form = async (fields: Record<string, string>): Promise<string> => {
      const data = new FormData()
      for (const [name, value] of Object.entries(fields)) data.append(name, value)
      data.append('file', new Blob(['by form']), 'c.txt')
      const answer = await fetch(new URL(`/${bucket}`, endpoint), { method: 'POST', body: data })
      return `${answer.status} ${/<Code>(\w+)/.exec(await answer.text())?.[1] ?? ''}`.trim()
    }
    equal(await form({ key: 'in/c' }), '204')
    equal(await form({ key: 'out/c' }), '403 AccessDenied')
    equal(await form({ key: 'in/d', 'x-amz-credential': 'x' }), '403 AccessDenied')
    const stored = async (Key: string) =>
      (await s3.send(new GetObjectCommand({ Bucket: bucket, Key }))).Body?.transformToString()
    deepEqual([await stored('in/a'), await stored('in/b'), await stored('in/c')], ['plain', 'hello', 'by form'])
  })
})

describe('a form signed by a user', () => {
  it('is worth what the user may do when it is sent', async () => {
    const { store, account, endpoint, bucket, s3 } = await world()
    const user = await makeUser(store, account, 'ann')
    const key = await makeKey(store, user)
    const role = await makeRole(store, account, 'writer', allow('s3:PutObject'))
    const session = makeSession(store, { accountId: account.id, kind: 'role', subjectId: role.id })
    const send = (by: Credentials) => sendForm(endpoint, bucket, by)
    equal(await send(key), '403 AccessDenied')
    await grant(store, user, allow('s3:PutObject', `arn:aws:s3:::${bucket}/form`))
    equal(await send(key), '204')
    await grant(store, user, {
      ...allow('s3:PutObject'),
      Condition: { StringEquals: { 's3:RequestObjectTag/a': 'b' } },
    })
    equal(await send(key), '403 AccessDenied')
    equal(await send(session), '204')
    equal(
      await send({ accessKeyId: session.accessKeyId, secretAccessKey: session.secretAccessKey }),
      '403 InvalidAccessKeyId',
    )
    await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'form' })).then(({ Body }) => Body?.transformToString())
  })
})

async function sendForm(endpoint: URL, bucket: string, by: Credentials): Promise<string> {
  const now = new Date()
  const timestamp = now.toISOString().replace(/[:-]|\.\d{3}/g, '')
  const day = timestamp.slice(0, 8)
  const fields: Record<string, string> = {
    key: 'form',
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': `${by.accessKeyId}/${day}/us-east-1/s3/aws4_request`,
    'x-amz-date': timestamp,
    ...(by.sessionToken !== undefined && { 'x-amz-security-token': by.sessionToken }),
  }
  const conditions = [{ bucket }, ...Object.entries(fields).map(([name, value]) => ({ [name]: value }))]
  const policy = Buffer.from(
    JSON.stringify({ expiration: new Date(now.getTime() + 60_000).toISOString(), conditions }),
  ).toString('base64')
  const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest()
  const key = [day, 'us-east-1', 's3', 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${by.secretAccessKey}`)
  const data = new FormData()
  for (const [name, value] of Object.entries(fields)) data.append(name, value)
  data.append('policy', policy)
  data.append('x-amz-signature', hmac(key, policy).toString('hex'))
  data.append('file', new Blob(['x']), 'form')
  const answer = await fetch(new URL(`/${bucket}`, endpoint), { method: 'POST', body: data })
  return `${answer.status} ${/<Code>(\w+)/.exec(await answer.text())?.[1] ?? ''}`.trim()
}

describe('a list that lets everybody in', () => {
  it('lets in users of the owner’s account too, who have no policy, and no further than everybody', async () => {
    const fresh = await freshServer({
      settings: { newBucketOwnership: 'ObjectWriter', newBucketPublicAccess: 'open' },
    })
    const { store } = fresh.server
    const account = operatorsAccount(store, fresh.server.rootKey.accountId)
    const ann = clientOf(fresh.endpoint, await makeKey(store, await makeUser(store, account, 'ann')))
    const Bucket = fresh.bucket
    await fresh.s3.send(new PutObjectCommand({ Bucket, Key: 'cat.jpg', Body: 'meow', ACL: 'public-read' }))
    equal(await cat(ann, Bucket), 'allowed')
    equal(await outcomeOf(ann.send(new GetObjectAclCommand({ Bucket, Key: 'cat.jpg' }))), '403 AccessDenied')
    await fresh.s3.send(new PutObjectCommand({ Bucket, Key: 'cat.jpg', Body: 'hiss' }))
    equal(await cat(ann, Bucket), '403 AccessDenied')
    await fresh.s3.send(new PutObjectAclCommand({ Bucket, Key: 'cat.jpg', ACL: 'authenticated-read' }))
    equal(await cat(ann, Bucket), 'allowed')
    await fresh.s3.send(
      new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: { IgnorePublicAcls: true } }),
    )
    equal(await cat(ann, Bucket), '403 AccessDenied')
  })
})
