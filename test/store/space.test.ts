import { deepEqual, equal, match, rejects, throws } from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { diskFull } from '../../src/store/disk-full.js'
import { commitInRoom } from '../../src/store/roomy-catalog.js'
import { Space } from '../../src/store/space.js'
import { afterEachTest, temporaryDirectory } from './temporary-directory.js'

const refusal = { code: 'ServiceUnavailable', message: /disk of this server is full/ }

describe('Space', () => {
  const later = afterEachTest()

  async function spaceOf() {
    const directory = await temporaryDirectory(later)
    const told: string[] = []
    const tell = (_: object, message: string): void => void told.push(message)
    const space = new Space(directory, { info: tell, error: tell })
    later(() => space.close())
    /** Names of the reserve's files. */
    const reserve = (): string[] => {
      const path = join(directory, 'reserve')
      return readdirSync(directory).includes('reserve')
        ? readdirSync(path).filter((name) => statSync(join(path, name)).size === 4 * 1024 * 1024)
        : []
    }
    const full = async (): Promise<void> => {
      for (const until = Date.now() + 15_000; Date.now() < until && reserve().length < 8;) await wait(20)
      equal(reserve().length, 8)
    }
    return { space, told, reserve, full }
  }

  it('refuses work before it begins once a write has found the disk full, and lets it go on when there is room', async () => {
    const { space, told, reserve, full } = await spaceOf()
    await full()
    await rejects(
      space.within(() => Promise.reject(diskFull())),
      refusal,
    )
    // What is left of the reserve is the next start's.
    deepEqual(reserve(), ['0', '1', '2'])
    let hasBegun = false
    await rejects(
      space.within(async () => {
        hasBegun = true
      }),
      refusal,
    )
    equal(hasBegun, false)
    throws(() => space.requireRoom(), refusal)

    await full()
    for (const until = Date.now() + 5_000; Date.now() < until && told.length < 2;) await wait(20)
    equal(await space.within(() => Promise.resolve('done')), 'done')
    match(told.join('\n'), /the disk is full.*\n.*writes go on/)
  })

  it('gives the reserve up for what makes room, which is tried again', async () => {
    const { space, reserve, full } = await spaceOf()
    await full()
    let attempts = 0
    const work = async (): Promise<string> => {
      attempts += 1
      if (attempts === 1) throw diskFull()
      return 'done'
    }
    equal(await space.toMakeRoom(work), 'done')
    equal(reserve().length, 3)
    await rejects(
      space.toMakeRoom(() => Promise.reject(diskFull())),
      refusal,
    )
  })

  it('lets what makes room be committed while the disk is full: deletions, and what removes the files of refused uploads', async () => {
    const { space } = await spaceOf()
    space.ranOut()
    const done = (): Promise<string> => Promise.resolve('done')
    await rejects(commitInRoom(space, 'putVersion', done), refusal)
    equal(await commitInRoom(space, 'deleteVersion', done), 'done')
    equal(await commitInRoom(space, 'unplacedLocations', done), 'done')
  })

  it('lets rights be taken away while the disk is full, and none be given', async () => {
    const { space } = await spaceOf()
    space.ranOut()
    const done = (): Promise<string> => Promise.resolve('done')
    for (const name of ['updateAccessKey', 'deleteAccessKey', 'detachPolicy', 'removeGroupMember', 'revokeSessions']) {
      equal(await commitInRoom(space, name, done), 'done', name)
    }
    for (const name of ['createAccessKey', 'attachPolicy', 'createIdentity', 'putInlinePolicy']) {
      await rejects(commitInRoom(space, name, done), refusal, name)
    }
  })

  it('takes no notice of other errors', async () => {
    const { space } = await spaceOf()
    await rejects(
      space.within(() => Promise.reject(new Error('another'))),
      /another/,
    )
    space.requireRoom()
  })
})
