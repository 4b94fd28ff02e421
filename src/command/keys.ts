// `cairn admin key …`: access keys with an end, with rights of their own, brought along, or with a successor.

import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { action, type Session } from './admin.js'
import { duration, moment, timeText } from './amounts.js'
import { CommandError } from './connection.js'
import { documentFile } from './document-file.js'
import { keyText } from './key-text.js'
import { table } from './table.js'

/** A key as administration tells it. */
interface Key {
  readonly accessKeyId: string
  readonly account: string
  readonly user?: string
  readonly status: string
  readonly created: number
  readonly expires?: number
  readonly lastUsed?: number
  readonly policy?: unknown
  readonly description?: string
  readonly replacedBy?: string
}

/** Adds the commands. */
export function addKeyCommands(admin: Command): void {
  const key = admin.command('key').description('access keys: what programs sign with')
  key
    .command('create')
    .description("make a key for a user, or for the account's own root; its secret is shown once")
    .option('--user <NAME>', 'whose it is (default: the account itself)')
    .option('--account <ACCOUNT>', 'of another account: name, number or id (operator)')
    .option('--expires <WHEN>', 'a date, or a time from now on: 2027-01-31, 90d', moment)
    .option(
      '--policy <FILE>',
      'a service account: it may do what its owner and this policy allow; JSON, - for standard input',
    )
    .option('--description <TEXT>')
    .option('--with-id <ID>', 'bring a key along that clients have already: its id …')
    .option('--with-secret <FILE>', '… and a file with its secret, - for standard input')
    .addHelpText(
      'after',
      `
Examples:
  cairn admin key create --user ann --expires 90d
  cairn admin key create --user ann --policy only-uploads.json
  cairn admin key create --user ann --with-id OLDKEY --with-secret secret.txt`,
    )
    .action(action(create))
  key
    .command('list')
    .description('tell keys, without their secrets')
    .option('--user <NAME>', 'those of a user (default: all of the account)')
    .option('--account <ACCOUNT>', 'of another account: name, number or id (operator)')
    .action(action(tellKeys))
  statusCommand(key, 'disable', 'make a key inactive; requests signed with it are refused at once', 'Inactive')
  statusCommand(key, 'enable', 'make a key active again', 'Active')
  key
    .command('expire')
    .description('let a key end at a time, or never')
    .argument('<KEY-ID>')
    .argument('<WHEN>', 'a date, a time from now on, or never: 2027-01-31, 90d, never')
    .action(action(expire))
  key
    .command('rotate')
    .description('make a successor with the same rights; the old key ends after the grace')
    .argument('<KEY-ID>')
    .option('--grace <DURATION>', 'how long the old key may still be used', duration, 24 * 3_600_000)
    .addHelpText('after', '\nExample:\n  cairn admin key rotate AKIAEXAMPLE000000000 --grace 24h')
    .action(action(rotate))
  key.command('delete').description('delete a key').argument('<KEY-ID>').action(action(remove))
}

function statusCommand(key: Command, name: string, about: string, status: 'Active' | 'Inactive'): void {
  key
    .command(name)
    .description(about)
    .argument('<KEY-ID>')
    .action(
      action(async (session: Session, id: string) => {
        const changed = await session.client.call<{ key: Key }>('PATCH', pathOf(id), { status })
        session.tell(changed.key, () => `Key ${id} is ${status.toLowerCase()}.\n`)
      }),
    )
}

const pathOf = (id: string): string => `/keys/${encodeURIComponent(id)}`

interface CreateOptions {
  readonly user?: string
  readonly account?: string
  readonly expires?: number
  readonly policy?: string
  readonly description?: string
  readonly withId?: string
  readonly withSecret?: string
}

