// Why a request was, or would be, allowed or denied. A Deny tells the owner of the resource, and the operator, which statement decided, and nobody else.

import { z } from 'zod'
import type { Decision } from '../contract/access.js'
import { adminResource } from '../contract/admin-actions.js'
import { requireAccount, resourceOf } from './accounts.js'
import { AdminError } from './admin-error.js'
import type { Identities } from './identities.js'
import { type Asked, isOperator, type Route } from './route.js'

/** One decision, and what it was about. */
export interface Explanation {
  /** ARN; "anonymous". */
  readonly principal: string
  /** "s3:GetObject" */
  readonly action: string
  /** ARN. */
  readonly resource: string
  readonly decision: Decision
  /** Canonical id of the account the resource belongs to; undefined where it belongs to none. */
  readonly ownerId: string | undefined
  /** Ms since 1970; undefined for what has not happened. */
  readonly timeMs: number | undefined
}

/** Somebody who might ask for something. */
export interface Hypothesis {
  /** Undefined: whom the sender's own key stands for. */
  readonly who:
    | { readonly kind: 'anonymous' }
    | { readonly kind: 'key'; readonly accessKeyId: string }
    | { readonly kind: 'user' | 'role'; readonly accountId: string; readonly name: string }
  readonly action: string
  /** ARN. */
  readonly resource: string
  /** Values by lower-case condition key. */
  readonly context: ReadonlyMap<string, readonly string[]>
}

/** What would be decided. */
export interface Explained {
  readonly explanations: readonly Explanation[]
  /** Canonical id of the account of who would ask; undefined for nobody. */
  readonly accountId: string | undefined
  /** Canonical id of the account the resource belongs to; undefined where it belongs to none. */
  readonly ownerId: string | undefined
}

/** Who knows what was decided, and decides. */
export interface Explainer {
  /** What was denied to a request, in whichever process; nothing when it is long ago, or there was nothing. */
  denials(requestId: string): Promise<readonly Explanation[]>
  /** What would be decided about everything an action needs; undefined when there is no such user, role or key.
   *  @throws AdminError InvalidInput for what is no action, resource or condition key of a request */
  decide(hypothesis: Hypothesis): Promise<Explained | undefined>
}

const asks = z.union([
  z.strictObject({ requestId: z.string().regex(/^[0-9A-Za-z]{1,64}$/) }),
  z.strictObject({
    account: z.string().optional(),
    user: z.string().optional(),
    role: z.string().optional(),
    key: z.string().optional(),
    isAnonymous: z.literal(true).optional(),
    action: z.string().regex(/^(?:[a-z0-9-]{1,40}:)?[A-Za-z0-9]{1,128}$/, 'allowed is an action, as s3:GetObject'),
    resource: z.string().min(1).max(2048),
    context: z.record(z.string().max(256), z.array(z.string().max(2048)).max(100)).default({}),
  }),
])

type Question = Exclude<z.infer<typeof asks>, { requestId: string }>

/** Routes of explanations. */
export function explanationRoutes(identities: Identities, explainer: Explainer): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/explanations',
      async answer(asked) {
        const wanted = asked.body(asks)
        if ('requestId' in wanted) return { explanations: await explainedRequest(asked, explainer, wanted.requestId) }
        return { explanations: await explainedQuestion(asked, identities, explainer, wanted) }
      },
    },
  ]
}

async function explainedRequest(asked: Asked, explainer: Explainer, requestId: string) {
  const { account } = asked
  const resource = adminResource(account.number, `request/${requestId}`)
  await asked.require({ action: 'cairn:Explain', resource, accountId: account.id })
  const all = await explainer.denials(requestId)
  // What belongs to no bucket is of the account of who asked.
  const isOwn = ({ ownerId, principal }: Explanation): boolean =>
    ownerId === undefined ? principal.split(':')[4] === account.number : ownerId === account.id
  const own = all.filter((one) => isOperator(asked) || isOwn(one))
  if (own.length > 0) return own.map(shown)
  throw new AdminError(
    'NoSuchEntity',
    `Nothing is known of a denial to the request ${requestId} of something that is your account's: the last thousand of each process are remembered.`,
  )
}

async function explainedQuestion(asked: Asked, identities: Identities, explainer: Explainer, question: Question) {
  const account = await requireAccount(asked, identities, question.account)
  await asked.require({ action: 'cairn:Explain', resource: resourceOf(account), accountId: account.id })
  const explained = await explainer.decide({
    who: whoOf(question, account.id, asked.accessKeyId),
    action: question.action,
    resource: question.resource.startsWith('arn:') ? question.resource : `arn:aws:s3:::${question.resource}`,
    context: new Map(Object.entries(question.context).map(([key, values]) => [key.toLowerCase(), values])),
  })
  const isOwn = (id: string | undefined): boolean => id === undefined || id === account.id
  if (explained !== undefined && (isOperator(asked) || (isOwn(explained.accountId) && isOwn(explained.ownerId)))) {
    return explained.explanations.map(shown)
  }
  // Keys of others and those that do not exist are told alike.
  if (explained === undefined && (isOperator(asked) || question.key === undefined)) {
    throw new AdminError('NoSuchEntity', 'There is no such user, role or key.')
  }
  throw new AdminError(
    'AccessDenied',
    'You may ask about users, roles and keys of your account, and about what belongs to it.',
  )
}

function whoOf({ isAnonymous, user, role, key }: Question, accountId: string, ownKey: string): Hypothesis['who'] {
  if (isAnonymous === true) return { kind: 'anonymous' }
  if (user !== undefined) return { kind: 'user', accountId, name: user }
  if (role !== undefined) return { kind: 'role', accountId, name: role }
  return { kind: 'key', accessKeyId: key ?? ownKey }
}

const shown = ({ principal, action, resource, decision, timeMs }: Explanation) => ({
  principal,
  action,
  resource,
  ...decision,
  time: timeMs,
})
