// `cairn backup` and `cairn restore` as an operator runs them: what they print and their exit codes, beside a running server.

import { PutObjectCommand } from '@aws-sdk/client-s3'
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freshServer } from './fresh-server.js'
import { projectRoot } from './project-root.js'
import { filesBelow } from './store/temporary-directory.js'

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

async function cairn(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [join(projectRoot, 'bin/cairn.cjs'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  await once(child, 'close')
  return { code: child.exitCode, stdout, stderr }
}

describe('cairn backup', function () {
  this.timeout(60_000)
  let scratch: string
  let target: string
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'cairn-backup-'))
    target = join(scratch, 'backup')
  })
  afterEach(() => rmSync(scratch, { recursive: true, force: true }))

  it('tells what it did, for people and for programs, and the restored store is whole', async () => {
    const { s3, bucket, directory } = await freshServer()
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: 'x'.repeat(50_000) }))

    const first = await cairn('backup', '--data', directory, '--to', target)
    const second = await cairn('backup', '--data', directory, '--to', target, '--keep', '1', '--rate', '50', '--json')
    const list = await cairn('backup', 'list', target)
    const listed = await cairn('backup', 'list', '--json', target)
    const verify = await cairn('backup', 'verify', target)
    const verified = await cairn('backup', 'verify', target, '--json')
    const restore = await cairn('restore', '--from', target, '--data', join(scratch, 'restored'))
    const check = await cairn('check', '--data', join(scratch, 'restored'))

    for (const { code, stderr } of [first, second, list, listed, verify, verified, restore, check])
      equal(code, 0, stderr)
    match(
      first.stdout,
      /generation 1: the state at change 2, of 20\S+Z, backup began 20\S+Z; 1 buckets, 1 objects, 1 versions/,
    )
    match(first.stdout, /1 of 1 blobs copied \(0\.0 MiB\)/)
    match(first.stderr, /backing up catalog 100 %\n.*backing up blobs 100 %/s)
    const { manifest, dropped } = JSON.parse(second.stdout) as {
      manifest: { generation: number; objects: number }
      dropped: number[]
    }
    deepEqual([manifest.generation, manifest.objects, dropped, second.stderr], [2, 1, [1], ''])
    match(list.stdout, /^generation 2: the state at change 2.*\n$/)
    equal((JSON.parse(listed.stdout) as { generation: number }).generation, 2)
    match(verify.stdout, /generations 2; 1 blobs, 0\.0 MiB; no fault/)
    deepEqual((JSON.parse(verified.stdout) as { faults: unknown[] }).faults, [])
    match(restore.stdout, /generation 2: the state at change 2, of .*\nrestored, everything was verified/)
    match(check.stdout, /no fault/)
    for (const path of [target, join(target, 'generations', '000002')]) equal(statSync(path).mode & 0o077, 0)
    for (const file of await filesBelow(target)) equal(statSync(join(target, file)).mode & 0o077, 0, file)
    deepEqual(readdirSync(join(directory, 'holds')), [])
  })

  it('ends with code 1 and names what is damaged', async () => {
    const { s3, bucket, directory } = await freshServer()
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: 'x'.repeat(50_000) }))
    const [file = ''] = await filesBelow(join(directory, 'blobs'))
    truncateSync(join(directory, 'blobs', file), 1)

    const backup = await cairn('backup', '--data', directory, '--to', target)
    const verify = await cairn('backup', 'verify', target)
    const restore = await cairn('restore', '--from', target, '--data', join(scratch, 'restored'))

    deepEqual([backup.code, verify.code, restore.code], [1, 1, 1])
    ok(backup.stdout.includes(`file ${file}; the file has 1 bytes, not 50000`), backup.stdout)
    match(verify.stdout, /generation 1: the file cannot be read: ENOENT.*; blob [0-9a-f]{64}/)
    match(restore.stdout, /restored without 1 damaged blobs/)
  })

  const refused: [name: string, args: (data: string) => string[], says: RegExp][] = [
    ['no target', (data) => ['backup', '--data', data], /to is not set; allowed is the path of a backup directory/],
    [
      'a number that is none',
      (data) => ['backup', '--data', data, '--to', 'x', '--keep', '0'],
      /whole number from 1 on/,
    ],
    ['no store', () => ['backup', '--data', 'nowhere', '--to', 'x'], /nowhere holds no store/],
    ['no backup', () => ['backup', 'verify', 'nowhere'], /nowhere holds no backup/],
    ['a restore over a store', (data) => ['restore', '--from', 'nowhere', '--data', data], /is not empty/],
  ]
  for (const [name, args, says] of refused) {
    it(`ends with code 2 and says why: ${name}`, async () => {
      const { directory } = await freshServer({ hasBucket: false })

      const { code, stderr } = await cairn(...args(directory))

      equal(code, 2)
      match(stderr, says)
      ok(!/^\s+at /m.test(stderr), stderr)
    })
  }
})
