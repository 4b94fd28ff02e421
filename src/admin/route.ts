// What an administration request is to the function that answers it: who asks, what for, and the one way to ask for a right.

import type { z } from 'zod'
import type { AdminAction } from '../contract/admin-actions.js'
import type { AccountName, Principal } from '../contract/access.js'
import { AdminError } from './admin-error.js'

/** IAM's actions that decide about access keys, by whichever way they are made. */
export type KeyAction = 'iam:CreateAccessKey' | 'iam:DeleteAccessKey' | 'iam:ListAccessKeys' | 'iam:UpdateAccessKey'

/** One right that is asked for. */
export interface Right {
  readonly action: AdminAction | KeyAction
  /** ARN of what it is about, or "*". */
  readonly resource: string
  /** The account it belongs to; the operator's where it is the server's. */
  readonly accountId: string
}

/** A request whose sender is known. */
export interface Asked {
  readonly principal: Exclude<Principal, { kind: 'anonymous' }>
  /** The sender's account. */
  readonly account: AccountName
  /** The key that signed. */
  readonly accessKeyId: string
  /** Whether the key has less than the rights of its owner: a service account, a session. */
  readonly isLimited: boolean
  readonly requestId: string
  /** Answers when the sender has a right.
   *  @throws AdminError AccessDenied: also for everything of another account, whether it exists or not, unless the operator asks */
  require(right: Right): Promise<void>
  /** Notes that nothing is told or done but of the very key that signed, for which nobody needs a right.
   *  @throws Error when it is another key */
  isOwn(accessKeyId: string): void
  /** A part of the path by its name in the route. */
  parameter(name: string): string
  /** A parameter of the query. */
  option(name: string): string | undefined
  /** The body, as `schema` wants it.
   *  @throws AdminError InvalidInput, with the name of what is wrong */
  body<Body>(schema: z.ZodType<Body>): Body
}

/** A method and a path below `/-/admin/v1`, and what answers it. */
export interface Route {
  readonly method: 'DELETE' | 'GET' | 'PATCH' | 'POST' | 'PUT'
  /** "/accounts/:account" */
  readonly path: string
  /** Answers JSON; undefined for nothing (204). It must ask for a right before it does or tells anything. */
  readonly answer: (asked: Asked) => Promise<unknown>
}

/** Whether it is the operator who asks. */
export const isOperator = ({ principal }: Asked): boolean => principal.kind === 'root' && principal.isOperator

/** @throws AdminError AccessDenied unless the operator asks */
export function requireOperator(asked: Asked): void {
  if (!isOperator(asked))
    throw new AdminError('AccessDenied', "This is for the server's operator, its root account, alone.")
}
