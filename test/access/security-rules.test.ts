// Security rules 5 to 8 of the design, each named after the hole it closes.

import { doesNotMatch, equal, ok } from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import {
  CopyObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { keyRing } from '../../src/auth/key-ring.js'
import { operatorKey } from '../../src/auth/operator.js'
import { systemClock, type Operation } from '../../src/contract/operation.js'
import { getObject } from '../../src/objects/get-object.js'
import { objectTaggingOperations } from './tagging-operations.js'
import type { Store } from '../../src/store/store.js'
import { type FreshServer, freshServer } from '../fresh-server.js'
import { rawRequest, signedRequest } from '../raw-request.js'
import {
  allow,
  clientOf,
  grant,
  makeKey,
  makeRole,
  makeSession,
  makeUser,
  operatorsAccount,
  outcomeOf,
  policyOf,
} from './people.js'

const world = async (fresh: FreshServer) => {
  const { store, rootKey } = fresh.server
  return { ...fresh, store, account: operatorsAccount(store, rootKey.accountId) }
}

const textOf = async (s3: S3Client, Bucket: string, Key: string): Promise<string | undefined> => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }))
  return Body?.transformToString()
}

/** What only objects with this tag may be read with. */
const ifPublic = {
  ...allow('s3:GetObject'),
  Condition: { StringEquals: { 's3:ExistingObjectTag/level': 'public' } },
}

describe('security rule 5: what is authorized is what is opened', () => {
  /** A server on which an object is replaced between the permission to do something with it and the doing. */
  async function replacedInBetween(operations: (store: () => Store, replace: () => Promise<void>) => object) {
    const up: { store?: Store } = {}
    let replace = async (): Promise<void> => undefined
    const theStore = (): Store => {
      if (up.store === undefined) throw new Error('the server is not up yet')
      return up.store
    }
    const fresh = await world(await freshServer({ operations: operations(theStore, () => replace()) }))
    const { store } = fresh
    up.store = store
    const { s3, bucket, account, endpoint } = fresh
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'news', Body: 'for all', Tagging: 'level=public' }))
    let isReplaced = false
    replace = async () => {
      if (isReplaced) return
      isReplaced = true
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'news', Body: 'secret', Tagging: 'level=secret' }))
    }
    const user = await makeUser(store, account, 'ann', ifPublic, {
      ...allow('s3:PutObjectTagging'),
      Condition: { StringEquals: { 's3:ExistingObjectTag/level': 'public' } },
    })
    return { ...fresh, theirs: clientOf(endpoint, await makeKey(store, user)), wasReplaced: () => isReplaced }
  }

  it('does not hand out a version that came after the permission to read another', async () => {
    const { theirs, bucket, wasReplaced } = await replacedInBetween((store, replace) => {
      const GetObject: Operation<'GetObject'> = async (input, call) => {
        await replace()
        return getObject(store())(input, call)
      }
      return { GetObject }
    })
    equal(await outcomeOf(textOf(theirs, bucket, 'news')), '403 AccessDenied')
    ok(wasReplaced())
  })

  it('does not change the tags of a version that came after the permission to change those of another', async () => {
    const { theirs, s3, bucket, wasReplaced } = await replacedInBetween((store, replace) =>
      objectTaggingOperations(store, replace),
    )
    const tags = { TagSet: [{ Key: 'level', Value: 'public' }] }
    const tagging = theirs.send(new PutObjectTaggingCommand({ Bucket: bucket, Key: 'news', Tagging: tags }))
    equal(await outcomeOf(tagging), '403 AccessDenied')
    ok(wasReplaced())
    equal(await outcomeOf(textOf(theirs, bucket, 'news')), '403 AccessDenied')
    equal(await textOf(s3, bucket, 'news'), 'secret')
  })

  it('does not let a reader see what he may not, however often it is replaced', async function () {
    this.timeout(60_000)
    const { store, account, endpoint, s3, bucket } = await world(await freshServer())
    const user = await makeUser(store, account, 'ann', ifPublic)
    const theirs = clientOf(endpoint, await makeKey(store, user))
    const end = { isOver: false }
    const writing = (async () => {
      for (let i = 0; !end.isOver; i += 1) {
        const [Body, Tagging] = i % 2 === 0 ? ['for all', 'level=public'] : ['secret', 'level=secret']
        await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'news', Body, Tagging }))
      }
    })()
    let allowed = 0
    for (let i = 0; i < 300; i += 1) {
      const text = await textOf(theirs, bucket, 'news').catch(() => undefined)
      if (text === undefined) continue
      allowed += 1
      equal(text, 'for all')
    }
    end.isOver = true
    await writing
    ok(allowed > 0, 'nothing was ever allowed')
  })

  it('asks for the version of a source that will be copied', async () => {
    const { store, account, endpoint, s3, bucket } = await world(await freshServer())
    await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }))
    const old = await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'plan', Body: 'old' }))
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'plan', Body: 'new' }))
    const user = await makeUser(store, account, 'ann', allow(['s3:GetObject', 's3:PutObject']))
    const theirs = clientOf(endpoint, await makeKey(store, user))
    const copy = (CopySource: string): Promise<string> =>
      outcomeOf(theirs.send(new CopyObjectCommand({ Bucket: bucket, Key: 'copy', CopySource })))
    equal(await copy(`${bucket}/plan`), 'allowed')
    equal(await copy(`${bucket}/plan?versionId=${old.VersionId ?? ''}`), '403 AccessDenied')
    await grant(store, user, allow(['s3:GetObjectVersion', 's3:PutObject']))
    equal(await copy(`${bucket}/plan`), '403 AccessDenied')
    equal(await copy(`${bucket}/plan?versionId=${old.VersionId ?? ''}`), 'allowed')
  })
})

