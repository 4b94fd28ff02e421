// The root key on disk: random, private, durable, and never replaced in silence.

import { deepEqual, equal, match, notEqual, rejects } from 'node:assert/strict'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openRootKey } from '../../src/auth/root-key.js'

describe('openRootKey', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cairn-root-key-'))
  })
  afterEach(() => rm(directory, { recursive: true }))
  const file = (): string => join(directory, 'root-key.json')

  it('makes a random key on first start and finds it again', async () => {
    const first = await openRootKey(directory)
    equal(first.isNew, true)
    match(first.accessKeyId, /^[A-Z0-9]{20}$/)
    match(first.secret.reveal(), /^[A-Za-z0-9]{40}$/)
    match(first.accountId, /^[0-9a-f]{64}$/)
    const second = await openRootKey(directory)
    equal(second.isNew, false)
    equal(second.accessKeyId, first.accessKeyId)
    equal(second.secret.reveal(), first.secret.reveal())
    equal(second.accountId, first.accountId)
  })

  it('makes the directory', async () => {
    const inner = join(directory, 'a', 'b')
    equal((await openRootKey(inner)).isNew, true)
    equal((await openRootKey(inner)).isNew, false)
  })

  it('never makes the same key twice', async () => {
    const other = await mkdtemp(join(tmpdir(), 'cairn-root-key-'))
    const [a, b] = [await openRootKey(directory), await openRootKey(other)]
    await rm(other, { recursive: true })
    notEqual(a.accessKeyId, b.accessKeyId)
    notEqual(a.secret.reveal(), b.secret.reveal())
    notEqual(a.accountId, b.accountId)
  })

  it('keeps the file from everybody else, and tightens one that was opened up', async () => {
    await openRootKey(directory)
    equal((await stat(file())).mode & 0o777, 0o600)
    await chmod(file(), 0o644)
    await openRootKey(directory)
    equal((await stat(file())).mode & 0o777, 0o600)
  })

  it('leaves no draft behind, and is not disturbed by one', async () => {
    await writeFile(`${file()}.draft`, 'half')
    await openRootKey(directory)
    deepEqual(await readdir(directory), ['root-key.json'])
  })

  it('takes a set key, and keeps the account when the key changes', async () => {
    const set = await openRootKey(directory, { accessKeyId: 'minio', secretAccessKey: 'minio123' })
    equal(set.isNew, false)
    equal(set.accessKeyId, 'minio')
    equal(set.secret.reveal(), 'minio123')
    equal((await readFile(file(), 'utf8')).includes('minio123'), false)
    const random = await openRootKey(directory)
    equal(random.isNew, true)
    equal(random.accountId, set.accountId)
    const again = await openRootKey(directory, { accessKeyId: 'other', secretAccessKey: 'otherother' })
    equal(again.accountId, set.accountId)
    equal((await openRootKey(directory)).accessKeyId, random.accessKeyId)
  })

  for (const [settings, message] of [
    [{ accessKeyId: 'minio' }, /root access key is set but the root secret key is not/],
    [{ secretAccessKey: 'minio123' }, /root secret key is set but the root access key is not/],
    [{ accessKeyId: 'ab', secretAccessKey: 'minio123' }, /access key has 2 characters; 3 to 128/],
    [{ accessKeyId: 'minio', secretAccessKey: '1234567' }, /secret key has 7 characters; 8 to 256/],
    [{ accessKeyId: 'a/b', secretAccessKey: 'minio123' }, /letters, digits/],
  ] as const) {
    it(`refuses ${JSON.stringify(settings)}`, () => rejects(openRootKey(directory, settings), { message }))
  }

  for (const text of [
    '',
    '{',
    '[]',
    '{"format":2}',
    '{"format":1,"accountId":"x"}',
    `{"format":1,"accountId":"${'a'.repeat(64)}","accessKeyId":"A"}`,
  ]) {
    it(`refuses a damaged file rather than replacing it: ${text.slice(0, 30)}`, async () => {
      await writeFile(file(), text)
      await rejects(openRootKey(directory), { message: /is damaged/ })
      equal(await readFile(file(), 'utf8'), text)
    })
  }
})
