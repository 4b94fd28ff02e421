// The table of settings: names, what is allowed, what holds when nothing is said. `config.ts` reads them.

import { availableParallelism } from 'node:os'
import { z } from 'zod'
import { objectOwnerships, type ObjectOwnership } from './contract/bucket-access.js'
import { logLevels, type LogLevel } from './log.js'

/** Everything a server can be told. */
export interface Settings {
  /** Data directory. */
  readonly data: string
  readonly address: { readonly host: string; readonly port: number }
  readonly region: string
  /** Host names, in lower case, under which `bucket.host` addresses a bucket. */
  readonly domain: readonly string[]
  /** Paths of PEM files. */
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly rootAccessKey?: string
  readonly rootSecretKey?: string
  /** Path of the file with the master key, which secrets in the catalog are sealed under. */
  readonly masterKeyFile?: string
  /** Whether browser forms signed with Signature Version 2 are taken. */
  readonly acceptSignatureV2Forms: boolean
  readonly newBucketOwnership: ObjectOwnership
  readonly newBucketPublicAccess: 'blocked' | 'open'
  /** Whether issuers of web identities may be at private addresses, and without TLS on this machine. */
  readonly oidcAllowPrivate: boolean
  readonly logLevel: LogLevel
  /** Processes that serve requests. With one there is no other process; with more, one beside them writes the catalog. */
  readonly workers: number
  /** Of the whole server, whatever the number of workers. */
  readonly connectionsMax: number
  readonly requestsMax: number
  readonly headersTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  /** Bytes a second; 0 for none. */
  readonly transferRateMin: number
  readonly transferGraceMs: number
  readonly shutdownGraceMs: number
  readonly scrubDays: number
  readonly scrubMibPerSecondMax: number
}

/** Each worker is a process with threads and memory of its own. */
const workersMax = 64

/** One process that writes keeps some two cores busy: beside its main thread are the writer's, the checkpoints', those that hash and those that
 *  sync. Measured on two cores, two workers and a writer against one process: up to twice the GETs of 1 KiB a second, but a third fewer PUTs of
 *  1 KiB at a third more CPU each. With more cores the writer has one of its own. */
const workersByDefault = Math.min(8, Math.max(1, Math.floor(availableParallelism() / 2)))

/** What is known of a setting beside its name. */
interface Definition {
  readonly schema: z.ZodType
  /** Sentence part: "allowed is …". */
  readonly allowed: string
  /** For `--help`. */
  readonly about: string
  /** Shown in `--help` in place of the value. */
  readonly placeholder: string
  readonly isSecret?: boolean
  /** Set by its flag alone, without a value. */
  readonly isSwitch?: boolean
}

const wholeNumber = (min: number, max: number) =>
  z
    .union([
      z.number(),
      z
        .string()
        .regex(/^\d{1,9}$/)
        .transform(Number),
    ])
    .pipe(z.number().int().min(min).max(max))

const count = (min: number, max: number, fallback: number, about: string): Definition => ({
  schema: wholeNumber(min, max).default(fallback),
  allowed: `a whole number from ${min} to ${max}`,
  about: `${about} (default ${fallback})`,
  placeholder: 'NUMBER',
})

const ms = (min: number, max: number, fallback: number, about: string): Definition => ({
  ...count(min, max, fallback, about),
  placeholder: 'MS',
})

/** "HOST:PORT", "[::1]:9000". */
const addressPattern = /^(?<host>[a-z\d](?:[a-z\d.-]{0,252}[a-z\d])?|\[[\da-f:.]{2,45}\]):(?<port>\d{1,5})$/i

const address = z
  .string()
  .regex(addressPattern)
  .transform((text) => {
    const { host = '', port = '' } = addressPattern.exec(text)?.groups ?? {}
    return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
  })
  .refine(({ port }) => port <= 65_535)

const hostName = z
  .string()
  .max(253)
  .regex(/^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/i)
  .transform((name) => name.toLowerCase())

const namesIn = (text: string): string[] => text.split(',').map((name) => name.trim())

/** A list, or text with commas between its items. */
const hostNames = z
  .union([z.string().transform(namesIn), z.array(z.string()).transform((list) => list.flatMap(namesIn))])
  .pipe(z.array(hostName).min(1))

