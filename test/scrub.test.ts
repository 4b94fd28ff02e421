// The scrub: of a running server, and by command. What is damaged is found, named with its objects, never served, and healed by an upload.

import { GetObjectCommand, PutBucketVersioningCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type DamagedContent, scrubDirectory, scrubStatus } from '../src/store/scrub-directory.js'
import { blobFiles, changeCatalog, fileDamages, flipBit, flipSmallBit, smallBodies } from './damage.js'
import { type FreshServer, freshServer } from './fresh-server.js'
import { HandClock } from './objects/objects.js'
import { projectRoot } from './project-root.js'
import { randomFrom } from './crash/random.js'
import { bytesOf } from './store/blobs/bodies.js'
import { faultsOf } from './store/faults-of.js'

const MiB = 1024 * 1024
const dayMs = 86_400_000

/** Runs the program; answers its exit code and what it printed. */
const cairn = (...args: string[]): Promise<{ code: number; output: string; errors: string }> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [join(projectRoot, 'bin/cairn.cjs'), ...args], (_, output, errors) =>
      resolve({ code: child.exitCode ?? -1, output, errors }),
    )
  })

const put = async ({ s3, bucket }: FreshServer, key: string, body: Buffer): Promise<unknown> =>
  s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }))

const get = async ({ s3, bucket }: FreshServer, key: string): Promise<Buffer> => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
  return Buffer.from((await Body?.transformToByteArray()) ?? [])
}

function statusOf(directory: string) {
  const damaged: DamagedContent[] = []
  const state = scrubStatus(directory, (content) => damaged.push(content))
  return { state, damaged }
}

