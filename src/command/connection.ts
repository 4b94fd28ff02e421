// Which server a command speaks to, and with which key: flags before the environment, the environment before the data directory of this machine.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Secret } from '../auth/secret.js'

/** A server and a key. */
export interface ServerConnection {
  /** "http://127.0.0.1:9000" */
  readonly endpoint: URL
  readonly region: string
  readonly accessKeyId: string
  readonly secret: Secret
  readonly sessionToken?: string
}

/** The flags of `cairn admin` that say so. */
export interface ConnectionFlags {
  readonly endpoint?: string
  readonly region?: string
  readonly accessKey?: string
  readonly secretKey?: string
  readonly data?: string
}

/** The command cannot be carried out as it was given; the message says what to do. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

type Environment = Readonly<Record<string, string | undefined>>

/** Finds server and key.
 *  @throws CommandError when there is no key, or one is not understood */
export function connectionOf(flags: ConnectionFlags, environmentAsSet: Environment): ServerConnection {
  const environment = withoutEmpty(environmentAsSet)
  const endpoint = flags.endpoint ?? environment['CAIRN_ENDPOINT'] ?? environment['AWS_ENDPOINT_URL']
  const region =
    flags.region ?? environment['CAIRN_REGION'] ?? environment['AWS_DEFAULT_REGION'] ?? environment['AWS_REGION']
  return {
    endpoint: endpointOf(endpoint ?? 'http://127.0.0.1:9000'),
    region: region ?? 'us-east-1',
    ...keyOf(flags, environment),
  }
}

/** A variable that is set to nothing is as good as unset: `export AWS_ACCESS_KEY_ID=$(…)` of a command that failed is no key. */
const withoutEmpty = (environment: Environment): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))

function endpointOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.pathname === '/' &&
    url.search === '' &&
    url.username === ''
  ) {
    return url
  }
  throw new CommandError(
    `The endpoint is ${JSON.stringify(text)}; allowed is the address of a server, as http://127.0.0.1:9000.`,
  )
}

type Key = Pick<ServerConnection, 'accessKeyId' | 'secret' | 'sessionToken'>

function keyOf(flags: ConnectionFlags, environment: Environment): Key {
  if (flags.accessKey !== undefined || flags.secretKey !== undefined) {
    const accessKeyId = flags.accessKey ?? environment['AWS_ACCESS_KEY_ID']
    const secret = flags.secretKey ?? environment['AWS_SECRET_ACCESS_KEY']
    if (accessKeyId !== undefined && secret !== undefined) return { accessKeyId, secret: new Secret(secret) }
    throw new CommandError('Only half of a key was given: --access-key and --secret-key go together.')
  }
  if (flags.data !== undefined) return keyOfDirectory(flags.data)
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = environment
  if (accessKeyId !== undefined && secret !== undefined) {
    return { accessKeyId, secret: new Secret(secret), ...(token && { sessionToken: token }) }
  }
  if (environment['CAIRN_DATA'] !== undefined) return keyOfDirectory(environment['CAIRN_DATA'])
  throw new CommandError(
    'There is no key to sign with: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name the data directory with --data on the ' +
      "server's own machine, to speak as its root account.",
  )
}

/** The root key of a data directory. It is read, never made: this is no server. */
function keyOfDirectory(directory: string): Key {
  const path = join(directory, 'root-key.json')
  let file: unknown
  try {
    file = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CommandError(`The root key cannot be read from ${path} (${reason}).`, { cause })
  }
  if (typeof file === 'object' && file !== null && 'accessKeyId' in file && 'secretAccessKey' in file) {
    const { accessKeyId, secretAccessKey } = file
    if (typeof accessKeyId === 'string' && typeof secretAccessKey === 'string') {
      return { accessKeyId, secret: new Secret(secretAccessKey) }
    }
  }
  throw new CommandError(
    `${path} holds no key: the server was given its root key by CAIRN_ROOT_ACCESS_KEY and CAIRN_ROOT_SECRET_KEY. Set AWS_ACCESS_KEY_ID ` +
      'and AWS_SECRET_ACCESS_KEY to the same.',
  )
}