async function create(session: Session, options: CreateOptions): Promise<void> {
  const { policy, withId, withSecret, ...rest } = options
  if ((withId === undefined) !== (withSecret === undefined)) {
    throw new CommandError('--with-id and --with-secret go together.')
  }
  const { key } = await session.client.call<{ key: { accessKeyId: string; secretAccessKey: string } }>(
    'POST',
    '/keys',
    {
      ...rest,
      ...(policy !== undefined && { policy: JSON.parse(documentFile(policy)) as unknown }),
      ...(withId !== undefined &&
        withSecret !== undefined && { accessKeyId: withId, secretAccessKey: secretOf(withSecret) }),
    },
  )
  const isBrought = withId !== undefined
  session.tell(isBrought ? { accessKeyId: key.accessKeyId } : key, () => {
    const owner = options.user === undefined ? 'the account itself' : `user ${options.user}`
    const end =
      options.expires === undefined ? 'until it is disabled or deleted' : `until ${timeText(options.expires)} UTC`
    const about = `Key ${key.accessKeyId} of ${owner} can be used now, ${end}.\n`
    return isBrought ? about : `${about}${keyText(key.accessKeyId, key.secretAccessKey)}`
  })
}

/** The first line of a file, of standard input for "-". A secret on the command line could be read by others on this machine. */
function secretOf(path: string): string {
  try {
    return (
      readFileSync(path === '-' ? 0 : path, 'utf8')
        .split('\n')[0]
        ?.trim() ?? ''
    )
  } catch (cause) {
    throw new CommandError(`${path} cannot be read (${cause instanceof Error ? cause.message : String(cause)}).`, {
      cause,
    })
  }
}

/** Tells keys of an account or a user. */
export async function tellKeys(
  session: Session,
  { user, account }: { readonly user?: string | undefined; readonly account?: string | undefined },
): Promise<void> {
  const query = new URLSearchParams({ ...(user !== undefined && { user }), ...(account !== undefined && { account }) })
  const { keys } = await session.client.call<{ keys: Key[] }>(
    'GET',
    query.size === 0 ? '/keys' : `/keys?${query.toString()}`,
  )
  session.tellAll(keys, () =>
    table(
      [
        { head: 'KEY', cell: ({ accessKeyId }) => accessKeyId },
        { head: 'USER', cell: (key) => key.user ?? '(account)' },
        { head: 'STATUS', cell: ({ status }) => status },
        { head: 'CREATED (UTC)', cell: ({ created }) => timeText(created) },
        { head: 'EXPIRES (UTC)', cell: ({ expires }) => timeText(expires) },
        { head: 'LAST USED (UTC)', cell: ({ lastUsed }) => timeText(lastUsed) },
        { head: 'RIGHTS', cell: ({ policy }) => (policy === undefined ? "owner's" : 'own policy') },
        { head: 'DESCRIPTION', cell: ({ description }) => description },
      ],
      keys,
    ),
  )
}

async function expire(session: Session, id: string, when: string): Promise<void> {
  const expires = when === 'never' ? null : moment(when)
  const { key } = await session.client.call<{ key: Key }>('PATCH', pathOf(id), { expires })
  session.tell(key, () => `Key ${id} ${expires === null ? 'never ends' : `ends at ${timeText(expires)} UTC`}.\n`)
}

async function rotate(session: Session, id: string, { grace: graceMs }: { grace: number }): Promise<void> {
  const { key, old } = await session.client.call<{
    key: { accessKeyId: string; secretAccessKey: string }
    old: { accessKeyId: string; expires: number }
  }>('POST', `${pathOf(id)}/rotation`, { graceMs })
  session.tell(
    { ...key, old },
    () => `${keyText(key.accessKeyId, key.secretAccessKey)}Key ${id} can be used until ${timeText(old.expires)} UTC.\n`,
  )
}

async function remove(session: Session, id: string): Promise<void> {
  await session.client.call('DELETE', pathOf(id))
  session.tell({ accessKeyId: id, isDeleted: true }, () => `Key ${id} was deleted.\n`)
}
