// Where the writer listens: a socket in the data directory, whatever the length of its path.

import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'

/** Longest path of a socket. Source: unix(7), `sun_path` has 108 bytes, one of them for the zero at the end. */
const pathSizeBytesMax = 107

/** A name the socket can be reached by, as long as it has not been released. */
export interface SocketPath {
  readonly path: string
  /** Calling it again does nothing. */
  release(): void
}

/** The socket of a data directory. A path too long is shortened by way of an open directory. */
export function socketPath(directory: string): SocketPath {
  const name = 'writer.sock'
  const path = join(directory, name)
  if (Buffer.byteLength(path) <= pathSizeBytesMax) return { path, release: () => undefined }
  const fd = openSync(directory, 'r')
  let isReleased = false
  const release = (): void => {
    if (!isReleased) closeSync(fd)
    isReleased = true
  }
  return { path: `/proc/self/fd/${fd}/${name}`, release }
}