/** Every setting by its name in a configuration file. */
export const definitions = {
  data: {
    schema: z.string().min(1).default('./data'),
    allowed: 'the path of a directory',
    about: 'data directory (default ./data)',
    placeholder: 'DIR',
  },
  address: {
    schema: address.default({ host: '127.0.0.1', port: 9000 }),
    allowed: 'HOST:PORT with a host name, an IPv4 address or an IPv6 address in brackets, and a port from 0 to 65535',
    about: 'where to listen (default 127.0.0.1:9000)',
    placeholder: 'HOST:PORT',
  },
  region: {
    schema: z
      .string()
      .regex(/^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/)
      .default('us-east-1'),
    allowed: 'up to 63 lower-case letters, digits and hyphens, as "us-east-1"',
    about: 'region that clients sign for (default us-east-1)',
    placeholder: 'REGION',
  },
  domain: {
    schema: hostNames.default(['localhost']),
    allowed: 'one or more host names without a port, with commas between them',
    about: 'host name under which BUCKET.NAME is a bucket; may be given several times (default localhost)',
    placeholder: 'NAME',
  },
  tlsCert: {
    schema: z.string().min(1).optional(),
    allowed: 'the path of a PEM file with the certificate and its chain',
    about: 'serve HTTPS with this certificate (PEM)',
    placeholder: 'FILE',
  },
  tlsKey: {
    schema: z.string().min(1).optional(),
    allowed: 'the path of a PEM file with the private key of the certificate',
    about: "the certificate's private key (PEM)",
    placeholder: 'FILE',
  },
  rootAccessKey: {
    schema: z
      .string()
      .min(3)
      .max(128)
      .regex(/^[\w.@+-]+$/)
      .optional(),
    allowed: '3 to 128 letters, digits and _ . @ + -, together with the root secret key',
    about: 'access key of the root account; that of root-key.json when not set, which is made on the first start',
    placeholder: 'KEY',
  },
  rootSecretKey: {
    schema: z.string().min(8).max(256).optional(),
    allowed: '8 to 256 characters, together with the root access key',
    about: 'secret key of the root account',
    placeholder: 'SECRET',
    isSecret: true,
  },
  masterKeyFile: {
    schema: z.string().min(1).optional(),
    allowed: 'the path of a file',
    about:
      'file with the key that secrets in the catalog are sealed under, made on the first start (default master-key.json in the data directory)',
    placeholder: 'FILE',
  },
  acceptSignatureV2Forms: {
    schema: z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]).default(false),
    allowed: 'true or false',
    about:
      'take browser forms signed with Signature Version 2, for old upload pages; requests signed with it are always refused (default false)',
    placeholder: 'BOOLEAN',
    isSwitch: true,
  },
  newBucketOwnership: {
    schema: z.enum(objectOwnerships).default('BucketOwnerEnforced'),
    allowed: `one of ${objectOwnerships.join(', ')}`,
    about: `whose the objects of a new bucket are, and whether lists count, when x-amz-object-ownership does not say: ${objectOwnerships.join(', ')} (default BucketOwnerEnforced: they are the bucket owner's, and access control lists do not count)`,
    placeholder: 'OWNERSHIP',
  },
  newBucketPublicAccess: {
    schema: z.enum(['blocked', 'open']).default('blocked'),
    allowed: 'blocked or open',
    about:
      'whether a new bucket begins with all public access blocked, until its owner removes that with DeletePublicAccessBlock: blocked, open (default blocked)',
    placeholder: 'ACCESS',
  },
  oidcAllowPrivate: {
    schema: z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]).default(false),
    allowed: 'true or false',
    about:
      'let issuers of web identities (AssumeRoleWithWebIdentity) be at private addresses, and without TLS on this machine (default false)',
    placeholder: 'BOOLEAN',
    isSwitch: true,
  },
  logLevel: {
    schema: z.enum(logLevels).default('info'),
    allowed: `one of ${logLevels.join(', ')}`,
    about: `how much is logged: ${logLevels.join(', ')} (default info)`,
    placeholder: 'LEVEL',
  },
  workers: {
    ...count(1, workersMax, workersByDefault, ''),
    about: 'processes that serve requests (default one for each two cores, up to 8)',
  },
  connectionsMax: count(
    1,
    1_000_000,
    4096,
    'connections open at a time; a further one takes the place of the one that is idle for longest, or is told SlowDown when none is',
  ),
  requestsMax: count(
    1,
    1_000_000,
    512,
    'requests worked on at a time, those not counted that wait for their clients; further ones wait for a second at most, then are told SlowDown',
  ),
  headersTimeoutMs: ms(100, 3_600_000, 30_000, "until a connection's next request has sent all its headers"),
  idleTimeoutMs: ms(100, 3_600_000, 60_000, 'a client may neither send nor take a byte in the middle of a request'),
  keepAliveTimeoutMs: ms(0, 3_600_000, 65_000, 'a connection is kept between requests'),
  transferRateMin: {
    ...count(
      0,
      999_999_999,
      1024,
      'bytes a second a client must send of a body, or take of an answer, at least, averaged over the grace; 0 for none',
    ),
    placeholder: 'BYTES',
  },
  transferGraceMs: ms(100, 3_600_000, 30_000, 'how long a client may be slower than that'),
  shutdownGraceMs: ms(0, 3_600_000, 30_000, 'requests under way may take to finish after SIGTERM'),
  scrubDays: count(0, 3650, 30, 'days in which everything that is stored is read once and compared; 0: never'),
  scrubMibPerSecondMax: count(1, 100_000, 32, 'MiB a second that are read for it at most'),
} satisfies { readonly [Name in keyof Required<Settings>]: Definition }

/** A key of `definitions`. */
export type SettingName = keyof typeof definitions

/** A setting as the command line offers it. */
export interface Flag {
  readonly name: SettingName
  /** "--shutdown-grace-ms MS" */
  readonly usage: string
  /** For `--help`, with the name of its environment variable. */
  readonly about: string
  readonly isRepeatable: boolean
}

/** The names of all settings. */
// The keys of an object literal are its own.
export const names = Object.keys(definitions) as SettingName[]

/** The environment variable of a setting: "shutdownGraceMs" → "CAIRN_SHUTDOWN_GRACE_MS" */
export const variableOf = (name: string): string => `CAIRN_${name.replaceAll(/[A-Z]/g, '_$&').toUpperCase()}`

/** Every setting the command line takes: all but keys, which other users of the machine could read there. */
export const flags: readonly Flag[] = names
  .filter((name) => name !== 'rootAccessKey' && name !== 'rootSecretKey')
  .map((name) => {
    const { about, placeholder, ...definition } = definitions[name]
    const flag = `--${name.replaceAll(/[A-Z]/g, '-$&').toLowerCase()}`
    return {
      name,
      usage: 'isSwitch' in definition ? flag : `${flag} <${placeholder}>`,
      about: `${about} [${variableOf(name)}]`,
      isRepeatable: name === 'domain',
    }
  })
