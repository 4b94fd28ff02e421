// `cairn admin account …`: tenants of the server, each with buckets, users and keys of its own.

import type { Command } from 'commander'
import { action, type Session } from './admin.js'
import { timeText } from './amounts.js'
import { keyText } from './key-text.js'
import { tellKeys } from './keys.js'
import { table } from './table.js'

/** An account as administration tells it. */
interface Account {
  readonly id: string
  readonly number: string
  readonly name: string
  readonly created: number
}

/** Adds the commands. */
export function addAccountCommands(admin: Command): void {
  const account = admin.command('account').description('tenants: whom buckets, users and keys belong to')
  account
    .command('create')
    .description('make an account, with a key for its own root, whose secret is shown once (operator)')
    .argument('<NAME>')
    .option('--no-key', 'without a key')
    .option('--email <ADDRESS>', 'by which grants of lists may name it')
    .option('--id <ID>', 'its canonical id, 64 hex digits, as it is elsewhere (default: a new one)')
    .option('--number <NUMBER>', 'its number, twelve digits (default: a new one)')
    .addHelpText('after', '\nExample:\n  cairn admin --data /srv/cairn account create team-photos')
    .action(action(create))
  account.command('list').description('tell the accounts you may see').action(action(list))
  account
    .command('rename')
    .description('give an account another name (operator)')
    .argument('<ACCOUNT>', 'name, number or id')
    .argument('<NAME>')
    .action(action(rename))
  account
    .command('delete')
    .description('delete an account that has no bucket, user or key any more (operator)')
    .argument('<ACCOUNT>', 'name, number or id')
    .action(action(remove))
  account
    .command('keys')
    .description('tell all access keys of an account')
    .argument('[ACCOUNT]', 'name, number or id (default: your own)')
    .action(action((session: Session, name: string | undefined) => tellKeys(session, { account: name })))
}

interface CreateOptions {
  readonly key: boolean
  readonly email?: string
  readonly id?: string
  readonly number?: string
}

async function create(session: Session, name: string, { key: hasKey, ...brought }: CreateOptions): Promise<void> {
  const made = await session.client.call<{ account: Account; key?: { accessKeyId: string; secretAccessKey: string } }>(
    'POST',
    '/accounts',
    { name, hasKey, ...brought },
  )
  session.tell({ ...made.account, ...made.key }, () => {
    const { key } = made
    return `Account ${name} was made; its number is ${made.account.number}.\n${key === undefined ? '' : keyText(key.accessKeyId, key.secretAccessKey)}`
  })
}

async function list(session: Session): Promise<void> {
  const { accounts } = await session.client.call<{ accounts: Account[] }>('GET', '/accounts')
  session.tellAll(accounts, () =>
    table(
      [
        { head: 'NAME', cell: ({ name }) => name },
        { head: 'NUMBER', cell: ({ number }) => number },
        { head: 'CREATED (UTC)', cell: ({ created }) => timeText(created) },
        { head: 'CANONICAL ID', cell: ({ id }) => id },
      ],
      accounts,
    ),
  )
}

async function rename(session: Session, reference: string, name: string): Promise<void> {
  const path = `/accounts/${encodeURIComponent(reference)}`
  const { account } = await session.client.call<{ account: Account }>('PATCH', path, { name })
  session.tell(account, () => `Account ${account.number} is called ${name} now.\n`)
}

async function remove(session: Session, reference: string): Promise<void> {
  await session.client.call('DELETE', `/accounts/${encodeURIComponent(reference)}`)
  session.tell({ account: reference, isDeleted: true }, () => `Account ${reference} was deleted.\n`)
}
