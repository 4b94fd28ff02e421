// `cairn admin` as a user runs it: in a process of its own, against a server.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { projectRoot } from '../project-root.js'
import type { TestKey } from './administration.js'

/** How a run ended. */
export interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs `cairn admin ARGS`.
 *  @param options.key what it signs with, by the environment; none when left out
 *  @param options.input for its standard input */
export function cairnAdmin(
  endpoint: URL | undefined,
  args: readonly string[],
  options: { readonly key?: TestKey; readonly input?: string; readonly cwd?: string } = {},
): Promise<Run> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(?:CAIRN|AWS)_/.test(name))
  const { key, input } = options
  const env = {
    ...Object.fromEntries(inherited),
    ...(endpoint !== undefined && { CAIRN_ENDPOINT: endpoint.origin }),
    ...(key !== undefined && { AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey }),
    ...(key?.sessionToken !== undefined && { AWS_SESSION_TOKEN: key.sessionToken }),
  }
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(projectRoot, 'bin/cairn.cjs'), 'admin', ...args],
      { env, timeout: 60_000, ...(options.cwd !== undefined && { cwd: options.cwd }) },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
        resolve({ code, stdout, stderr })
      },
    )
    child.stdin?.end(input ?? '')
  })
}

/** What a run told with --json, one value a line.
 *  @throws Error when it did not end well */
export function toldBy({ code, stdout, stderr }: Run): Record<string, unknown>[] {
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`)
  // One JSON object a line is what --json promises.
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}
