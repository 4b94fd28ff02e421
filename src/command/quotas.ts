// `cairn admin quota …`: how much an account or a bucket may hold.

import type { Command } from 'commander'
import { action, type Session } from './admin.js'
import { bytes, sizeText, wholeNumber } from './amounts.js'
import { CommandError } from './connection.js'
import { pairs } from './table.js'

/** A quota as administration tells it. */
interface Told {
  readonly quota: {
    readonly bytesMax: number | null
    readonly objectsMax: number | null
    readonly bytes: number
    readonly objects: number
  } | null
}

interface Which {
  readonly bucket?: string
  readonly account?: string
}

/** Adds the commands. */
export function addQuotaCommands(admin: Command): void {
  const quota = admin.command('quota').description('how much an account or a bucket may hold')
  whose(quota.command('set').description("set a quota; an account's is for the operator to set"))
    .option('--bytes <SIZE>', 'bytes of all versions, and of parts of uploads: 500MB, 10GiB', bytes)
    .option('--objects <NUMBER>', 'versions, delete markers among them', wholeNumber)
    .addHelpText(
      'after',
      '\nExamples:\n  cairn admin quota set --bucket photos --bytes 10GiB\n  cairn admin quota set --account team-photos --bytes 1TiB --objects 5000000',
    )
    .action(action(set))
  whose(quota.command('show').description('tell a quota, and what counts towards it')).action(action(show))
  whose(quota.command('clear').description('remove a quota')).action(action(clear))
}

const whose = (command: Command): Command =>
  command.option('--bucket <NAME>').option('--account <ACCOUNT>', 'name, number or id; self for your own')

function pathOf({ bucket, account }: Which): string {
  if ((bucket === undefined) === (account === undefined)) throw new CommandError('Name either --bucket or --account.')
  return bucket === undefined
    ? `/quotas/accounts/${encodeURIComponent(account ?? '')}`
    : `/quotas/buckets/${encodeURIComponent(bucket)}`
}

const nameOf = ({ bucket, account }: Which): string =>
  bucket === undefined ? `account ${account}` : `bucket ${bucket}`

async function set(
  session: Session,
  options: Which & { readonly bytes?: number; readonly objects?: number },
): Promise<void> {
  if (options.bytes === undefined && options.objects === undefined) {
    throw new CommandError('Say how much: --bytes, --objects, or both.')
  }
  const body = { bytesMax: options.bytes ?? null, objectsMax: options.objects ?? null }
  tell(session, options, await session.client.call<Told>('PUT', pathOf(options), body))
}

async function show(session: Session, which: Which): Promise<void> {
  tell(session, which, await session.client.call<Told>('GET', pathOf(which)))
}

async function clear(session: Session, which: Which): Promise<void> {
  tell(session, which, await session.client.call<Told>('DELETE', pathOf(which)))
}

function tell(session: Session, which: Which, { quota }: Told): void {
  session.tell({ ...which, quota }, () =>
    quota === null
      ? `There is no quota on ${nameOf(which)}.\n`
      : pairs([
          ['Quota of', nameOf(which)],
          ['Bytes', `${sizeText(quota.bytes)} of ${quota.bytesMax === null ? 'any number' : sizeText(quota.bytesMax)}`],
          ['Objects', `${quota.objects} of ${quota.objectsMax ?? 'any number'}`],
        ]),
  )
}
