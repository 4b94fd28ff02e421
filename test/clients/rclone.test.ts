// rclone: copy, sync, check and, where the machine has FUSE, a mount that programs read and write.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { appendFile, mkdir, open, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { credentials, region } from '../server-process.js'
import { type ClientSuite, clientMsMax, digestsBelow, openClientSuite, writeTree } from './client-suite.js'
import { programs, requireFile, run, tryRun } from './programs.js'

/** How long a mount may take to appear, and to go. */
const mountMsMax = 20_000

describe('rclone', function () {
  this.timeout(clientMsMax)
  let suite: ClientSuite

  before(async function () {
    requireFile(this, programs.rclone)
    suite = await openClientSuite()
  })
  after(() => suite?.close())

  const environment = (): Record<string, string> => ({
    HOME: suite.directory,
    RCLONE_CONFIG_CAIRN_TYPE: 's3',
    RCLONE_CONFIG_CAIRN_PROVIDER: 'Other',
    RCLONE_CONFIG_CAIRN_ENDPOINT: suite.endpoint,
    RCLONE_CONFIG_CAIRN_REGION: region,
    RCLONE_CONFIG_CAIRN_ACCESS_KEY_ID: credentials.accessKeyId,
    RCLONE_CONFIG_CAIRN_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    RCLONE_CONFIG_CAIRN_FORCE_PATH_STYLE: 'true',
    // Small enough that the tree's largest files go up in parts.
    RCLONE_S3_UPLOAD_CUTOFF: '8M',
    RCLONE_S3_CHUNK_SIZE: '5M',
  })
  const rclone = (...args: string[]): Promise<string> => run(programs.rclone, args, { env: environment() })
  const newTree = async (): Promise<{ bucket: string; from: string; digests: Map<string, string> }> => {
    const bucket = suite.bucketName()
    const from = join(suite.directory, bucket)
    const digests = await writeTree(from)
    return { bucket, from, digests }
  }

  it('copies a tree there and back', async () => {
    const { bucket, from, digests } = await newTree()
    await rclone('copy', from, `cairn:${bucket}/deep/er`)
    await rclone('copy', `cairn:${bucket}/deep/er`, `${from}-back`)
    deepEqual(await digestsBelow(`${from}-back`), digests)
  })

  it('checks by hash and byte by byte, and finds what differs', async () => {
    const { bucket, from } = await newTree()
    await rclone('copy', from, `cairn:${bucket}`)
    await rclone('check', from, `cairn:${bucket}`)
    await rclone('check', '--download', from, `cairn:${bucket}`)
    await writeFile(join(from, 'one byte'), '!')
    const { code } = await tryRun(programs.rclone, ['check', from, `cairn:${bucket}`], { env: environment() })
    equal(code, 1)
  })

  it('syncs: a second run sends nothing, removed files go, modification times stay', async () => {
    const { bucket, from } = await newTree()
    await rclone('sync', from, `cairn:${bucket}`)
    const again = await tryRun(programs.rclone, ['sync', '-v', from, `cairn:${bucket}`], { env: environment() })
    equal(again.code, 0)
    ok(again.stderr.includes('There was nothing to transfer'), again.stderr)
    await rm(join(from, 'empty.txt'))
    await rclone('sync', from, `cairn:${bucket}`)
    equal((await rclone('lsf', '-R', '--files-only', `cairn:${bucket}`)).includes('empty.txt'), false)
    await rclone('sync', '--fast-list', `cairn:${bucket}`, `${from}-back`)
    deepEqual(await digestsBelow(`${from}-back`), await digestsBelow(from))
  })

  it('copies on the server, reads a range, moves, purges', async () => {
    const { bucket, from } = await newTree()
    await rclone('copy', from, `cairn:${bucket}/one`)
    await rclone('copy', `cairn:${bucket}/one`, `cairn:${bucket}/two`)
    await rclone('check', `cairn:${bucket}/one`, `cairn:${bucket}/two`)
    await rclone('moveto', `cairn:${bucket}/two/one byte`, `cairn:${bucket}/three`)
    const whole = await readFile(join(from, 'small/plus+and&percent%.txt'))
    const file = join(suite.directory, `${bucket}.range`)
    const args = ['cat', '--offset', '10', '--count', '20', `cairn:${bucket}/one/small/plus+and&percent%.txt`]
    const shell = `"$0" "$@" > "${file}"`
    await run('/bin/sh', ['-c', shell, programs.rclone, ...args], { env: environment() })
    deepEqual(await readFile(file), whole.subarray(10, 30))
    await rclone('purge', `cairn:${bucket}`)
    equal((await rclone('lsd', 'cairn:')).includes(bucket), false)
  })

  it('mounts a bucket that programs read and write', async function () {
    if (!(await hasFuse())) {
      process.stderr.write('      skipped: this machine lets nobody open /dev/fuse\n')
      this.skip()
    }
    requireFile(this, '/usr/bin/fusermount3')
    const { bucket, from, digests } = await newTree()
    await rclone('copy', from, `cairn:${bucket}`)
    const at = join(suite.directory, `${bucket}-mount`)
    await mkdir(at)
    const mount = spawn(
      programs.rclone,
      ['mount', '--vfs-cache-mode', 'writes', '--vfs-write-back', '0s', `cairn:${bucket}`, at],
      {
        env: { PATH: process.env['PATH'] ?? '', ...environment() },
        stdio: 'ignore',
      },
    )
    const ended = once(mount, 'exit')
    try {
      await until(() => existsSync(join(at, 'small')), 'the mount did not appear')
      deepEqual(await digestsBelow(at), digests)
      await writeFile(join(at, 'written.txt'), 'through the mount')
      await appendFile(join(at, 'written.txt'), ', twice')
      await rm(join(at, 'empty.txt'))
      equal((await readdir(at)).includes('written.txt'), true)
      // rclone writes back in the background, and gives up what is left when it ends.
      const file = `cairn:${bucket}/written.txt`
      await until(
        async () => (await rclone('cat', file).catch(() => '')) === 'through the mount, twice',
        'nothing was written back',
      )
    } finally {
      mount.kill('SIGINT')
      await ended
      await tryRun('/usr/bin/fusermount3', ['-uz', at])
    }
    equal((await rclone('lsf', `cairn:${bucket}`)).includes('empty.txt'), false)
  })
})

/** Whether the machine has FUSE: a container often has not, whatever is installed in it. */
async function hasFuse(): Promise<boolean> {
  try {
    const device = await open('/dev/fuse', 'r+')
    await device.close()
    return true
  } catch {
    return false
  }
}

async function until(isTrue: () => boolean | Promise<boolean>, otherwise: string): Promise<void> {
  const end = Date.now() + mountMsMax
  while (!(await isTrue())) {
    if (Date.now() > end) throw new Error(otherwise)
    await wait(50)
  }
}
