// `cairn admin explain`: why a request was, or would be, allowed or denied.

import type { Command } from 'commander'
import { action, type Session } from './admin.js'
import { timeText } from './amounts.js'
import { CommandError } from './connection.js'
import { pairs } from './table.js'

/** A decision as administration tells it. */
interface Explained {
  readonly principal: string
  readonly action: string
  readonly resource: string
  readonly isAllowed: boolean
  readonly reason: string
  readonly statement?: { readonly policy: string; readonly sid?: string; readonly index: number }
  readonly time?: number
}

interface Options {
  readonly user?: string
  readonly role?: string
  readonly key?: string
  readonly anonymous?: true
  readonly account?: string
  readonly action?: string
  readonly resource?: string
  readonly context?: readonly string[]
}

/** Adds the command. */
export function addExplainCommand(admin: Command): void {
  admin
    .command('explain')
    .description('say why a request was denied, or what would become of one, and which statement decides')
    .argument('[REQUEST-ID]', 'x-amz-request-id of a request that was denied a while ago')
    .option('--user <NAME>', 'would this user …')
    .option('--role <NAME>', '… a session of this role …')
    .option('--key <ID>', '… who signs with this key …')
    .option('--anonymous', '… who does not sign …')
    .option('--account <ACCOUNT>', "the user's or role's account (operator)")
    .option('--action <ACTION>', '… be allowed to: s3:GetObject')
    .option('--resource <NAME>', 'what: a bucket, BUCKET/KEY, or an ARN')
    .option('--context <KEY=VALUE...>', 'condition keys of the request: aws:SourceIp=192.0.2.1 s3:prefix=a/')
    .addHelpText(
      'after',
      `
Examples:
  cairn admin explain 7C3A5D1E9F20B486
  cairn admin explain --user ann --action s3:PutObject --resource photos/2026/a.jpg
  cairn admin explain --anonymous --action s3:GetObject --resource photos/a.jpg --context aws:SourceIp=192.0.2.1`,
    )
    .action(action(explain))
}

async function explain(session: Session, requestId: string | undefined, options: Options): Promise<void> {
  const body = requestId === undefined ? questionOf(options) : { requestId }
  const { explanations } = await session.client.call<{ explanations: readonly Explained[] }>(
    'POST',
    '/explanations',
    body,
  )
  session.tellAll(explanations, () => explanations.map(textOf).join('\n'))
}

function questionOf({ action, resource, context = [], anonymous, ...who }: Options): object {
  if (action === undefined || resource === undefined) {
    throw new CommandError('Give the id of a request, or --action and --resource of one there could be.')
  }
  if ([who.user, who.role, who.key, anonymous].filter((one) => one !== undefined).length > 1) {
    throw new CommandError('Name one of --user, --role, --key and --anonymous.')
  }
  return { ...who, action, resource, context: contextOf(context), ...(anonymous === true && { isAnonymous: true }) }
}

/** Values by condition key; a key that is given again has several.
 *  @throws CommandError */
function contextOf(given: readonly string[]): Record<string, string[]> {
  const values: Record<string, string[]> = {}
  for (const text of given) {
    const at = text.indexOf('=')
    if (at <= 0)
      throw new CommandError(`${JSON.stringify(text)} is no condition key with a value: aws:SourceIp=192.0.2.1.`)
    const key = text.slice(0, at)
    values[key] = [...(values[key] ?? []), text.slice(at + 1)]
  }
  return values
}

function textOf({ principal, action, resource, isAllowed, reason, statement, time }: Explained): string {
  const sid = statement?.sid === undefined ? '' : ` (${statement.sid})`
  const where = statement === undefined ? undefined : `${statement.policy}, statement ${statement.index + 1}${sid}`
  return pairs([
    // Some reasons begin with the decision.
    ['Decision', reason.startsWith('allowed ') ? reason : `${isAllowed ? 'allowed' : 'denied'}: ${reason}`],
    ['Statement', where ?? 'none'],
    ['Principal', principal],
    ['Action', action],
    ['Resource', resource],
    ...(time === undefined ? [] : [['When (UTC)', timeText(time)] as const]),
  ])
}
