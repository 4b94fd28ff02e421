// A small ext4 in a file, on a loop device: a disk that can be filled up, and whose power can be cut. Needs root on Linux.

import { execFileSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** As strict as ext4 can be with who does not sync: nothing is written out for the sake of careless programs, and the journal is not
 *  committed by a timer within a run. Source: ext4(5). */
const mountOptions = 'noauto_da_alloc,commit=300'

/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: from now on nothing reaches the disk, what the journal holds in memory neither.
 *  Source: Linux, fs/ext4/ext4.h. */
const shutdownScript = `
import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack("I", 2))
`

/** How it is made. */
export interface DiskImageSettings {
  readonly sizeMiB: number
  /** How many files and directories it can hold; as many as ext4 likes when absent. */
  readonly inodes?: number
}

/** A mounted disk. */
export class DiskImage {
  readonly #image: string
  readonly #device: string
  /** Where it is mounted. */
  readonly path: string
  #isMounted = false

  /** Makes one below a scratch directory and mounts it.
   *  @throws Error that says what this machine does not allow: tests that need it must fail then, not pass */
  constructor(scratch: string, { sizeMiB, inodes }: DiskImageSettings) {
    this.#image = join(scratch, 'disk.image')
    this.path = join(scratch, 'disk')
    mkdirSync(this.path, { recursive: true })
    const fd = openSync(this.#image, 'w')
    ftruncateSync(fd, sizeMiB * 1024 * 1024)
    closeSync(fd)
    try {
      // No blocks are kept for root, who runs the tests.
      const options = ['-q', '-F', '-m', '0', ...(inodes === undefined ? [] : ['-N', `${inodes}`])]
      run('mkfs.ext4', [...options, this.#image])
      this.#device = run('losetup', ['--find', '--show', this.#image]).trim()
      this.mount()
    } catch (cause) {
      const needed = 'This suite needs root, e2fsprogs, loop devices and the right to mount'
      throw new Error(`${needed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
  }

  /** Mounts it again, as a machine does that has power again. */
  mount(): void {
    run('mount', ['-t', 'ext4', '-o', mountOptions, this.#device, this.path])
    this.#isMounted = true
  }

  /** Throws away everything that was not synced. Files on it give errors until it has been unmounted and mounted again. */
  cutPower(): void {
    run('python3', ['-c', shutdownScript, this.path])
  }

  /** Makes everything durable that has been done so far. */
  sync(): void {
    run('sync', ['-f', this.path])
  }

  /** No process may use it any more. */
  unmount(): void {
    if (!this.#isMounted) return
    run('umount', [this.path])
    this.#isMounted = false
  }

  /** Unmounts and removes it. */
  remove(): void {
    this.unmount()
    run('losetup', ['--detach', this.#device])
    rmSync(this.#image, { force: true })
  }
}

const run = (program: string, args: readonly string[]): string => execFileSync(program, args, { encoding: 'utf8' })
