// `cairn admin limit …`: requests a minute and bytes a month, by access key or account.

import type { Command } from 'commander'
import { action, type Session } from './admin.js'
import { bytes, sizeText, wholeNumber } from './amounts.js'
import { CommandError } from './connection.js'
import { pairs } from './table.js'

/** Limits and what was asked for this month, as administration tells them. */
export interface LimitsTold {
  readonly limits: { readonly requests: number | null; readonly bytes: number | null }
  readonly traffic: { readonly requests: number; readonly bytesIn: number; readonly bytesOut: number }
}

interface Which {
  readonly key?: string
  readonly account?: string
}

/** Adds the commands. */
export function addLimitCommands(admin: Command): void {
  const limit = admin.command('limit').description('requests a minute and bytes a month, by access key or account')
  whose(limit.command('set').description("set limits; an account's are for the operator to set"))
    .option('--requests <NUMBER>', 'requests a minute', wholeNumber)
    .option('--bandwidth <SIZE>', 'bytes a month, in and out together: 500MB, 100GiB', bytes)
    .addHelpText(
      'after',
      '\nExample:\n  cairn admin limit set --key AKIAEXAMPLE000000000 --requests 600 --bandwidth 100GiB',
    )
    .action(action(set))
  whose(
    limit
      .command('show')
      .description('tell limits, and what was asked for this month; by default of the key that signs'),
  ).action(action(show))
  whose(limit.command('clear').description('remove limits')).action(action(clear))
}

const whose = (command: Command): Command =>
  command
    .option('--key <ID>', 'access key')
    .option('--account <ACCOUNT>', 'all of an account: name, number or id; self for your own')

function pathOf({ key, account }: Which): string {
  if ((key === undefined) === (account === undefined)) throw new CommandError('Name either --key or --account.')
  return key === undefined
    ? `/limits/accounts/${encodeURIComponent(account ?? '')}`
    : `/limits/keys/${encodeURIComponent(key)}`
}

async function set(
  session: Session,
  options: Which & { readonly requests?: number; readonly bandwidth?: number },
): Promise<void> {
  if (options.requests === undefined && options.bandwidth === undefined) {
    throw new CommandError('Say how much: --requests, --bandwidth, or both.')
  }
  const body = { requests: options.requests ?? null, bytes: options.bandwidth ?? null }
  tell(session, options, await session.client.call<LimitsTold>('PUT', pathOf(options), body))
}

async function show(session: Session, named: Which): Promise<void> {
  const isOwn = named.key === undefined && named.account === undefined
  const which = isOwn ? { key: session.client.connection.accessKeyId } : named
  tell(session, which, await session.client.call<LimitsTold>('GET', pathOf(which)))
}

async function clear(session: Session, which: Which): Promise<void> {
  tell(session, which, await session.client.call<LimitsTold>('DELETE', pathOf(which)))
}

function tell(session: Session, { key, account }: Which, told: LimitsTold): void {
  const { limits, traffic } = told
  session.tell({ ...(key === undefined ? { account } : { key }), ...told }, () =>
    pairs([
      ['Limits of', key === undefined ? `account ${account}` : `key ${key}`],
      ['Requests a minute', limits.requests ?? 'any number'],
      ['Bytes a month', limits.bytes === null ? 'any number' : sizeText(limits.bytes)],
      [
        'This month',
        `${traffic.requests} requests, ${sizeText(traffic.bytesIn)} in, ${sizeText(traffic.bytesOut)} out`,
      ],
    ]),
  )
}
