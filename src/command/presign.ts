// `cairn admin presign …`: URLs that somebody without a key may use, within limits that are signed along. They are signed here, by the key the command
// has; nothing is asked of the server but to revoke them.

import { randomBytes } from 'node:crypto'
import aws4 from 'aws4'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { requireLimitValue } from '../auth/limits/presigned-limits.js'
import { action, type Session } from './admin.js'
import { bytes, duration, timeText } from './amounts.js'
import { CommandError } from './connection.js'
import { pairs } from './table.js'

/** AWS: "The maximum … is 604800 (seven days)". */
const expiresMsMax = 7 * 24 * 3_600_000

interface Options {
  readonly expires: number
  readonly maxSize?: number
  readonly contentType?: string
  readonly once?: true
  readonly source?: string
  readonly id?: string
  readonly versionId?: string
}

/** Adds the commands. */
export function addPresignCommands(admin: Command): void {
  const presign = admin
    .command('presign')
    .description('URLs that whoever has them may use: with an end, and within limits')
    .addHelpText(
      'after',
      `
Examples:
  cairn admin presign get photos/a.jpg --expires 1h
  cairn admin presign put photos/upload.jpg --max-size 5MiB --content-type 'image/*' --once
  cairn admin presign get photos/a.jpg --source 192.0.2.0/24 --id newsletter
  cairn admin presign revoke newsletter`,
    )
  limited(presign.command('get').description('for reading an object'))
    .option('--version-id <ID>', 'this version of it')
    .action(action((session: Session, name: string, options: Options) => tell(session, 'GET', name, options)))
  limited(presign.command('put').description('for storing an object'))
    .option('--max-size <SIZE>', 'no more bytes than this: 5MiB', bytes)
    .option(
      '--content-type <TYPES>',
      "only these Content-Types, with commas between them: image/png, 'image/*'",
      limitOf('content-type'),
    )
    .action(action((session: Session, name: string, options: Options) => tell(session, 'PUT', name, options)))
  presign
    .command('revoke')
    .description('let no URL with this id work any more, whoever of the account has signed it')
    .argument('<ID>')
    .option('--account <ACCOUNT>', 'of another account: name, number or id (operator)')
    .addOption(new Option('--undo', 'let them work again'))
    .action(action(revoke))
  presign
    .command('show')
    .description('tell whether an id was revoked')
    .argument('<ID>')
    .option('--account <ACCOUNT>', 'of another account: name, number or id (operator)')
    .action(action(show))
}

const limited = (command: Command): Command =>
  command
    .argument('<OBJECT>', 'BUCKET/KEY')
    .option('--expires <DURATION>', 'how long it works, up to 7d', lifetime, 3_600_000)
    .option('--once', 'for one request alone')
    .option(
      '--source <ADDRESSES>',
      'only from there: addresses or networks, with commas between them',
      limitOf('source'),
    )
    .option('--id <ID>', 'by which it can be revoked', limitOf('id'))

/** The server refuses a limit that makes no sense when the URL is used: here it is refused when it is made.
 *  @returns parser of the option, which throws InvalidArgumentError */
const limitOf =
  (name: Parameters<typeof requireLimitValue>[0]) =>
  (text: string): string => {
    try {
      requireLimitValue(name, text)
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
    }
    return text
  }

/** @throws InvalidArgumentError, which says what is allowed */
function lifetime(text: string): number {
  const ms = duration(text)
  if (ms >= 1000 && ms <= expiresMsMax) return ms
  throw new InvalidArgumentError('Allowed is up to 7d.')
}

async function tell(session: Session, method: 'GET' | 'PUT', name: string, options: Options): Promise<void> {
  const slash = name.indexOf('/')
  if (slash <= 0 || slash === name.length - 1)
    throw new CommandError(`${JSON.stringify(name)} names no object; allowed is BUCKET/KEY.`)
  const [bucket, key] = [name.slice(0, slash), name.slice(slash + 1)]
  const url = presigned(session, method, bucket, key, options)
  const ends = Date.now() + options.expires
  const type = options.contentType === undefined ? '' : `-H 'Content-Type: ${exampleOf(options.contentType)}' `
  const curl = method === 'GET' ? `curl -fOJ '${url}'` : `curl -fT FILE ${type}'${url}'`
  session.tell(
    { method, url, expires: ends, id: options.id },
    () => `${url}\n\n  ${curl}\n\nIt works until ${timeText(ends)} UTC.\n`,
  )
}

/** The first of the content types that are allowed; TYPE where any would do that a pattern fits. */
const exampleOf = (types: string): string => types.split(',', 1)[0]?.trim().replaceAll('*', 'TYPE') ?? ''

function presigned(session: Session, method: string, bucket: string, key: string, options: Options): string {
  const { endpoint, region, accessKeyId, secret, sessionToken } = session.client.connection
  const limits = {
    ...(options.versionId !== undefined && { versionId: options.versionId }),
    ...(options.maxSize !== undefined && { 'x-amz-cairn-max-size': String(options.maxSize) }),
    ...(options.contentType !== undefined && { 'x-amz-cairn-content-type': options.contentType }),
    // Which of all uses of a key it is: nobody else has this one.
    ...(options.once === true && { 'x-amz-cairn-once': randomBytes(12).toString('hex') }),
    ...(options.source !== undefined && { 'x-amz-cairn-source': options.source }),
    ...(options.id !== undefined && { 'x-amz-cairn-id': options.id }),
    'X-Amz-Expires': String(Math.floor(options.expires / 1000)),
  }
  const query = Object.entries(limits).map(([parameter, value]) => `${parameter}=${encoded(value)}`)
  const path = `/${encoded(bucket)}/${key.split('/').map(encoded).join('/')}?${query.join('&')}`
  const signed = aws4.sign(
    { service: 's3', region, method, path, host: endpoint.host, signQuery: true },
    { accessKeyId, secretAccessKey: secret.reveal(), ...(sessionToken !== undefined && { sessionToken }) },
  )
  return `${endpoint.origin}${signed.path}`
}

/** AWS: "URI encode every byte except the unreserved characters". */
const encoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )

interface Revocation {
  readonly id: string
  readonly isRevoked: boolean
  readonly until?: number
}

const pathOf = (id: string, rest: string, account: string | undefined): string =>
  `/presigned/${encodeURIComponent(id)}${rest}${account === undefined ? '' : `?account=${encodeURIComponent(account)}`}`

async function revoke(
  session: Session,
  id: string,
  { account, undo }: { account?: string; undo?: true },
): Promise<void> {
  const told = await session.client.call<Revocation>(undo ? 'DELETE' : 'PUT', pathOf(id, '/revocation', account))
  session.tell(told, () =>
    told.isRevoked ? `URLs with the id ${id} work no more.\n` : `URLs with the id ${id} work again.\n`,
  )
}

async function show(session: Session, id: string, { account }: { account?: string }): Promise<void> {
  const told = await session.client.call<Revocation>('GET', pathOf(id, '', account))
  session.tell(told, () =>
    pairs([
      ['Id', id],
      ['Revoked', told.isRevoked ? 'yes' : 'no'],
    ]),
  )
}
