// What an operation on sessions is: a typed function over the STS SDK's own request and output shapes, with no HTTP in sight.
// The query protocol (src/iam) calls it, the room (src/identity) implements it, neither imports the other.

import type * as Sdk from '@aws-sdk/client-sts'
import type { Decision, Principal } from './access.js'
import type { Policies } from './policy/decide.js'
import type { RequestFacts } from './request-context.js'
import type { Session } from './session-token.js'

/** Names of everything the STS SDK knows how to ask for ("AssumeRole", …). Source: client-sts's `…Command` classes. */
export type StsOperationName = {
  // `$Command` is the base of all of them.
  [Name in Exclude<keyof typeof Sdk, '$Command'>]: Name extends `${infer Operation}Command` ? Operation : never
}[Exclude<keyof typeof Sdk, '$Command'>]

type CommandOf<Name extends StsOperationName> = InstanceType<(typeof Sdk)[`${Name}Command`]>

type OutputOf<Command> = Command extends {
  resolveMiddleware(...args: never[]): (...args: never[]) => Promise<{ output: infer Output }>
}
  ? Output
  : never

/** Input of operation `Name` as the SDK client was given it. */
export type StsInput<Name extends StsOperationName> = CommandOf<Name>['input']

/** Output of operation `Name` as the SDK client will return it. */
export type StsOutput<Name extends StsOperationName> = Omit<OutputOf<CommandOf<Name>>, '$metadata'>

/** What a request carries beside its input. */
export interface StsCall {
  /** Who asks. Anonymous where nobody signed: AssumeRoleWithWebIdentity alone is for such. */
  readonly principal: Principal
  /** The key that signed; '' where nobody did. */
  readonly accessKeyId: string
  /** What the principal's own policies say: who may assume a role is decided by them and by the role's. */
  readonly policies: Pick<Policies, 'identity' | 'boundary' | 'session'>
  /** The caller's session, where the credentials are temporary. */
  readonly session: Session | undefined
  /** Of the request, for the conditions of policies. */
  readonly facts: RequestFacts
  /** Notes, for the owner of what was asked for and nobody else, what decided that it is denied.
   *  @param ownerId canonical id of the account it belongs to */
  readonly noteDenial: (
    right: { readonly action: string; readonly resource: string },
    decision: Decision,
    ownerId: string,
  ) => void
  /** The request's id. */
  readonly requestId: string
}

/** One STS operation. Throws `IamError`; anything else thrown is a bug. */
export type StsOperation<Name extends StsOperationName> = (
  input: StsInput<Name>,
  call: StsCall,
) => Promise<StsOutput<Name>>

/** What a server can do with sessions. An operation missing here is NotImplemented. */
export type StsOperations = { readonly [Name in StsOperationName]?: StsOperation<Name> }
