import { equal, ok, throws } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DirectoryLocked, lockDirectory } from '../../src/store/lock.js'
import { afterEachTest, temporaryDirectory } from './temporary-directory.js'

const isSource = import.meta.url.endsWith('.ts')

describe('lockDirectory', () => {
  const later = afterEachTest()

  it('lets one in at a time, and names the holder to the next', async () => {
    const directory = await temporaryDirectory(later)
    const lock = lockDirectory(directory)
    throws(
      () => lockDirectory(directory),
      (error: unknown) =>
        error instanceof DirectoryLocked && error.holder === process.pid && error.message.includes(directory),
    )
    lock.release()
    lock.release()
    lockDirectory(directory).release()
  })

  it('is held against another process, and falls with it, however it dies', async () => {
    const directory = await temporaryDirectory(later)
    const module = new URL(`../../src/store/lock.${isSource ? 'ts' : 'js'}`, import.meta.url).href
    const script = join(directory, 'hold.mjs')
    writeFileSync(
      script,
      `const { lockDirectory } = await import(${JSON.stringify(module)})
       lockDirectory(${JSON.stringify(directory)})
       console.log('held')
       setInterval(() => undefined, 1000)`,
    )
    const loader = isSource ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href] : []
    const holder = spawn(process.execPath, [...loader, script], { stdio: ['ignore', 'pipe', 'inherit'] })
    later(() => holder.kill('SIGKILL'))
    await once(holder.stdout, 'data')
    throws(
      () => lockDirectory(directory),
      (error: unknown) => error instanceof DirectoryLocked && error.holder === holder.pid,
    )
    const ended = once(holder, 'exit')
    ok(holder.kill('SIGKILL'))
    await ended
    const lock = lockDirectory(directory)
    later(() => lock.release())
    equal(typeof lock.release, 'function')
  })
})
