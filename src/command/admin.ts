// `cairn admin`: the frame of its commands. Which server they speak to, how they print, what their exit codes are: 0 done, 1 the server refused, 2 it
// could not be asked.

import type { Command } from 'commander'
import { AdminClient, Refused, unreachable } from './admin-client.js'
import { CommandError, type ConnectionFlags, connectionOf } from './connection.js'

/** Exit codes. */
const refusedCode = 1
const notAskedCode = 2

/** What a command is given beside its own arguments and options. */
export interface Session {
  readonly client: AdminClient
  /** Prints what was told: `value` as one line of JSON with --json, else `text`. */
  tell(value: unknown, text: () => string): void
  /** Prints a list: with --json each entry as a line of JSON, else `text`. */
  tellAll(values: readonly unknown[], text: () => string): void
}

/** Adds the flags of every command to `cairn admin`. */
export const withConnection = (admin: Command): Command =>
  admin
    // So that the help of each command tells these flags too.
    .configureHelp({ showGlobalOptions: true })
    .option('--endpoint <URL>', 'server (default http://127.0.0.1:9000) [CAIRN_ENDPOINT, AWS_ENDPOINT_URL]')
    .option('--region <NAME>', "the server's region (default us-east-1) [CAIRN_REGION, AWS_DEFAULT_REGION]")
    .option('--data <DIR>', "sign with the root key in this data directory, on the server's machine [CAIRN_DATA]")
    .option('--access-key <ID>', 'key to sign with [AWS_ACCESS_KEY_ID]')
    .option('--secret-key <SECRET>', 'its secret; others on this machine may see it here [AWS_SECRET_ACCESS_KEY]')
    .option('--json', 'for programs: JSON, one object a line')

/** What carries out one command: opens a client, runs, and says in a sentence what went wrong.
 *  @param run given the session, then what commander gives an action: arguments, options */
export const action =
  <Arguments extends readonly unknown[]>(run: (session: Session, ...args: Arguments) => Promise<void>) =>
  async (...given: [...Arguments, Command]): Promise<void> => {
    // commander's last argument is the command itself; what is before is typed by who registers.
    const command = given.at(-1) as Command
    const args = given.slice(0, -1) as unknown as Arguments
    const flags = command.optsWithGlobals<ConnectionFlags & { json?: true }>()
    let client: AdminClient | undefined
    try {
      client = new AdminClient(connectionOf(flags, process.env))
      await run(sessionOf(client, flags.json === true), ...args)
    } catch (error) {
      fail(error, client)
    } finally {
      client?.close()
    }
  }

function sessionOf(client: AdminClient, isJson: boolean): Session {
  const print = (text: string): void => void process.stdout.write(text)
  const line = (value: unknown): string => `${JSON.stringify(value)}\n`
  return {
    client,
    tell: (value, text) => print(isJson ? line(value) : text()),
    tellAll: (values, text) => print(isJson ? values.map(line).join('') : text()),
  }
}

/** Tells a person, on standard error; what is a bug goes on up. */
function fail(error: unknown, client: AdminClient | undefined): void {
  const refused = error instanceof Refused ? error : sdkRefusal(error)
  if (refused !== undefined) {
    const id = refused.requestId === undefined ? '' : ` (request ${refused.requestId})`
    process.stderr.write(`cairn: ${refused.code}: ${refused.message}${id}\n`)
    process.exitCode = refusedCode
    return
  }
  const told = error instanceof CommandError ? error : sdkFailure(error, client)
  if (told === undefined) throw error
  process.stderr.write(`cairn: ${told.message}\n`)
  process.exitCode = notAskedCode
}

/** What the SDK throws for an answer with an error. */
function sdkRefusal(error: unknown): Refused | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined
  const { httpStatusCode, requestId } = error.$metadata as { httpStatusCode?: number; requestId?: string }
  return httpStatusCode === undefined ? undefined : new Refused(codeOf(error.name), error.message, requestId)
}

/** The code in the answer: the SDK calls a NoSuchEntity NoSuchEntityException. */
const codeOf = (name: string): string => name.replace(/Exception$/, '')

/** What the SDK throws when nobody answers: it has a system's code. */
function sdkFailure(error: unknown, client: AdminClient | undefined): CommandError | undefined {
  if (!(error instanceof Error) || client === undefined) return undefined
  const isOfNetwork =
    'code' in error && typeof error.code === 'string' && /^(?:E[A-Z]+|CERT_|SELF_|DEPTH_)/.test(error.code)
  return isOfNetwork || error.name === 'TimeoutError' ? unreachable(client.connection.endpoint, error) : undefined
}