describe('security rule 6: condition keys come from verified context', () => {
  it('does not believe a header about the address or the transport', async () => {
    const { store, account, endpoint, bucket, s3 } = await world(await freshServer())
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'cat.jpg', Body: 'meow' }))
    const user = await makeUser(store, account, 'ann')
    const by = await makeKey(store, user)
    const status = async (headers: Record<string, string>): Promise<number> =>
      (
        await rawRequest(
          endpoint,
          signedRequest(endpoint, { method: 'GET', target: `/${bucket}/cat.jpg`, headers, by }),
        )
      ).status
    const lies = {
      'X-Forwarded-For': '10.1.2.3',
      'X-Real-IP': '10.1.2.3',
      Forwarded: 'for=10.1.2.3;proto=https',
      'X-Forwarded-Proto': 'https',
    }
    const from = (Condition: object) => grant(store, user, { ...allow('s3:GetObject'), Condition })
    await from({ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } })
    equal(await status({}), 403)
    equal(await status(lies), 403)
    await from({ Bool: { 'aws:SecureTransport': 'true' } })
    equal(await status(lies), 403)
    await from({ IpAddress: { 'aws:SourceIp': '127.0.0.0/8' }, Bool: { 'aws:SecureTransport': 'false' } })
    equal(await status(lies), 200)
  })

  it('does not take a query for what another operation is asked', async () => {
    const { store, account, endpoint, bucket, s3 } = await world(await freshServer())
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'home/ann/note', Body: 'x' }))
    const user = await makeUser(store, account, 'ann', {
      ...allow(['s3:ListBucket', 's3:GetObject']),
      Condition: { StringLike: { 's3:prefix': 'home/ann/*' } },
    })
    const by = await makeKey(store, user)
    const theirs = clientOf(endpoint, by)
    const list = (Prefix?: string): Promise<string> =>
      outcomeOf(theirs.send(new ListObjectsV2Command({ Bucket: bucket, Prefix })))
    equal(await list('home/ann/'), 'allowed')
    equal(await list('home/bob/'), '403 AccessDenied')
    equal(await list(), '403 AccessDenied')
    const target = `/${bucket}/home/ann/note?prefix=home%2Fann%2F`
    equal((await rawRequest(endpoint, signedRequest(endpoint, { method: 'GET', target, by }))).status, 403)
  })
})