describe('the scrub of a server', function () {
  this.timeout(60_000)

  it('reads everything once and notes that it has', async () => {
    const fresh = await freshServer()
    await put(fresh, 'small', bytesOf(1_000))
    await put(fresh, 'large', bytesOf(3 * MiB))

    await fresh.server.store.scrub.runNow()

    const { state, damaged } = statusOf(fresh.directory)
    deepEqual(damaged, [])
    deepEqual([state?.bytes, state?.total, state?.found], [3 * MiB + 1_000, 3 * MiB + 1_000, 0])
    ok(state?.ended !== null)
    deepEqual(fresh.problems, [])
  })

  it('logs each damage once, with digest, place and objects, though it is found in every round', async () => {
    const clock = new HandClock()
    const fresh = await freshServer({ clock })
    await put(fresh, 'dir/one', bytesOf(100_000))
    await put(fresh, 'dir/two', bytesOf(100_000))
    await put(fresh, 'whole', bytesOf(100_000, 2))
    const [file] = blobFiles(fresh.directory)
    ok(file !== undefined)
    flipBit(file.path, 70_000)

    await fresh.server.store.scrub.runNow()
    clock.ms += 31 * dayMs
    await fresh.server.store.scrub.runNow()

    const serves = ['dir/one', 'dir/two'].map((key) => ({ bucket: fresh.bucket, key, versionId: 'null' }))
    deepEqual(fresh.problems, [
      {
        message: 'the scrub found damage',
        details: { blob: file.digest, location: file.location, what: 'the file is damaged', serves },
      },
    ])
    const { state, damaged } = statusOf(fresh.directory)
    equal(state?.found, 1)
    deepEqual(
      damaged.map(({ blob, location }) => [blob, location]),
      [[file.digest, file.location]],
    )
    await rejects(get(fresh, 'dir/one'))
    ok(bytesOf(100_000, 2).equals(await get(fresh, 'whole')))
  })

  it('does not begin again before its days are over', async () => {
    const clock = new HandClock()
    const fresh = await freshServer({ clock, settings: { scrubDays: 10 } })
    await put(fresh, 'k', bytesOf(100_000))
    await fresh.server.store.scrub.runNow()
    flipBit(blobFiles(fresh.directory)[0]?.path ?? '', 5)

    clock.ms += 9 * dayMs
    await fresh.server.store.scrub.runNow()
    deepEqual(fresh.problems, [])

    clock.ms += 2 * dayMs
    await fresh.server.store.scrub.runNow()
    equal(fresh.problems.length, 1)
  })

  it('forgets damage that a later upload of the same bytes heals, large and small', async () => {
    const fresh = await freshServer()
    await put(fresh, 'large', bytesOf(100_000))
    await put(fresh, 'small', bytesOf(500))
    flipBit(blobFiles(fresh.directory)[0]?.path ?? '', 5)
    changeCatalog(fresh.directory, 'UPDATE body SET content = zeroblob(500) WHERE size = 500')
    await fresh.server.store.scrub.runNow()
    equal(statusOf(fresh.directory).damaged.length, 2)

    await put(fresh, 'elsewhere', bytesOf(100_000))
    await put(fresh, 'elsewhere too', bytesOf(500))

    deepEqual(statusOf(fresh.directory).damaged, [])
    ok(bytesOf(100_000).equals(await get(fresh, 'large')))
    ok(bytesOf(500).equals(await get(fresh, 'small')))
  })

  it('forgets damage when a file is as it was, and when nothing is made of it any more', async () => {
    const clock = new HandClock()
    const fresh = await freshServer({ clock })
    await put(fresh, 'back', bytesOf(100_000))
    await put(fresh, 'overwritten', bytesOf(100_000, 2))
    const files = blobFiles(fresh.directory)
    const before = files.map(({ path }) => readFileSync(path))
    for (const { path } of files) flipBit(path, 99_999)
    await fresh.server.store.scrub.runNow()
    equal(statusOf(fresh.directory).damaged.length, 2)

    writeFileSync(files[0]?.path ?? '', before[0] ?? '')
    await put(fresh, 'overwritten', bytesOf(10))
    await fresh.server.store.collector.collectNow()
    clock.ms += 31 * dayMs
    await fresh.server.store.scrub.runNow()

    deepEqual(statusOf(fresh.directory).damaged, [])
  })

  it('goes on after a restart where it was, and reads nothing twice', async () => {
    const slow = await freshServer({ settings: { scrubMibPerSecondMax: 1 } })
    for (let i = 0; i < 6; i += 1) await put(slow, `key ${i}`, bytesOf(MiB, i + 1))
    flipBit(blobFiles(slow.directory)[1]?.path ?? '', 5)
    const round = slow.server.store.scrub.runNow()
    while (statusOf(slow.directory).damaged.length === 0) await wait(20)
    await slow.close()
    await round
    const half = statusOf(slow.directory).state
    ok(half !== undefined && half.ended === null)
    ok(half.bytes >= 2 * MiB && half.bytes < 6 * MiB, `${half.bytes}`)

    const again = await slow.restart()
    await again.server.store.scrub.runNow()

    const { state } = statusOf(slow.directory)
    deepEqual([state?.began, state?.bytes, state?.found], [half.began, 6 * MiB, 1])
    ok(state?.ended !== null)
    deepEqual(again.problems, [])
  })

  it('keeps to its pace: no faster than a MiB a second where there is time', async () => {
    const fresh = await freshServer()
    await put(fresh, 'k', bytesOf(2 * MiB + 1))
    const began = performance.now()
    await fresh.server.store.scrub.runNow()
    const tookMs = performance.now() - began
    ok(tookMs > 1_500 && tookMs < 10_000, `${tookMs} ms`)
  })

  it('stops at once with the server', async () => {
    const fresh = await freshServer({ settings: { scrubMibPerSecondMax: 1 } })
    for (let i = 0; i < 5; i += 1) await put(fresh, `key ${i}`, bytesOf(16 * MiB, i + 1))
    const round = fresh.server.store.scrub.runNow()
    await wait(500)
    const began = performance.now()
    await fresh.close()
    await round
    ok(performance.now() - began < 3_000)
  })

  it('raises no false alarm while everything is overwritten and collected', async () => {
    const fresh = await freshServer()
    const { store } = fresh.server
    await fresh.s3.send(
      new PutBucketVersioningCommand({ Bucket: fresh.bucket, VersioningConfiguration: { Status: 'Suspended' } }),
    )
    const ending = new AbortController()
    const writer = async (): Promise<void> => {
      for (let i = 0; !ending.signal.aborted; i += 1) {
        await put(fresh, `key ${i % 20}`, bytesOf(i % 2 === 0 ? 5_000 + i : 50_000 + 3_000 * (i % 50), i % 30))
        await store.collector.collectNow()
      }
    }
    const writing = Promise.all([writer(), writer()])
    for (let round = 0; round < 10; round += 1) {
      await store.scrub.runNow()
      changeCatalog(fresh.directory, 'DELETE FROM scrub')
    }
    ending.abort()
    await writing

    deepEqual(fresh.problems, [])
    deepEqual(statusOf(fresh.directory).damaged, [])
  })
})

