// `cairn admin usage`: what an account holds and moves, beside what it may.

import type { Command } from 'commander'
import { action, type Session } from './admin.js'
import { counted, sizeText } from './amounts.js'
import type { LimitsTold } from './limits.js'
import { pairs, table } from './table.js'

interface Quota {
  readonly bytesMax: number | null
  readonly objectsMax: number | null
  readonly bytes: number
  readonly objects: number
}

interface Bucket {
  readonly bucket: string
  readonly objects: number
  readonly versions: number
  readonly bytes: number
  readonly bytesOnce: number
  readonly quota: Quota | null
}

/** A page; what is no bucket stands on the first alone. */
interface Page {
  readonly buckets: readonly Bucket[]
  readonly after?: string
}

interface Usage extends Page {
  readonly account: { readonly id: string; readonly number: string; readonly name: string }
  readonly quota: Quota | null
  readonly limits: LimitsTold['limits']
  readonly traffic: readonly (LimitsTold['traffic'] & { readonly month: number })[]
  readonly keys: readonly (LimitsTold & { readonly accessKeyId: string; readonly user?: string })[]
}

/** Adds the command. */
export function addUsageCommand(admin: Command): void {
  admin
    .command('usage')
    .description('tell what an account holds and has moved this month, beside what it may')
    .option('--account <ACCOUNT>', 'name, number or id (default: your own)')
    .addHelpText('after', '\nExamples:\n  cairn admin usage\n  cairn admin usage --account team-photos --json')
    .action(action(usage))
}

async function usage(session: Session, { account }: { account?: string }): Promise<void> {
  const query = new URLSearchParams(account === undefined ? {} : { account })
  const first = await session.client.call<Usage>('GET', `/usage?${query.toString()}`)
  const buckets = [...first.buckets]
  for (let { after } = first; after !== undefined;) {
    query.set('after', after)
    const page: Page = await session.client.call<Page>('GET', `/usage?${query.toString()}`)
    buckets.push(...page.buckets)
    after = page.after
  }
  const { after: _, ...told } = first
  session.tell({ ...told, buckets }, () => textOf({ ...told, buckets }))
}

function textOf({ account, quota, limits, traffic, buckets, keys }: Usage): string {
  const [thisMonth] = traffic
  const sum = (of: (bucket: Bucket) => number): number => buckets.reduce((total, bucket) => total + of(bucket), 0)
  const facts = pairs([
    ['Account', `${account.name} (${account.number})`],
    [
      'Holds',
      `${sizeText(sum(({ bytes }) => bytes))} in ${counted(
        sum(({ objects }) => objects),
        'object',
      )}, ${counted(buckets.length, 'bucket')}`,
    ],
    ['Quota', quota === null ? 'none' : quotaText(quota)],
    ['Newest traffic', thisMonth === undefined ? 'none' : `${monthText(thisMonth.month)}: ${trafficText(thisMonth)}`],
    ['Limits', limitsText(limits)],
  ])
  const ofBuckets = table(
    [
      { head: 'BUCKET', cell: ({ bucket }) => bucket },
      { head: 'OBJECTS', cell: ({ objects }) => objects },
      { head: 'VERSIONS', cell: ({ versions }) => versions },
      { head: 'BYTES', cell: ({ bytes }) => bytes },
      { head: 'BYTES STORED ONCE', cell: ({ bytesOnce }) => bytesOnce },
      { head: 'QUOTA', cell: (bucket) => (bucket.quota === null ? undefined : quotaText(bucket.quota)) },
    ],
    buckets,
  )
  const ofKeys = table(
    [
      { head: 'KEY', cell: ({ accessKeyId }) => accessKeyId },
      { head: 'USER', cell: (key) => key.user ?? '(account)' },
      { head: 'THIS MONTH', cell: (key) => trafficText(key.traffic) },
      { head: 'LIMITS', cell: (key) => limitsText(key.limits) },
    ],
    keys,
  )
  return `${facts}\n${ofBuckets}${keys.length === 0 ? '' : `\n${ofKeys}`}`
}

const quotaText = ({ bytes, bytesMax, objects, objectsMax }: Quota): string =>
  [
    ...(bytesMax === null ? [] : [`${sizeText(bytes)} of ${sizeText(bytesMax)}`]),
    ...(objectsMax === null ? [] : [`${objects} of ${counted(objectsMax, 'object')}`]),
  ].join(', ')

const limitsText = ({ requests, bytes }: LimitsTold['limits']): string =>
  [
    ...(requests === null ? [] : [`${requests} requests a minute`]),
    ...(bytes === null ? [] : [`${sizeText(bytes)} a month`]),
  ].join(', ') || 'none'

const trafficText = ({ requests, bytesIn, bytesOut }: LimitsTold['traffic']): string =>
  `${counted(requests, 'request')}, ${sizeText(bytesIn)} in, ${sizeText(bytesOut)} out`

/** "2026-11" */
const monthText = (month: number): string => `${Math.floor(month / 100)}-${String(month % 100).padStart(2, '0')}`
