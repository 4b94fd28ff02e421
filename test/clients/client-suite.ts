// What every client suite stands on: a server in its own process, a scratch directory, files of every size in it.

import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile, mkdir, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type ServerProcess, credentials, region, scratchDirectory, startServerProcess } from '../server-process.js'

const KiB = 1024
const MiB = 1024 * KiB

/** Longest test of a suite. */
export const clientMsMax = 180_000

/** A server and a place to work in. */
export interface ClientSuite {
  readonly endpoint: string
  readonly server: ServerProcess
  /** An empty directory at the start; the server's data are elsewhere. */
  readonly directory: string
  /** A bucket name no other test uses. */
  bucketName(): string
  close(): Promise<void>
}

/** Settings every AWS program reads. */
export function awsEnvironment(directory: string): Record<string, string> {
  return {
    HOME: directory,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_DEFAULT_REGION: region,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
  }
}

/** Starts both.
 *  @param args further arguments of the server */
export async function openClientSuite(args: readonly string[] = []): Promise<ClientSuite> {
  const data = await scratchDirectory('clients-data')
  const scratch = await scratchDirectory('clients')
  const server = await startServerProcess(data.path, { args })
  let buckets = 0
  return {
    endpoint: server.endpoint,
    server,
    directory: scratch.path,
    bucketName: () => `clients-${(buckets += 1)}-${randomBytes(4).toString('hex')}`,
    async close() {
      try {
        await server.stop()
      } finally {
        await data.remove()
        await scratch.remove()
      }
    },
  }
}

/** Makes a tree of files: sizes around every edge, names with everything clients get wrong. Answers path -> SHA-256. */
export async function writeTree(root: string): Promise<Map<string, string>> {
  const sizes: Readonly<Record<string, number>> = {
    'empty.txt': 0,
    'one byte': 1,
    'small/1 KiB.bin': KiB,
    'small/plus+and&percent%.txt': 700,
    'small/ümläut und 日本語 🪨.txt': 300,
    'edge/16 KiB': 16 * KiB,
    'edge/16 KiB and one': 16 * KiB + 1,
    'edge/64 KiB and one': 64 * KiB + 1,
    'large/9 MiB.bin': 9 * MiB + 12_345,
    'large/20 MiB.bin': 20 * MiB,
  }
  const writtenAt = new Date(Date.now() - 3_600_000)
  for (const [path, size] of Object.entries(sizes)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), randomBytes(size))
    // S3 tells times in whole seconds: a file that is uploaded within the second it was written in looks newer than its object, and is synced again.
    await utimes(join(root, path), writtenAt, writtenAt)
  }
  return digestsBelow(root)
}

/** SHA-256 in hex of each file below a directory, by its path there. */
export async function digestsBelow(root: string): Promise<Map<string, string>> {
  const digests = new Map<string, string>()
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    digests.set(path.slice(root.length + 1), await digestOf(path))
  }
  return new Map([...digests].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** SHA-256 of a file, in hex. */
export async function digestOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}