describe('security rule 7: a child’s rights are a subset of its parent’s', () => {
  const wide = policyOf(allow('s3:*'))

  it('whatever the policy of a service account says, when it is made and when it is used', async () => {
    const { store, account, endpoint, bucket, s3 } = await world(await freshServer())
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: 'x' }))
    const user = await makeUser(store, account, 'ann', allow('s3:GetObject'))
    const child = clientOf(endpoint, await makeKey(store, user, { policy: wide }))
    const narrow = clientOf(endpoint, await makeKey(store, user, { policy: policyOf(allow('s3:ListBucket')) }))
    equal(await outcomeOf(textOf(child, bucket, 'a')), 'allowed')
    const put = new PutObjectCommand({ Bucket: bucket, Key: 'b', Body: 'x' })
    equal(await outcomeOf(child.send(put)), '403 AccessDenied')
    equal(await outcomeOf(textOf(narrow, bucket, 'a')), '403 AccessDenied')
    await grant(store, user, allow('s3:PutObject'))
    equal(await outcomeOf(textOf(child, bucket, 'a')), '403 AccessDenied')
    equal(await outcomeOf(child.send(put)), 'allowed')

    // What a bucket grants to the user by name is more than his key was given.
    const Policy = policyOf({ ...allow('s3:GetObject', `arn:aws:s3:::${bucket}/*`), Principal: { AWS: user.arn } })
    await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }))
    equal(await outcomeOf(textOf(clientOf(endpoint, await makeKey(store, user)), bucket, 'a')), 'allowed')
    equal(await outcomeOf(textOf(narrow, bucket, 'a')), '403 AccessDenied')
  })

  it('whatever the policies of a session say', async () => {
    const { store, account, endpoint, bucket, s3 } = await world(await freshServer())
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: 'x' }))
    const user = await makeUser(store, account, 'ann', allow('s3:GetObject'))
    const role = await makeRole(store, account, 'reader', allow('s3:GetObject'))
    const parentAccessKeyId = (await makeKey(store, user)).accessKeyId
    const kinds = [
      { kind: 'role', subjectId: role.id },
      { kind: 'user', subjectId: user.id, parentAccessKeyId },
      { kind: 'federated', subjectId: user.id, parentAccessKeyId },
    ] as const
    const put = new PutObjectCommand({ Bucket: bucket, Key: 'b', Body: 'x' })
    for (const of of kinds) {
      const session = (policies: string[]) =>
        clientOf(endpoint, makeSession(store, { ...of, accountId: account.id, policies }))
      equal(await outcomeOf(textOf(session([wide]), bucket, 'a')), 'allowed', of.kind)
      equal(await outcomeOf(session([wide]).send(put)), '403 AccessDenied', of.kind)
      const narrow = session([policyOf(allow('s3:ListBucket'))])
      equal(await outcomeOf(textOf(narrow, bucket, 'a')), '403 AccessDenied', of.kind)
      const plain = await outcomeOf(textOf(session([]), bucket, 'a'))
      equal(plain, of.kind === 'federated' ? '403 AccessDenied' : 'allowed', `${of.kind} without policies`)
    }
  })

  it('and those of a session of a service account are a subset of that', async () => {
    const { store, account, endpoint, bucket, s3 } = await world(await freshServer())
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: 'x' }))
    const user = await makeUser(store, account, 'ann', allow('s3:*'))
    const parent = await makeKey(store, user, { policy: policyOf(allow('s3:ListBucket')) })
    const of = { accountId: account.id, kind: 'user', subjectId: user.id } as const
    const session = clientOf(endpoint, makeSession(store, { ...of, parentAccessKeyId: parent.accessKeyId }))
    equal(await outcomeOf(session.send(new ListObjectsV2Command({ Bucket: bucket }))), 'allowed')
    equal(await outcomeOf(textOf(session, bucket, 'a')), '403 AccessDenied')
  })
})

describe('security rule 8: secrets are not to be found', () => {
  it('neither in the data directory nor in what a key prints as', async () => {
    const fresh = await freshServer()
    const { store, account, directory, server } = await world(fresh)
    const user = await makeUser(store, account, 'ann')
    const { accessKeyId, secretAccessKey } = await makeKey(store, user)
    for (const name of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      if (!name.isFile()) continue
      ok(!readFileSync(join(name.parentPath, name.name)).includes(secretAccessKey), name.name)
    }
    const uses = { note: () => undefined } as never
    const operator = operatorKey(server.rootKey, account)
    const ring = keyRing({ operator, catalog: store.catalog, sealer: store.sealer, clock: systemClock, uses })
    const key = ring.require(accessKeyId, undefined)
    equal(key.secret.reveal(), secretAccessKey)
    for (const printed of [inspect(key, { depth: 10 }), JSON.stringify(key), String(key.secret)]) {
      doesNotMatch(printed, new RegExp(secretAccessKey))
    }
  })
})