describe('cairn scrub', function () {
  this.timeout(60_000)

  it('reads all beside a running server: 0 when nothing is damaged, else 1 and what is spoilt', async () => {
    const fresh = await freshServer()
    await put(fresh, 'k', bytesOf(3 * MiB))
    await put(fresh, 'small', bytesOf(3_000))

    const fine = await cairn('scrub', '--data', fresh.directory)
    const [file] = blobFiles(fresh.directory)
    flipBit(file?.path ?? '', MiB)
    const damaged = await cairn('scrub', '--data', fresh.directory)
    const json = await cairn('scrub', '--data', fresh.directory, '--json', '--mib-per-second', '100')

    equal(fine.code, 0)
    match(fine.errors, /scrubbing 100 %/)
    match(fine.output, /2 blobs and small bodies, 3\.0 MiB: damaged: 0\n$/)
    equal(damaged.code, 1)
    match(
      damaged.output,
      new RegExp(`^the file is damaged; blob ${file?.digest}; file ${file?.location}; serves ${fresh.bucket}/"k"`),
    )
    equal(json.code, 1)
    deepEqual(
      json.output
        .trim()
        .split('\n')
        .map((line): unknown => JSON.parse(line)),
      [
        {
          damaged: {
            what: 'the file is damaged',
            blob: file?.digest,
            location: file?.location,
            serves: [{ bucket: fresh.bucket, key: 'k', versionId: 'null' }],
            isAccepted: false,
          },
        },
        { round: { count: 2, bytes: 3 * MiB + 3_000, damaged: 1 } },
      ],
    )
  })

  it('reads all without a server, and tells with --status what the server’s scrub found', async () => {
    const fresh = await freshServer()
    const before = await cairn('scrub', '--status', '--data', fresh.directory)
    await put(fresh, 'k', bytesOf(100_000))
    flipBit(blobFiles(fresh.directory)[0]?.path ?? '', 7)
    await fresh.server.store.scrub.runNow()
    const status = await cairn('scrub', '--status', '--data', fresh.directory)
    await fresh.close()
    const alone = await cairn('scrub', '--data', fresh.directory)
    const json = await cairn('scrub', '--status', '--json', '--data', fresh.directory)

    deepEqual([before.code, before.output], [0, 'no round of the scrub has begun yet\n'])
    deepEqual([status.code, alone.code, json.code], [1, 1, 1])
    match(
      status.output,
      /^found 20\S+Z: the file is damaged; blob .*\nthe last round began .* and ended .*: 0\.1 MiB, damaged: 1\n$/,
    )
    match(alone.output, /damaged: 1\n$/)
    const [, round] = json.output.trim().split('\n')
    equal((JSON.parse(round ?? '') as { round: { found: number } }).round.found, 1)
  })

  it('refuses a pace that is none, and what is no store', async () => {
    const none = await cairn('scrub', '--data', '/nowhere')
    const pace = await cairn('scrub', '--data', '/nowhere', '--mib-per-second', 'fast')
    deepEqual([none.code, pace.code], [2, 2])
    match(none.errors, /holds no store/)
    match(pace.errors, /mibPerSecond is "fast"; allowed is/)
  })
})

describe('damage of any kind, anywhere', function () {
  this.timeout(120_000)

  it('is found by check and by scrub, and by nobody where there is none', async () => {
    const seed = Number(process.env['DAMAGE_SEED'] ?? Date.now() % 1_000_000)
    const random = randomFrom(seed)
    const fresh = await freshServer()
    for (let i = 0; i < 12; i += 1) await put(fresh, `key ${i}`, bytesOf(17_000 + random.integer(300_000), i + 1))
    for (let i = 0; i < 12; i += 1) await put(fresh, `small ${i}`, bytesOf(1 + random.integer(16_000), i + 50))
    const files = blobFiles(fresh.directory)
    const names = Object.keys(fileDamages)
    for (let round = 0; round < 25; round += 1) {
      const file = random.of(files)
      const name = names[round % names.length] ?? ''
      const at = random.integer(file.size)
      const said = `seed ${seed}, round ${round}: ${name} at byte ${at} of ${file.size}`
      const before = readFileSync(file.path)
      fileDamages[name]?.(file.path, at)

      const faults = await faultsOf(fresh.directory)
      const damaged = await damagedBlobs(fresh.directory)
      writeFileSync(file.path, before)

      deepEqual(
        faults.map(({ blob }) => blob),
        [file.digest],
        said,
      )
      deepEqual(damaged, [file.digest], said)
    }
    const smalls = smallBodies(fresh.directory)
    for (let round = 0; round < 10; round += 1) {
      const { id, size, digest } = random.of(smalls)
      const [byte, bit] = [random.integer(size), random.integer(8)]
      flipSmallBit(fresh.directory, id, byte, bit)
      const faults = await faultsOf(fresh.directory)
      const damaged = await damagedBlobs(fresh.directory)
      flipSmallBit(fresh.directory, id, byte, bit)
      deepEqual(
        [faults.map(({ blob }) => blob), damaged],
        [[digest], [digest]],
        `seed ${seed}, body ${id}, byte ${byte}`,
      )
    }
    deepEqual(await faultsOf(fresh.directory), [])
    deepEqual(await damagedBlobs(fresh.directory), [])
  })
})

async function damagedBlobs(directory: string): Promise<string[]> {
  const found: string[] = []
  await scrubDirectory(directory, { progress: () => undefined, damaged: ({ blob }) => found.push(blob) })
  return found
}
